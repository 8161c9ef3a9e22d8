"""Atmosphere's package of the database, as far as the shell blocks import from it."""
