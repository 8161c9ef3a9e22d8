"""The user whose token the runbook sends to the API."""

from __future__ import annotations

from dataclasses import dataclass

from runbook_lib.errors import Refused


@dataclass(frozen=True)
class ApiAccount:
    """The user whose token the runbook sends.

    Attributes:
        username: The user's name.
        is_staff: Required to approve requests and to act on other users' instances.
        is_superuser: Required to emulate users.
    """

    username: str
    is_staff: bool
    is_superuser: bool

    def require_staff(self) -> None:
        """Return if the user is a member of staff.

        Raises:
            Refused: The user is not staff. A superuser who is not staff sees only their own requests.
        """
        if not self.is_staff:
            raise Refused(
                what=f"the token of Atmosphere's API belongs to {self.username}, who is not staff",
                why="only staff can decide on other users' requests and act on their instances",
                next_step="set RUNBOOK_API_TOKEN to the token of a staff user",
            )
