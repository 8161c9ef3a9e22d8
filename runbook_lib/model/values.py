"""The values of rows and calls: JSON form, text for people, and two placeholders for values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

Database = Literal["atmosphere", "troposphere"]
DATABASES: tuple[Database, ...] = ("atmosphere", "troposphere")
Json = Any  # what json.loads returns, or a Sealed


@dataclass(frozen=True)
class Sealed:
    """A password hash. It is never shown or saved, only its source and a fingerprint.

    Attributes:
        source: The reference of its password, such as ``env:NEW_PASSWORD``; ``database`` for a hash
            found in a row.
        fingerprint: SHA-256 (hex) of the hash as stored in the row; None until it has been written or read.
    """

    source: str
    fingerprint: str | None = None

    def __str__(self) -> str:
        """Return a text for people; never the value."""
        return "(a password hash, not shown)" if self.source == "database" else f"(hash of {self.source})"

    def matches(self, stored: object) -> bool:
        """Return whether `stored`, the text in the row, is the sealed value."""
        return self.fingerprint == fingerprint(str(stored))


@dataclass(frozen=True)
class KeyOf:
    """The key of a row that the same plan inserts earlier. A unique column of the row identifies it.

    Attributes:
        table: The row's table.
        column: A unique column other than the key, such as ``uuid``.
        value: The value that the plan chose.
    """

    table: str
    column: str
    value: str

    def __str__(self) -> str:
        """Return a text for people."""
        return f"(the key of the new {self.table})"


def fingerprint(text: str) -> str:
    """Return the SHA-256 of `text` in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def encode(value: Json) -> Json:
    """Return `value` as JSON; a `Sealed` or a `KeyOf` becomes an object that `decode` recognizes."""
    if isinstance(value, KeyOf):
        return {"key_of": value.table, "column": value.column, "value": value.value}
    return {"sealed": value.source, "fingerprint": value.fingerprint} if isinstance(value, Sealed) else value


def decode(value: Json) -> Json:
    """Return the value that `encode` received."""
    if isinstance(value, dict) and value.keys() == {"sealed", "fingerprint"}:
        return Sealed(source=value["sealed"], fingerprint=value["fingerprint"])
    if isinstance(value, dict) and value.keys() == {"key_of", "column", "value"}:
        return KeyOf(table=value["key_of"], column=value["column"], value=value["value"])
    return value


def canonical(body: object) -> str:
    """Return the canonical JSON text of `body`, for digests: sorted keys, no blanks, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def show(value: Json) -> str:
    """Return a value as one line of text for people: JSON, so ``"1"`` and ``1`` differ."""
    return str(value) if isinstance(value, Sealed | KeyOf) else json.dumps(value, ensure_ascii=False)
