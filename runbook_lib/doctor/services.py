"""Examine Atmosphere's API, Argo's cluster and the log folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, Finding
from runbook_lib.model import System

if TYPE_CHECKING:
    from runbook_lib.world.world import World


def api(world: World) -> Finding:
    """Return the token's user and rights. This release's API does not report its version.

    Raises:
        NotConnected: The API does not respond, rejects the token, or is closed for a maintenance.
        Refused: The user is not staff.
    """
    account = world.api.account()
    account.require_staff()
    rights = "staff and superuser, can emulate users" if account.is_superuser else "staff, not superuser"
    may = f"as {account.username}: {rights}; no maintenance blocks it"
    return Finding(System.API, OK, may=may, what=world.endpoints.api_url)


def argo(world: World) -> Finding:
    """Return the cluster's version and this account's rights in its namespace."""
    summary = world.workflows.summary()
    what = f"{world.endpoints.argo_url}, namespace {summary.namespace}"
    return Finding(System.ARGO, OK, version=summary.version, may=summary.permissions, what=what)


def logs(world: World) -> Finding:
    """Return the folder, and the systems that have logs in it."""
    return Finding(System.LOGS, OK, may="read the files", what=world.logs.summary())
