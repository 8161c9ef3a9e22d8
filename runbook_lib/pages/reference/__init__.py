"""Generate the reference pages."""
