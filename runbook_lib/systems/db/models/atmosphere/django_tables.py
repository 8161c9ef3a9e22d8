"""Django's own tables in this database, and those of the login."""

from __future__ import annotations

from django.db import models

from runbook_lib.systems.db.models import django_tables


class ContentType(django_tables.ContentType):
    """A kind of row of the site, as Django's admin and permissions name it."""


class Permission(django_tables.Permission):
    """A permission of Django's own admin."""


class AuthGroup(django_tables.AuthGroup):
    """Django's group; Atmosphere's `Group` is its child and has no name of its own."""


class AuthGroupPermissions(django_tables.AuthGroupPermissions):
    """Which permissions a group of Django's has."""


class LogEntry(django_tables.LogEntry):
    """What somebody did in Django's own admin."""

    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)


class Session(django_tables.Session):
    """A browser session; the data are signed, not readable."""


class Token(django_tables.Token):
    """An API token; the key is the secret itself."""

    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)


class CyverseAccessToken(django_tables.CyverseAccessToken):
    """A token of an outside identity service; the key is the secret itself."""


class UserProxy(django_tables.UserProxy):
    """A proxy ticket of the CAS login."""
