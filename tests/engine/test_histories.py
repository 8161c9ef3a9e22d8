"""Random histories of all procedures, foreign edits, deaths and undos, compared with a plain model of the rows."""

from __future__ import annotations

import collections
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from runbook_lib import engine, procedures
from runbook_lib.errors import RunbookError
from runbook_lib.model import DATABASES, RowInsert, RowUpdate, changes_as_json
from runbook_lib.systems.db.access import columns
from tests.checks import apply, plan, undo_plan
from tests.engine.crashes import Fate, Killed, record_truth
from tests.engine.plain_rows import PlainRows, differing, place_of, written_tables
from tests.registry import moved_reads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook_lib.journal import Run
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

QUICK, LONG = 200, 10_000  # histories
STEPS = 4
# Beside the examples of all procedures: what else concerns the same rows.
VALUES: dict[str, list[dict[str, Any]]] = {
    "grant_staff": [{"username": "noprefs"}, {"username": "staffmember", "site": "troposphere"}],
    "revoke_staff": [{"username": "joetest", "site": "atmosphere"}],
    "change_allocation": [{"source_name": "TG-ASC160018", "compute_allowed_hours": 3000}],
    "close_imaging_request": [{"request_id": 16501, "decision": "closed"}],
    "start_maintenance": [{"title": "second", "beside_active": True, "site": "atmosphere"}],
    "move_image_version": [{"application_id": 1208}],
}
ROWS_ONLY = ("change_allocation", "close_imaging_request", "close_resource_request", "grant_staff", "revoke_staff")
ROWS_ONLY += ("move_image_version", "resubmit_imaging_request", "start_maintenance", "stop_maintenance")
_NUMBERS = st.integers(0, 999)
_DEATHS = st.none() | st.integers(0, 28)  # a run with two commits passes 27 boundaries


def variants(name: str) -> list[dict[str, Any]]:
    """Return the parameters that a history chooses from."""
    example = procedures.find(name).practice_example
    return [example, *({**example, **values} for values in VALUES.get(name, []))]


class Site:
    """One world for all histories; each begins with the fixture's rows and an empty journal."""

    def __init__(self, world: World, bench: Bench, spare: Path) -> None:
        self.world, self.bench = world, bench
        self._spare = spare
        shutil.copytree(bench.practice, spare)
        self.counts: collections.Counter[str] = collections.Counter()
        self.boundaries: set[str] = set()

    def restart(self) -> None:
        """Put everything back; the files stay the same files, because a database is known by its file."""
        for database in DATABASES:
            self.world.rows(database).reconnect()
        for file in self._spare.iterdir():
            if file.is_file():
                shutil.copyfile(file, self.bench.practice / file.name)
        journal = self.bench.journal
        for path in (journal.path, journal.head.path if journal.head else journal.path):
            path.unlink(missing_ok=True)


