"""Atmosphere's and Troposphere's databases: models, connections, drift check, reversible row changes.

Importing this package makes Django ready with two databases that are *not configured*; nothing is connected.
`runbook_lib.systems.db.access.connection.connect` says where they are.
"""

from __future__ import annotations

import os

from django.apps import apps
from django.conf import settings

from runbook_lib.systems.db import typing_settings

# A notebook kernel runs cells inside an event loop, where Django refuses every query unless this is set. Each cell
# runs alone in its thread, which is all that the refusal protects.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

if not settings.configured:  # mypy's Django plugin reads the same settings and comes first
    settings.configure(**{name: value for name, value in vars(typing_settings).items() if name.isupper()})
apps.populate(settings.INSTALLED_APPS)
