"""Registration of Atmosphere's tables with Django."""

from __future__ import annotations

from django.apps import AppConfig


class AtmosphereConfig(AppConfig):
    """The Django app of Atmosphere's database."""

    name = "runbook_lib.systems.db.models.atmosphere"
    label = "atmosphere"
