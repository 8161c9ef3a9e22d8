"""Atmosphere's REST API, for operations that only it can do. Importing this package does not import requests."""

from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.atmosphere_api.account import ApiAccount
from runbook_lib.systems.atmosphere_api.api import AtmosphereApi

__all__ = ["ApiAccount", "AtmosphereApi", "calls"]
