"""Django's settings, whole: `runbook_lib.db` configures Django with them and mypy's Django plugin reads them."""

from __future__ import annotations

INSTALLED_APPS = ["runbook_lib.db.atmosphere", "runbook_lib.db.troposphere"]
DATABASES = {
    "default": {},  # Django insists on the name; empty, every use of it fails
    "atmosphere": {"ENGINE": "runbook_lib.db.unconfigured"},
    "troposphere": {"ENGINE": "runbook_lib.db.unconfigured"},
}
DATABASE_ROUTERS = ["runbook_lib.db.connection.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
LOGGING_CONFIG = None  # the caller's logging is the caller's
TIME_ZONE = "UTC"
USE_TZ = True
