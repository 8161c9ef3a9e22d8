"""Diagnose copies of images between providers, before and after upstream's scripts run."""
