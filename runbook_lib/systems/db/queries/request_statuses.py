"""The statuses that imaging and resource requests share: found by name, and their change told by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest, ResourceRequest, StatusType

if TYPE_CHECKING:
    from collections.abc import Sequence


def named(name: str) -> StatusType:
    """Return the status of this name.

    Raises:
        TargetNotFound: There is none: it was never used on this site.
        Refused: Several rows have this name; upstream's own lookup fails on them.
    """
    found = list(StatusType.objects.filter(name=name).order_by("pk"))
    if not found:
        raise TargetNotFound(
            kind="status",
            key=name,
            where="the atmosphere database (table status_type)",
            next_step=f"Atmosphere makes the row when it is first needed; add {name} under /admin/core/statustype",
        )
    if len(found) > 1:
        raise Refused(
            what=f"the status {name} exists {len(found)} times in status_type: {_keys(found)}",
            why="which of them a request should have is not known, and Atmosphere's own lookup fails on two",
            next_step=f"give all but one another name under /admin/core/statustype; {_uses(found)}",
        )
    return found[0]


def change_in_words(of: MachineRequest | ResourceRequest, wanted: StatusType) -> str:
    """Return a change of status by name, since the row itself holds only keys."""
    return f"the status {of.status.name} ({of.status_id}) becomes {wanted.name} ({wanted.pk})"


def _keys(rows: Sequence[StatusType]) -> str:
    return " and ".join(str(row.pk) for row in rows)


def _uses(rows: Sequence[StatusType]) -> str:
    return ", ".join(
        f"{MachineRequest.objects.filter(status_id=row.pk).count()} imaging requests and "
        f"{ResourceRequest.objects.filter(status_id=row.pk).count()} resource requests have {row.pk}"
        for row in rows
    )
