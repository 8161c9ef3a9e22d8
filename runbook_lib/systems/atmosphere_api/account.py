"""Whose token it is that the API is asked with."""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib.errors import Refused


@dataclass(frozen=True)
class ApiAccount:
    """Whose token it is.

    Attributes:
        username: The user's name.
        is_staff: What approving and acting on others' instances need.
        is_superuser: What emulation needs.
    """

    username: str
    is_staff: bool
    is_superuser: bool

    def require_staff(self) -> None:
        """Return if the user is staff.

        Raises:
            Refused: It is not; a superuser who is not staff sees own requests only.
        """
        if not self.is_staff:
            raise Refused(
                what=f"the token of Atmosphere's API belongs to {self.username}, who is not staff",
                why="only staff may decide on requests of others and act on their instances",
                next_step="put a token of a staff user into RUNBOOK_API_TOKEN",
            )
