"""The rows that Atmosphere writes in consequence of a call, as its source says: shown, compared, never written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.model.values import Database, Json, show

if TYPE_CHECKING:
    from collections.abc import Mapping

TIME_OF_CALL = "(the time of the call)"
"""The predicted value of a column that Atmosphere sets to its own clock."""
KEY_OF_NEW = "(the key of the new row)"
"""The predicted value of a column that refers to a row that Atmosphere adds."""


@dataclass(frozen=True)
class Prediction:
    """The columns of one row that Atmosphere writes in consequence of a call.

    Attributes:
        table: The table.
        where: The key of an existing row; of a new row, the columns that identify it.
        after: Column → predicted value, JSON form, `TIME_OF_CALL` or `KEY_OF_NEW`.
        source: Upstream's file and lines.
        before: Column → present value; empty for a new row.
        database: Its database.
    """

    table: str
    where: Mapping[str, Json]
    after: Mapping[str, Json]
    source: str
    before: Mapping[str, Json] = field(default_factory=dict)
    database: Database = "atmosphere"

    @property
    def is_new(self) -> bool:
        """Whether Atmosphere adds the row."""
        return not self.before

    @property
    def row(self) -> str:
        """The row as text: ``table:key``, or ``table:new``."""
        key = "new" if self.is_new else ",".join(map(str, self.where.values()))
        return f"{self.table}:{key}"

    @property
    def cells(self) -> dict[str, tuple[str, str]]:
        """Column → present and predicted value as texts; of a new row also the columns that identify it."""
        written = {**self.where, **self.after} if self.is_new else self.after
        return {
            name: ("absent" if self.is_new else show(self.before[name]), shown(value))
            for name, value in written.items()
        }

    def describe(self) -> str:
        """Return one line: the row, each column, and the source."""
        cells = [
            f"{name}: {after if self.is_new else f'{before} → {after}'}" for name, (before, after) in self.cells.items()
        ]
        operation = "insert" if self.is_new else "update"
        return f"{operation} {self.database} {self.row}  {', '.join(cells)}  ({self.source})"

    def as_json(self) -> dict[str, Any]:
        """Return one object; `from_json` reads it back."""
        return {
            "database": self.database,
            "table": self.table,
            "where": dict(self.where),
            "before": dict(self.before),
            "after": dict(self.after),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Prediction:
        """Return the prediction that `as_json` wrote."""
        return cls(**body)


def shown(value: Json) -> str:
    """Return a predicted value as text."""
    return str(value) if value in (TIME_OF_CALL, KEY_OF_NEW) else show(value)
