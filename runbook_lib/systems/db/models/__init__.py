"""Unmanaged Django models of the tables of Atmosphere v37 and Troposphere v36."""
