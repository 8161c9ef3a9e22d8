"""The summary of the verdict on an instance."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.instance.summary import describe, describe_state, summarize
from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS, Verdict, judge
from tests.diagnosis.instance.instances import INSTANCE_ID, NOW, ago, evidence, record, row, server


def test_description_has_owner_and_provider() -> None:
    """Without a record it has the UUID and the reason why owner and provider are missing."""
    assert f"Instance {INSTANCE_ID} (my instance, owner joetest, provider 4 Example Cloud)" == describe(
        evidence(record())
    )
    assert f"Instance {INSTANCE_ID} (not in the database)" == describe(evidence())
    assert f"Instance {INSTANCE_ID} (the database did not respond)" == describe(evidence(database_responded=False))


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (
            Verdict(state="networking", minutes=25, exceeded_limit="past the guide's 20 minutes"),
            "has been in networking for 25 minutes, past the guide's 20 minutes",
        ),
        (
            Verdict(state="active", activity="user_deploy_error", minutes=60),
            "has been in active (user_deploy_error) for 60 min",
        ),
        (Verdict(state=GONE), "is in the database but not in the cloud"),
        (Verdict(state=NO_STATUS), "has no status yet"),
        (Verdict(state=ENDED), "ended on 2026-01-15 11:50 UTC"),
    ],
)
def test_state_has_its_age_and_exceeded_limit(verdict: Verdict, text: str) -> None:
    """A missing status, a missing server and an end have sentences of their own."""
    assert text in describe_state(evidence(record(ended=ago(10))), verdict)


def test_summary_has_state_difference_nova_report_and_meaning() -> None:
    """Each is one sentence, in this order."""
    instance = evidence(record(row("deploying", 200)), server("ERROR", fault="No valid host was found. "))

    summary = summarize(instance, judge(instance, now=NOW))

    parts = [
        "has been in error for 5 minutes.",
        "The database still shows deploying",
        "Nova reports error, with the fault",
    ]
    places = [summary.index(part) for part in [*parts, "The cloud found no host"]]
    assert sorted(places) == places


def test_state_is_explained_only_without_a_cause() -> None:
    """The meaning of a cause replaces the meaning of the state."""
    without = evidence(record(row("error", 10)), server("ERROR"))
    cause = evidence(record(row("error", 10)), server("ERROR", fault="No valid host was found. "))

    assert "Nova could not build or keep the instance." in summarize(without, judge(without, now=NOW))
    assert "Nova could not build or keep the instance." not in summarize(cause, judge(cause, now=NOW))
