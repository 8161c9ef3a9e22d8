"""What the operator should know before images are copied: the table of copies, the room needed, the way to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.world.image_copies import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.world.image_copies import ImageCopy


def table(copies: Sequence[ImageCopy]) -> list[str]:
    """Return one line a copy, and the sums: bytes to transfer, and the room that the host needs meanwhile."""
    lines = [f"to copy: {copy.describe()}" for copy in copies]
    total, largest = sum(copy.size for copy in copies), max((copy.size for copy in copies), default=0)
    if total:
        lines.append(
            f"in all {size_text(total)} are downloaded to the Atmosphere host and uploaded from there; it needs "
            f"{size_text(largest)} free in LOCAL_STORAGE, or in /tmp where that folder does not exist"
        )
    if any(copy.state == "absent" for copy in copies):
        lines.append(
            "if it ends with HTTPConflict (HTTP 409), an image of that UUID was deleted on the destination and not "
            "purged: its operators run 'glance-manage db purge' first"
        )
    return lines


def by_hand(target: str, *, host_is_configured: bool) -> list[str]:
    """Return how to run the command where the runbook has no way to the host; nothing where it has one."""
    if host_is_configured:
        return []
    words = "RUNBOOK_HOST_EXEC is not set, so apply will be refused. On the Atmosphere host, run this by hand"
    return [f"{words}, and plan again afterwards, which shows what is still missing: {target}"]
