"""Clients of the systems of an Atmosphere site, one package per system; they never import one another."""
