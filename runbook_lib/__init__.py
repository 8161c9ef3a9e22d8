"""The Atmosphere runbook: procedures that plan, apply, verify and undo."""
