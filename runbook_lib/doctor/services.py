"""The doctor's examination of Atmosphere's API, Argo's cluster and the folder of the logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, Finding
from runbook_lib.model import System

if TYPE_CHECKING:
    from runbook_lib.world.world import World


def api(world: World) -> Finding:
    """Return whose token it is; the API of this release tells no version.

    Raises:
        NotConnected: It does not answer, not to this token, or is closed for maintenance.
        Refused: The user is not staff.
    """
    account = world.api.account()
    account.require_staff()
    emulate = "a superuser too, who may emulate others" if account.is_superuser else "no superuser"
    may = f"as {account.username}: staff, {emulate}; not kept out by a maintenance"
    return Finding(System.API, OK, may=may, what=world.endpoints.api_url)


def argo(world: World) -> Finding:
    """Return the cluster's version and what this account may do in its namespace."""
    found = world.workflows.summary()
    what = f"{world.endpoints.argo_url}, namespace {found.namespace}"
    return Finding(System.ARGO, OK, version=found.version, may=found.permissions, what=what)


def logs(world: World) -> Finding:
    """Return where the logs are and of which systems there are some."""
    return Finding(System.LOGS, OK, may="read the files", what=world.logs.summary())
