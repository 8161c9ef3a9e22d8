"""Parameters: what may come in, in which type it arrives, and what is refused with which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from runbook_lib import params
from runbook_lib.config.secrets import SecretReference  # noqa: TC001 - the annotations are read at run time
from runbook_lib.errors import ParamError
from runbook_lib.params import LARGEST_ID, param


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One field of each kind."""

    username: str = param("The user's name.", example="joetest", where="Admin > Manage Users")
    application_id: int = param("The application.", default=0, example=1144)
    version_name: str = param("The version's name.", default="", longest=30)
    superuser: bool = param("Superuser too.", default=True)
    site: Literal["both", "atmosphere", "troposphere"] = param("Where.", default="both")
    password: SecretReference | None = param("A new password.", default=None, example="env:NEW_PASSWORD")


FIELDS = params.fields(Sample)
DEFAULTS = {"application_id": 0, "version_name": "", "superuser": True, "site": "both", "password": None}


def check(**given_: Any) -> dict[str, Any]:
    """Check values as a notebook hands them over; the username is given unless the test gives another."""
    return params.check(FIELDS, {"username": "joetest", **given_}, procedure="sample")


def from_text(**given_: str) -> dict[str, Any]:
    """Check values as the command line hands them over."""
    return params.from_text(FIELDS, {"username": "joetest", **given_}, procedure="sample")


def refusal(**given_: Any) -> ParamError:
    """Return the error with which these values are refused."""
    with pytest.raises(ParamError) as caught:
        check(**given_)
    return caught.value


def test_what_is_not_given_takes_its_default() -> None:
    """Only the required parameter has to be given."""
    assert {"username": "joetest", **DEFAULTS} == check()


@pytest.mark.parametrize("empty", [{"username": ""}, {}])
def test_an_empty_required_parameter_is_missing(empty: dict[str, str]) -> None:
    """The empty default of a notebook's cell is the same as not given, and the message says what it is."""
    with pytest.raises(ParamError) as caught:
        params.check(FIELDS, empty, procedure="sample")

    assert ("username is missing: The user's name.",) == caught.value.problems
    assert "runbook show sample" in caught.value.next_step


@pytest.mark.parametrize(
    ("name", "arrived", "told"),
    [
        # what was typed after papermill's -p or -y                 what papermill makes of it
        ("version_name", 1.2, "the number 1.2"),  # 1.20
        ("username", 123, "the whole number 123"),  # 123
        ("username", 7, "the whole number 7"),  # 007
        ("username", 1000, "the whole number 1000"),  # 1_000
        ("username", 3, "the whole number 3"),  # the Arabic digit three
        ("username", 1e10, "the number 10000000000.0"),  # 1e10
        ("username", 0.5, "the number 0.5"),  # .5
        ("username", float("nan"), "the number nan"),  # nan
        ("username", float("inf"), "the number inf"),  # infinity
        ("username", True, "the flag True"),  # True
        ("username", None, "nothing (None)"),  # None
        ("username", False, "the flag False"),  # no, with -y
        ("version_name", 90, "the whole number 90"),  # 1:30, with -y
        ("version_name", "1.2.3 ", "begins or ends with a blank"),
        ("username", ["joetest"], "list ['joetest']"),
        ("username", {"a": 1}, "dict {'a': 1}"),
    ],
)
def test_a_guessed_type_is_refused_with_what_arrived(name: str, arrived: object, told: str) -> None:
    """Text that papermill turned into something else is refused, never converted back."""
    problem = "; ".join(refusal(**{name: arrived}).problems)

    assert told in problem
    assert problem.startswith(f"{name} ")


@pytest.mark.parametrize("arrived", [1.2, 42, True, None, float("nan")])
def test_the_refusal_of_a_guess_names_the_option_that_keeps_the_text(arrived: object) -> None:
    """The operator is given the option to use instead."""
    assert "papermill … -r version_name VALUE" in refusal(version_name=arrived).what


@pytest.mark.parametrize("kept", ["1.20", "0x10", "nan", "True", "0042", "None", "1e5", "0o17", "2026-01-15"])
def test_text_stays_as_it_was_typed(kept: str) -> None:
    """What papermill's -r or our own command line hands over is taken literally."""
    assert kept == check(version_name=kept)["version_name"]
    assert kept == from_text(version_name=kept)["version_name"]


@pytest.mark.parametrize("arrived", ["true", "false", "null", "True", "no", 0, 1, 1.0, None, float("nan"), []])
def test_a_flag_is_a_flag(arrived: object) -> None:
    """A truthy text such as 'false', which papermill leaves a text, is no flag."""
    assert "superuser must be True or False" in refusal(superuser=arrived).what


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("True", True), ("true", True), ("yes", True), ("TRUE", True), ("False", False), ("false", False), ("no", False)],
)
def test_a_flag_on_the_command_line_may_be_written_in_several_ways(typed: str, meant: bool) -> None:  # noqa: FBT001 - the value under test
    """True, true and yes are the same; so are False, false and no."""
    assert meant is from_text(superuser=typed)["superuser"]


@pytest.mark.parametrize("typed", ["1", "0", "on", "ja", "None", " true", "tru\u0435"])
def test_other_words_are_no_flag_on_the_command_line(typed: str) -> None:
    """A word that only looks like a flag is refused (the last one ends in a Cyrillic letter)."""
    with pytest.raises(ParamError, match="superuser must be True or False"):
        from_text(superuser=typed)


@pytest.mark.parametrize("arrived", [1144, "1144"])
def test_a_number_may_arrive_as_its_digits(arrived: object) -> None:
    """Digits lose nothing, so papermill's -r is as good as -p."""
    assert 1144 == check(application_id=arrived)["application_id"]


@pytest.mark.parametrize(
    "arrived",
    [
        True,
        False,
        1144.0,
        1.5,
        float("nan"),
        float("inf"),
        None,
        "1_000",
        "٣",
        "²",
        "1e3",
        "-1",
        "+1",
        " 5",
        "5\n",
        "0x10",
        [],
    ],
)
def test_a_number_is_whole_and_written_in_plain_digits(arrived: object) -> None:
    """A flag is no number, nor is a text that only Python would read as one."""
    assert "application_id must be a whole number" in refusal(application_id=arrived).what


@pytest.mark.parametrize("arrived", [-1, LARGEST_ID + 1, 10**30, "0", "9999999999"])
def test_a_number_outside_of_the_column_is_refused(arrived: object) -> None:
    """PostgreSQL's integer ends at 2147483647, and no key is 0 or less."""
    assert "application_id must be from 1 to 2147483647" in refusal(application_id=arrived).what


@pytest.mark.parametrize("arrived", [1, LARGEST_ID])
def test_the_ends_of_the_range_belong_to_it(arrived: int) -> None:
    """1 and 2147483647 are keys."""
    assert arrived == check(application_id=arrived)["application_id"]
