"""Build the warnings before images are copied: the copies, the required disk space, how to run the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.world.image_copies import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.world.image_copies import ImageCopy


def table(copies: Sequence[ImageCopy]) -> list[str]:
    """Return one line per copy, the bytes to transfer, and the disk space that the host requires."""
    lines = [f"to copy: {copy.describe()}" for copy in copies]
    total, largest = sum(copy.size for copy in copies), max((copy.size for copy in copies), default=0)
    if total:
        lines.append(
            f"the script downloads {size_text(total)} to the Atmosphere host and uploads them from there; it requires "
            f"{size_text(largest)} free in LOCAL_STORAGE, or in /tmp if that directory does not exist"
        )
    if any(copy.state == "absent" for copy in copies):
        lines.append(
            "if it ends with HTTPConflict (HTTP 409), an image of that UUID was deleted on the destination and not "
            "purged: ask its operators to run 'glance-manage db purge' first"
        )
    return lines


def by_hand(target: str, *, host_is_configured: bool) -> list[str]:
    """Return how to run the command by hand if the runbook has no access to the host; otherwise nothing."""
    if host_is_configured:
        return []
    reason = "RUNBOOK_HOST_EXEC is not set, so the runbook cannot apply this plan"
    return [
        f"{reason}. On the Atmosphere host run this command, then plan again to see what is still missing: {target}"
    ]
