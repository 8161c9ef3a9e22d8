"""The statuses that imaging and resource requests share: lookup by name, and descriptions of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest, ResourceRequest, StatusType

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_status(name: str) -> StatusType:
    """Return the status with this name.

    Raises:
        TargetNotFound: No row has this name, because the site never used the status.
        Refused: Several rows have this name. Upstream's own lookup fails on them.
    """
    rows = list(StatusType.objects.filter(name=name).order_by("pk"))
    if not rows:
        raise TargetNotFound(
            kind="status",
            key=name,
            where="the atmosphere database (table status_type)",
            next_step=f"add it in Atmosphere's Django shell: get_status_type('{name}') of core.models.status_type",
        )
    if len(rows) > 1:
        raise Refused(
            what=f"the status {name} exists {len(rows)} times in status_type: {_keys(rows)}",
            why="it is unknown which row to use, and Atmosphere's own lookup fails on duplicates",
            next_step=f"rename all but one in Atmosphere's Django shell (StatusType of core.models); {_uses(rows)}",
        )
    return rows[0]


def describe_change(request: MachineRequest | ResourceRequest, status: StatusType) -> str:
    """Return a change of status with the names, because the row holds only keys."""
    return f"the status {request.status.name} ({request.status_id}) becomes {status.name} ({status.pk})"


def _keys(rows: Sequence[StatusType]) -> str:
    return " and ".join(str(row.pk) for row in rows)


def _uses(rows: Sequence[StatusType]) -> str:
    return ", ".join(
        f"{MachineRequest.objects.filter(status_id=row.pk).count()} imaging requests and "
        f"{ResourceRequest.objects.filter(status_id=row.pk).count()} resource requests have {row.pk}"
        for row in rows
    )
