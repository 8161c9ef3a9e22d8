"""Troposphere's package, as far as the shell blocks import from it."""
