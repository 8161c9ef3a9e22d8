"""Compare predicted rows with the database, after a call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runbook_lib.model import show
from runbook_lib.model.predictions import KEY_OF_NEW, TIME_OF_CALL, shown
from runbook_lib.systems.db.access import columns, matching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model import Json
    from runbook_lib.model.predictions import Prediction

_CLOCKS = timedelta(minutes=5)  # the difference allowed between Atmosphere's clock and this one
_MAX_ROWS = 20  # of the rows that a new one could be


def differences(prediction: Prediction, *, since: datetime) -> tuple[str, ...]:
    """Return a line per column that differs from the prediction; empty if it was right. Reads only.

    Args:
        prediction: The predicted row. A new one is any row that has the columns of `Prediction.where`.
        since: The time before the call.
    """
    query = matching.select(prediction.database, prediction.table, prediction.where).order_by("-pk")
    fields = columns.fields(query.model)
    names = tuple(prediction.after)
    attributes = ("pk", *(fields[name].attname for name in names))
    rows = [
        {name: columns.to_json(value) for name, value in zip(names, values, strict=True)}
        for _, *values in query.values_list(*attributes)[:_MAX_ROWS]
    ]
    name = f"{prediction.database} {prediction.row}"
    if not rows:
        return (f"{name} is absent; predicted: {prediction.describe()}",)
    return min((_lines(name, prediction, row, since) for row in rows), key=len)


def _lines(name: str, prediction: Prediction, row: Mapping[str, Json], since: datetime) -> tuple[str, ...]:
    return tuple(
        f"{name} {column}: predicted {shown(value)}, is {show(row.get(column))}"
        for column, value in prediction.after.items()
        if not _is_right(value, prediction.before.get(column), row.get(column), since)
    )


def _is_right(predicted: Json, before: Json, now: Json, since: datetime) -> bool:
    if predicted == KEY_OF_NEW:
        return now not in (None, before)
    if predicted == TIME_OF_CALL:
        return isinstance(now, str) and datetime.fromisoformat(now) >= since - _CLOCKS
    return columns.is_equal(predicted, now)
