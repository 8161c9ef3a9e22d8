"""Every table of Troposphere's database; each model has the name of upstream's model."""

from __future__ import annotations

from runbook_lib.systems.db.models.troposphere.django_tables import (
    AuthGroup,
    AuthGroupPermissions,
    ContentType,
    CyverseAccessToken,
    LogEntry,
    Permission,
    Session,
    Token,
    UserProxy,
)
from runbook_lib.systems.db.models.troposphere.site_texts import MaintenanceNotice, MaintenanceRecord, SiteMetadata
from runbook_lib.systems.db.models.troposphere.users import (
    TroposphereUser,
    TroposphereUserGroups,
    TroposphereUserUserPermissions,
    UserPreferences,
)

__all__ = [
    "AuthGroup",
    "AuthGroupPermissions",
    "ContentType",
    "CyverseAccessToken",
    "LogEntry",
    "MaintenanceNotice",
    "MaintenanceRecord",
    "Permission",
    "Session",
    "SiteMetadata",
    "Token",
    "TroposphereUser",
    "TroposphereUserGroups",
    "TroposphereUserUserPermissions",
    "UserPreferences",
    "UserProxy",
]
