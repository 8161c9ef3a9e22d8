"""The databases of Atmosphere and Troposphere: models, connections, drift check, reversible row changes.

Importing this package sets up Django with two databases that are *not configured*; it opens no connection.
`runbook_lib.systems.db.access.connection.connect` sets their addresses.
"""

from __future__ import annotations

import os

from django.apps import apps
from django.conf import settings

from runbook_lib.systems.db import typing_settings

# A notebook kernel runs cells inside an event loop, where Django rejects every query unless this variable is set. The
# rejection protects queries that share a thread; each cell runs alone in its thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

if not settings.configured:  # mypy's Django plugin configures the same settings earlier
    settings.configure(**{name: value for name, value in vars(typing_settings).items() if name.isupper()})
apps.populate(settings.INSTALLED_APPS)