class History(RuleBasedStateMachine):
    """One history.

    Attributes:
        site: The site of all histories.
        names: The procedures.
    """

    site: Site
    names: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self.site.restart()
        self.site.counts["histories"] += 1
        self.model = PlainRows()
        self.truth: dict[str, list[Any]] = {}  # run → what it really did
        self.before: dict[str, dict[Any, Any]] = {}  # run → the rows when it began

    @rule(name=_NUMBERS, variant=st.integers(0, 2), at=_DEATHS)
    def apply(self, name: int, variant: int, at: int | None) -> None:
        """Plan and apply a procedure, which may die at a boundary."""
        procedure = self.names[name % len(self.names)]
        choices = variants(procedure)
        values = choices[variant % len(choices)]
        self._run(lambda: plan(self.site.world, procedure, **values), at)

    @rule(name=_NUMBERS, number=st.integers(0, 200))
    def apply_after_edit(self, name: int, number: int) -> None:
        """Apply a saved plan after another program changed a row, mostly one of the plan's."""
        procedure = self.names[name % len(self.names)]
        values = variants(procedure)[0]
        self._run(
            lambda: plan(self.site.world, procedure, **values),
            None,
            meanwhile=lambda planned: self._edit_planned(planned, number),
        )

    @rule(number=st.integers(0, 200))
    def edit(self, number: int) -> None:
        """Change one column of one row as another program would."""
        self._edit(number)

    def _edit(self, number: int) -> None:
        tables = written_tables()
        database, table = tables[number % len(tables)]
        model = columns.model_of_table(database, table)
        rows = model._base_manager.using(database).order_by("pk")
        if not (total := rows.count()):
            return
        row = rows[number * 7 % total]
        fields = [field for field in model._meta.concrete_fields if not field.primary_key]
        self._set(row, fields[number * 5 % len(fields)])

    def _edit_planned(self, planned: Plan, number: int) -> None:
        updates = [change for change in planned.changes if isinstance(change, RowUpdate)]
        if not updates or number % 4 == 0:
            self._edit(number)
            return
        change = updates[number % len(updates)]
        model = columns.model_of_table(change.database, change.table)
        names = list(change.before)
        row = model._base_manager.using(change.database).get(pk=next(iter(change.pk.values())))
        self._set(row, columns.fields(model)[names[number % len(names)]])

    def _set(self, row: Any, field: Any) -> None:
        """Give one column another value, in the database and in the model."""
        for value in list(moved_reads.others(row, field))[:1]:
            if moved_reads.Move(row, field, value).write():
                place = (row._meta.app_label, row._meta.db_table, str(row.pk))
                self.model.rows = {
                    **self.model.rows,
                    place: {**self.model.rows[place], str(field.column): columns.to_json(value)},
                }
                self.site.counts["foreign edit"] += 1

    @precondition(lambda self: self.truth)
    @rule(number=st.integers(0, 9), at=_DEATHS)
    def undo(self, number: int, at: int | None) -> None:
        """Undo one of the runs, which restores exactly the rows that it changed."""
        run_id = list(self.truth)[number % len(self.truth)]
        undone = self._run(lambda: undo_plan(self.site.world, self.site.bench, run_id), at)
        if undone and self.site.bench.journal.run(undone).state == "applied":
            self.site.counts["undone"] += 1
            self._check_restored(run_id)

    @rule()
    def settle(self) -> None:
        """Resolve the interrupted runs, by hand where no system can prove the last step."""
        self._settle()

    @invariant()
    def rows_are_those_of_model(self) -> None:
        """Nothing is torn and nothing else was changed; the journal is intact."""
        stored = self.model.stored()
        wrong = {place for place in {**stored, **self.model.rows} if stored.get(place) != self.model.rows.get(place)}
        assert wrong == set()
        assert self.site.bench.journal.check().problems == ()

    def teardown(self) -> None:
        """After the last step every run is explained, and its receipt is what it really did."""
        self._settle()
        for run in self.site.bench.journal.runs():
            assert not run.is_open, run
            done = changes_as_json(self.truth[run.run_id])
            assert changes_as_json(run.receipt) == done or self._is_made_later(run), run.state

    def _is_made_later(self, run: Run) -> bool:
        """Return whether a later run made the rest of a receipt: SQLite can't show whose commit it was."""
        done = changes_as_json(self.truth[run.run_id])
        receipt = changes_as_json(run.receipt)
        runs = list(self.truth)
        later = [changes_as_json(self.truth[other]) for other in runs[runs.index(run.run_id) + 1 :]]
        rest = receipt[len(done) :]
        return receipt[: len(done)] == done and all(any(change in made for made in later) for change in rest)

    def _run(self, make: Callable[[], Plan], at: int | None, meanwhile: Callable[[Plan], None] = lambda _: None) -> str:
        """Make and apply a plan; return the run's ID, or nothing if no run began."""
        fate, before = Fate(at), dict(self.model.rows)
        runs = len(self.site.bench.journal.runs())
        end = "applied"
        try:
            planned = make()
            meanwhile(planned)
            before = dict(self.model.rows)
            with fate.decides(self.site.world):
                apply(self.site.world, self.site.bench, planned, watch=fate.reach)
        except Killed:
            end = "died"
        except RunbookError as error:
            end = type(error).__name__
            self._check_claim(error, fate)
        self.site.counts["died" if fate.died_at else end] += 1
        self.site.boundaries |= {fate.died_at} - {""}
        for database in DATABASES:
            self.site.world.rows(database).reconnect()
        self.model.follow(fate.done)
        if len(self.site.bench.journal.runs()) == runs:
            assert fate.done == []
            return ""
        run_id = self.site.bench.journal.runs()[-1].run_id
        self.truth[run_id], self.before[run_id] = fate.done, before
        return run_id

    def _check_claim(self, error: RunbookError, fate: Fate) -> None:
        """Check that the error says whether anything was changed; unknown is true of both."""
        assert error.changed is None or error.changed is bool(fate.done)

    def _settle(self) -> None:
        settled = engine.settle(self.site.world, self.site.bench.journal)
        assert dict(settled.unresolved) == {}
        for outcome in settled.outcomes:
            self.site.counts[f"settled: {outcome.state}"] += 1
            run = self.site.bench.journal.run(outcome.run_id)
            self.site.counts["recorded by hand"] += run.has_uncertain_step
            record_truth(self.site.world, self.site.bench, run, self.truth[run.run_id])

    def _check_restored(self, run_id: str) -> None:
        for change in self.truth[run_id]:
            if isinstance(change, RowInsert):
                assert place_of(change) not in self.model.rows
            elif not hasattr(change, "system"):
                names = change.after if isinstance(change, RowUpdate) else change.row
                was = self.before[run_id][place_of(change)]
                now = self.model.rows[place_of(change)]
                assert differing({name: was[name] for name in names}, now) == {}


