"""Django's own tables in this database, and those of the login package."""

from __future__ import annotations

from django.db import models

from runbook_lib.systems.db.models import django_tables


class ContentType(django_tables.ContentType):
    """A kind of row, as named by Django's admin and permissions."""


class Permission(django_tables.Permission):
    """A permission in Django's admin."""


class AuthGroup(django_tables.AuthGroup):
    """Django's group; Atmosphere's `Group` is its child row and has no name column."""


class AuthGroupPermissions(django_tables.AuthGroupPermissions):
    """A permission of a Django group."""


class LogEntry(django_tables.LogEntry):
    """An action of a user in Django's admin."""

    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)


class Session(django_tables.Session):
    """A browser session; its data is signed and not readable."""


class Token(django_tables.Token):
    """An API token; the key is the secret itself."""

    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)


class CyverseAccessToken(django_tables.CyverseAccessToken):
    """A token of an external identity service; the key is the secret itself."""


class UserProxy(django_tables.UserProxy):
    """A proxy ticket of the CAS login."""
