"""The meaning of a database error, independent of the driver and without row values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "unreachable",  # no connection, or a lost one
    "login",  # the server rejects the account
    "unsupported",  # the server is too old
    "missing",  # an unknown table or column
    "denied",  # no permission
    "read-only",  # no account can write
    "full",  # no space is left for the data
    "busy",  # another session holds a lock
    "slow",  # a time limit stopped the statement
    "unique",
    "null",
    "foreign-key",
    "check",
    "value",  # too long, out of range, of another type
]


@dataclass(frozen=True)
class Fault:
    """One database error.

    Attributes:
        kind: Its meaning.
        text: The driver's message; for "missing" it names the missing object. Empty if it could hold a value.
        table: The table concerned; empty if unknown.
        columns: The columns concerned; empty if unknown.
        constraint: The name of the violated constraint; empty if it has none.
    """

    kind: Kind
    text: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    constraint: str = ""