def _play(site: Site, names: tuple[str, ...], *, histories: int, steps: int, is_random: bool) -> None:
    run_state_machine_as_test(
        type("ThisHistory", (History,), {"site": site, "names": names}),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            derandomize=not is_random,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink) if is_random else (Phase.generate,),
        ),
    )


@pytest.fixture
def history_site(world: World, bench: Bench, tmp_path: Path) -> Site:
    """Return the site of the histories."""
    return Site(world, bench, tmp_path / "spare")


def test_random_histories_of_rows_agree_with_plain_model(
    history_site: Site, record_property: Callable[[str, object], None]
) -> None:
    """The procedures that only write rows; the same histories each time."""
    _play(history_site, ROWS_ONLY, histories=QUICK - 20, steps=STEPS, is_random=False)

    counts = history_site.counts
    record_property("points", counts["histories"])
    expected = {"applied", "died", "StalePlan", "undone", "foreign edit", "settled: not-applied"}
    assert set() == {end for end in expected if not counts[end]}
    assert {"before the commit", "after the commit"} <= history_site.boundaries
    assert len(history_site.boundaries) > 10


def test_random_histories_of_all_procedures_agree_with_plain_model(
    history_site: Site, record_property: Callable[[str, object], None]
) -> None:
    """Calls too: what no system can prove is recorded by hand, truthfully."""
    _play(history_site, procedures.changing(), histories=20, steps=STEPS, is_random=False)

    record_property("points", history_site.counts["histories"])
    assert history_site.counts["applied"]


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_many_random_histories_agree_with_plain_model(
    history_site: Site, part: int, record_property: Callable[[str, object], None]
) -> None:
    """Ten thousand histories of all procedures, other ones each time; a failure prints how to repeat it."""
    _play(history_site, procedures.changing(), histories=LONG // 10, steps=2 * STEPS, is_random=True)

    record_property("points", history_site.counts["histories"])
    print(part, dict(history_site.counts), sorted(history_site.boundaries))  # noqa: T201 - the measurement
