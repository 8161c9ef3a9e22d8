"""Django's settings: `runbook_lib.systems.db` configures Django with them and mypy's plugin reads them."""

from __future__ import annotations

INSTALLED_APPS = ["runbook_lib.systems.db.models.atmosphere", "runbook_lib.systems.db.models.troposphere"]
DATABASES = {
    "default": {},  # Django insists on the name; empty, every use of it fails
    "atmosphere": {"ENGINE": "runbook_lib.systems.db.access.unconfigured"},
    "troposphere": {"ENGINE": "runbook_lib.systems.db.access.unconfigured"},
}
DATABASE_ROUTERS = ["runbook_lib.systems.db.access.connection.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
LOGGING_CONFIG = None  # the caller's logging is the caller's
TIME_ZONE = "UTC"
USE_TZ = True
