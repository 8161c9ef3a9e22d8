"""Read a pasted text as a UUID, a number, an address or a name; every form of each becomes one form."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_UUID = re.compile(r"(?:urn:uuid:)?\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?")
_LARGEST_ID = 2**31 - 1  # the largest key of PostgreSQL's integer
_LONGEST = 256  # characters of the longest column that is searched
_ADDRESS = re.compile(r"https?://[^/]+/(?P<path>[^?#]*).*")


@dataclass(frozen=True)
class Identifier:
    """A text, read as each kind of identifier that it can be.

    Attributes:
        text: The text without surrounding blanks and quotes; of the address of a page, the last part that identifies.
        uuid: The UUID, in lower case with dashes; empty if it is not one.
        number: The number; None if it is not one.
        address: The IPv4 or IPv6 address in its usual form; empty if it is not one.
    """

    text: str
    uuid: str = ""
    number: int | None = None
    address: str = ""

    @property
    def name(self) -> str:
        """The text as a name; empty for a UUID and an address, which are not names."""
        return "" if self.uuid or self.address else self.text


def read(text: str) -> Identifier:
    """Return what a text can identify."""
    stripped = text.strip().strip("\"'`<>(),;").strip()
    if page := _ADDRESS.fullmatch(stripped):
        parts = [part for part in page["path"].split("/") if part]
        stripped = next(
            (part for part in reversed(parts) if uuid(part) or part.isdecimal()), parts[-1] if parts else ""
        )
    shortened = stripped[:_LONGEST]
    digits = shortened.removeprefix("#")
    number = int(digits) if re.fullmatch(r"[0-9]{1,10}", digits, flags=re.ASCII) else None
    return Identifier(
        text=shortened,
        uuid=uuid(shortened),
        number=number if number is not None and 1 <= number <= _LARGEST_ID else None,
        address=_address(shortened),
    )


def uuid(text: str) -> str:
    """Return a UUID in lower case with dashes; empty if the text is not one."""
    match = _UUID.fullmatch(text.strip().lower())
    return "-".join(match.groups()) if match else ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return ""
