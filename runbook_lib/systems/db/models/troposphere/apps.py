"""Registration of Troposphere's tables with Django."""

from __future__ import annotations

from django.apps import AppConfig


class TroposphereConfig(AppConfig):
    """The Django app of Troposphere's database."""

    name = "runbook_lib.systems.db.models.troposphere"
    label = "troposphere"
