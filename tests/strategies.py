"""Random values, changes and plans, for the tests of general properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from runbook_lib.model import (
    DATABASES,
    Call,
    Change,
    RowDelete,
    RowExpect,
    RowInsert,
    RowUpdate,
    Sealed,
    System,
    SystemId,
)
from runbook_lib.model.plan import Plan

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

TEXT = st.text(max_size=12)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), TEXT)
JSON: SearchStrategy[Any] = st.recursive(
    SCALAR, lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXT, inner, max_size=2)), max_leaves=4
)
SEALED = st.builds(Sealed, source=TEXT, fingerprint=st.one_of(st.none(), TEXT))
VALUE: SearchStrategy[Any] = st.one_of(JSON, SEALED)
ROW = st.dictionaries(TEXT, VALUE, max_size=3)
PK = st.dictionaries(TEXT, st.one_of(st.none(), st.integers(), TEXT), min_size=1, max_size=2)
SYSTEM = st.builds(
    lambda kind, provider_id: SystemId(kind, provider_id if kind.facts.per_provider else None),
    st.sampled_from(System),
    st.integers(1, 99),
)
CALL = st.builds(Call, system=SYSTEM, target=TEXT, action=TEXT, before=JSON, after=JSON, reversible=st.booleans())
EXPECT = st.builds(RowExpect, database=st.sampled_from(DATABASES), table=TEXT, pk=PK, values=ROW)


@st.composite
def _row_changes(draw: DrawFn, database: str) -> list[Change]:
    """Draw changes of one database, of a different row each, as a procedure's are."""
    changes: list[Change] = []
    for number in range(draw(st.integers(0, 3))):
        where: dict[str, Any] = {"database": database, "table": f"t{number}", "pk": draw(PK)}
        kind = draw(st.sampled_from(("update", "insert", "delete")))
        if kind == "update":
            before = draw(st.dictionaries(TEXT, VALUE, min_size=1, max_size=3))
            changes.append(RowUpdate(**where, before=before, after={name: draw(VALUE) for name in before}))
        elif kind == "insert":
            changes.append(RowInsert(**where, row=draw(ROW), unless=tuple(draw(st.lists(TEXT, max_size=2)))))
        else:
            changes.append(RowDelete(**where, row=draw(ROW)))
    return changes


@st.composite
def _changes(draw: DrawFn) -> tuple[Change, ...]:
    parts: list[list[Change]] = [draw(_row_changes(database)) for database in DATABASES]
    parts += [[call] for call in draw(st.lists(CALL, max_size=2))]
    return tuple(change for part in draw(st.permutations(parts)) for change in part)


CHANGES = _changes()


@st.composite
def _plans(draw: DrawFn) -> Plan:
    changes = draw(CHANGES)
    return Plan(
        procedure=draw(TEXT),
        params=draw(st.dictionaries(TEXT, SCALAR, max_size=2)),
        changes=changes,
        because="" if changes else draw(st.text(min_size=1, max_size=12)),
        warnings=tuple(draw(st.lists(TEXT, max_size=2))),
        expects=tuple(draw(st.lists(EXPECT, max_size=2))),
        targets=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        created=draw(TEXT),
        undoes=draw(TEXT),
    )


PLANS = _plans()
