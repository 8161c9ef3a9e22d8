"""Parameters: accepted values, the type in which each arrives, and the refusals."""

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
    """Return the error that refuses these values."""
    with pytest.raises(ParamError) as caught:
        check(**given_)
    return caught.value


def test_omitted_parameter_takes_its_default() -> None:
    """Only the required parameter must be given."""
    assert {"username": "joetest", **DEFAULTS} == check()


@pytest.mark.parametrize("empty", [{"username": ""}, {}])
def test_empty_required_parameter_is_missing(empty: dict[str, str]) -> None:
    """The empty default of a notebook's cell counts as not given, and the message describes the parameter."""
    with pytest.raises(ParamError) as caught:
        params.check(FIELDS, empty, procedure="sample")

    assert ("username is missing: The user's name.",) == caught.value.problems
    assert "runbook show sample" in caught.value.next_step


@pytest.mark.parametrize(
    ("name", "arrived", "message"),
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
def test_guessed_type_is_refused_with_the_received_value(name: str, arrived: object, message: str) -> None:
    """Text that papermill converted is refused, never converted back."""
    problem = "; ".join(refusal(**{name: arrived}).problems)

    assert message in problem
    assert problem.startswith(f"{name} ")


@pytest.mark.parametrize("arrived", [1.2, 42, True, None, float("nan")])
def test_refusal_of_a_guess_names_the_option_that_keeps_the_text(arrived: object) -> None:
    """The operator is given the option to use instead."""
    assert "papermill … -r version_name VALUE" in refusal(version_name=arrived).what


@pytest.mark.parametrize("kept", ["1.20", "0x10", "nan", "True", "0042", "None", "1e5", "0o17", "2026-01-15"])
def test_text_stays_as_it_was_typed(kept: str) -> None:
    """Text from papermill's -r or our own command line is taken literally."""
    assert kept == check(version_name=kept)["version_name"]
    assert kept == from_text(version_name=kept)["version_name"]


@pytest.mark.parametrize("arrived", ["true", "false", "null", "True", "no", 0, 1, 1.0, None, float("nan"), []])
def test_text_is_not_a_flag(arrived: object) -> None:
    """Papermill leaves 'false' a text, which is truthy, so it is refused."""
    assert "superuser must be True or False" in refusal(superuser=arrived).what


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("True", True), ("true", True), ("yes", True), ("TRUE", True), ("False", False), ("false", False), ("no", False)],
)
def test_flag_on_the_command_line_has_several_spellings(typed: str, meant: bool) -> None:  # noqa: FBT001 - the value under test
    """True, true and yes are the same; so are False, false and no."""
    assert meant is from_text(superuser=typed)["superuser"]


@pytest.mark.parametrize("typed", ["1", "0", "on", "ja", "None", " true", "tru\u0435"])
def test_other_words_on_the_command_line_are_not_flags(typed: str) -> None:
    """A word that resembles a flag is refused (the last one ends in a Cyrillic letter)."""
    with pytest.raises(ParamError, match="superuser must be True or False"):
        from_text(superuser=typed)


@pytest.mark.parametrize("arrived", [1144, "1144"])
def test_number_can_arrive_as_digits(arrived: object) -> None:
    """Digits lose nothing, so papermill's -r works like -p."""
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
def test_number_is_an_integer_in_plain_digits(arrived: object) -> None:
    """A flag is not a number, and neither is a text that only Python reads as one."""
    assert "application_id must be a whole number" in refusal(application_id=arrived).what


@pytest.mark.parametrize("arrived", [-1, LARGEST_ID + 1, 10**30, "0", "9999999999"])
def test_number_outside_of_the_column_is_refused(arrived: object) -> None:
    """PostgreSQL's integer ends at 2147483647, and no key is 0 or less."""
    assert "application_id must be from 1 to 2147483647" in refusal(application_id=arrived).what


@pytest.mark.parametrize("arrived", [1, LARGEST_ID])
def test_limits_of_the_range_are_accepted(arrived: int) -> None:
    """1 and 2147483647 are keys."""
    assert arrived == check(application_id=arrived)["application_id"]
