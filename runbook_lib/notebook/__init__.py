"""Run, check and read notebooks."""
