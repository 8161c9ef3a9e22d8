"""Atmosphere's package of the outside services, as far as the shell blocks import from it."""
