"""Django's settings, for `runbook_lib.systems.db` and for mypy's plugin."""

from __future__ import annotations

INSTALLED_APPS = ["runbook_lib.systems.db.models.atmosphere", "runbook_lib.systems.db.models.troposphere"]
DATABASES = {
    "default": {},  # Django requires this name; every use of the empty settings fails
    "atmosphere": {"ENGINE": "runbook_lib.systems.db.access.unconfigured"},
    "troposphere": {"ENGINE": "runbook_lib.systems.db.access.unconfigured"},
}
DATABASE_ROUTERS = ["runbook_lib.systems.db.access.connection.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
LOGGING_CONFIG = None  # the caller configures logging
TIME_ZONE = "UTC"
USE_TZ = True
