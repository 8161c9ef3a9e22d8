"""What is the matter with an instance, in sentences."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.instance.summary import answer, named, state
from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS, Verdict, judge
from tests.diagnosis.instance.instances import INSTANCE_ID, NOW, ago, evidence, known, row, server


def test_an_instance_is_named_with_its_owner_and_provider() -> None:
    """Without the database by its uuid, and why there is no more."""
    assert f"Instance {INSTANCE_ID} (my instance, of joetest, on 4 Example Cloud)" == named(evidence(known()))
    assert f"Instance {INSTANCE_ID} (which no row of the database knows)" == named(evidence())
    assert f"Instance {INSTANCE_ID} (the database was not heard)" == named(evidence(asked=False))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (
            Verdict(state="networking", minutes=25, late="past the guide's 20 minutes"),
            "25 minutes, past the guide's 20 minutes",
        ),
        (Verdict(state="active", activity="user_deploy_error", minutes=60), "active (user_deploy_error), for 60 min"),
        (Verdict(state=GONE), "is in the database, and not in the cloud"),
        (Verdict(state=NO_STATUS), "has no status yet"),
        (Verdict(state=ENDED), "ended on 2026-01-15 11:50 UTC"),
    ],
)
def test_its_state_is_said_with_its_age_and_limit(verdict: Verdict, words: str) -> None:
    """Or that there is none."""
    assert words in state(evidence(known(ended=ago(10))), verdict)


def test_the_answer_says_what_differs_what_nova_says_and_what_it_means() -> None:
    """In this order, a sentence each."""
    found = evidence(known(row("deploying", 200)), server("ERROR", fault="No valid host was found. "))

    told = answer(found, judge(found, now=NOW))

    parts = ["is error, for 5 minutes.", "The database still says deploying", "Nova says error, with the fault"]
    places = [told.index(part) for part in [*parts, "The cloud found no host"]]
    assert sorted(places) == places


def test_the_state_is_explained_where_no_cause_is_known() -> None:
    """A cause says more than the state does."""
    without = evidence(known(row("error", 10)), server("ERROR"))
    cause = evidence(known(row("error", 10)), server("ERROR", fault="No valid host was found. "))

    assert "Nova could not build or keep the instance." in answer(without, judge(without, now=NOW))
    assert "Nova could not build or keep the instance." not in answer(cause, judge(cause, now=NOW))
