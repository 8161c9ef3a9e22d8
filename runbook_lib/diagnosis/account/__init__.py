"""Diagnose one account from the databases and the clouds."""
