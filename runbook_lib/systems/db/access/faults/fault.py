"""What a database error means, the same for every driver; never a value of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "unreachable",  # no connection, or it was lost
    "login",  # the server does not accept the account
    "unsupported",  # the server is too old
    "missing",  # an unknown table or column
    "denied",  # no permission
    "read-only",  # nobody may write there
    "busy",  # somebody else holds a lock
    "slow",  # a time limit ended the statement
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
        kind: What it means.
        text: The driver's own words; for "missing" they name what is missing. Empty when they could hold a value.
        table: The table concerned, if known.
        columns: The columns concerned, if known.
        constraint: The name of the constraint, if it has one.
    """

    kind: Kind
    text: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    constraint: str = ""
