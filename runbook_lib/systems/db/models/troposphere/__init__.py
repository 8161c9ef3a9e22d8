"""Troposphere's tables as unmanaged Django models; import them from the module `models`."""
