"""Parameters: what may come in, in which type it arrives, and what is refused with which words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib import params
from runbook_lib.errors import ParamError
from runbook_lib.params import LARGEST_ID, Field, param
from runbook_lib.secrets import SecretReference


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


def test_a_declaration_is_read_in_order_with_its_kinds() -> None:
    """The fields of a declaration are the parameters, each with the kind that its type means."""
    kinds = {field.name: (field.kind, field.required, field.type_name) for field in FIELDS}

    expected = {
        "username": ("text", True, "text"),
        "application_id": ("number", False, "whole number"),
        "version_name": ("text", False, "text"),
        "superuser": ("flag", False, "True or False"),
        "site": ("choice", False, "both or atmosphere or troposphere"),
        "password": ("secret", False, "secret reference"),
    }
    assert expected == kinds
    assert list(expected) == list(kinds)


def test_a_type_that_can_not_be_a_parameter_is_a_defect() -> None:
    """A procedure that declares a type that papermill can't carry fails at once."""

    @dataclass(frozen=True)
    class Wrong:
        amount: Decimal = param("An amount.")

    # The annotation is a text here, and its name is only known inside this function.
    Wrong.__annotations__["amount"] = Decimal
    with pytest.raises(TypeError, match="amount"):
        params.fields(Wrong)


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


def test_a_text_too_long_for_its_column_is_refused() -> None:
    """300 characters do not fit, and the message does not repeat them."""
    error = refusal(username="n" * 300)

    assert ("username has 300 characters; the column holds 256",) == error.problems


@pytest.mark.parametrize(("name", "longest"), [("username", 256), ("version_name", 30)])
def test_a_text_of_the_greatest_length_fits(name: str, longest: int) -> None:
    """The limit itself is allowed, one more is not."""
    assert "ä" * longest == check(**{name: "ä" * longest})[name]
    assert f"holds {longest}" in refusal(**{name: "ä" * (longest + 1)}).what


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ("joe\ntest", "U+000A"),
        ("joe\x00test", "U+0000"),
        ("joe\x1b[31mtest", "U+001B"),
        ("joe\ttest", "U+0009"),
        ("joe\u200btest", "U+200B"),  # zero width space
        ("joe\u202etset", "U+202E"),  # right-to-left override
        ("joe\u2066test", "U+2066"),  # left-to-right isolate
        ("joe\u2028test", "U+2028"),  # line separator
        ("joe\u00a0test", "U+00A0"),  # no-break space
        ("joe\udc80test", "U+DC80"),  # a byte that is no UTF-8, as Python reads a command line
    ],
)
def test_characters_that_nobody_sees_are_refused_by_number(odd: str, code: str) -> None:
    """A character that can't be printed is named by its number, and does not reach the terminal."""
    message = str(refusal(username=odd))

    assert code in message
    assert odd not in message


@pytest.mark.parametrize("blank", [" joetest", "joetest ", "\tjoetest", "joetest\n", "\u00a0joetest", " "])
def test_a_blank_at_an_end_is_refused(blank: str) -> None:
    """A blank that came with copy and paste would be looked for literally."""
    assert "begins or ends with a blank" in refusal(username=blank).what


@pytest.mark.parametrize(
    "odd", ['O\'Brien; DROP TABLE "group"; --', "$(reboot)", "`id`", "zoë", "名前", "..", "%s", "{}"]
)
def test_what_is_special_elsewhere_is_ordinary_text(odd: str) -> None:
    """Quotes, shell and format characters and other scripts are taken literally."""
    assert odd == check(username=odd)["username"]


def test_a_choice_is_one_of_its_words() -> None:
    """A near miss is answered with the word that was probably meant."""
    assert "troposphere" == check(site="troposphere")["site"]
    assert "did you mean troposphere?" in refusal(site="troposhere").what
    assert "site must be both or atmosphere or troposphere, not 'everywhere'" in refusal(site="everywhere").what


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("user_name", "there is no parameter user_name: did you mean username?"),
        ("pasword", "did you mean password?"),
        ("zzz", "there are username, application_id, version_name, superuser, site, password"),
        ("x=1;import os;y", "there is no parameter a name that is not a word"),
        ("n" * 61, "there is no parameter a name that is not a word"),
    ],
)
def test_a_name_that_does_not_exist_is_refused(name: str, words: str) -> None:
    """A misspelt name is an error, with the right one; a name with code in it is not repeated."""
    problem = "; ".join(refusal(**{name: "x"}).problems)

    assert words in problem
    assert "import os" not in problem


def test_everything_wrong_is_told_at_once() -> None:
    """One correction is enough: no second problem hides behind the first."""
    error = refusal(user="x", username=5, application_id="many", site="here", superuser="nope", password="in clear")

    told = [problem.split()[0] for problem in error.problems]
    assert ["there", "username", "application_id", "superuser", "site", "password"] == told
    assert not error.changed
    assert 2 == error.exit_code


@pytest.mark.parametrize("reference", ["env:NEW_PASSWORD", "file:/run/secrets/new password", "prompt"])
def test_a_secret_is_given_by_reference(reference: str) -> None:
    """Each form of a reference is kept as what it is, and not resolved yet."""
    assert SecretReference(reference) == check(password=reference)["password"]


@pytest.mark.parametrize(
    "arrived", [5, 3.5, True, None, ["env:X"], "env:", "env:9X", "file:relative", "prompt ", "Env:X"]
)
def test_what_is_no_reference_is_refused_as_a_secret(arrived: object) -> None:
    """Whatever stands where a reference belongs may be the secret itself: it is not shown."""
    error = refusal(password=arrived)

    assert "password must be a reference to a secret" in error.what
    assert "not shown here" in error.what


# Letters that occur in no message of ours, so that a part of a literal can't be there by chance.
LITERALS = st.text(st.sampled_from("ЖЩЫЯ佛☃Ω"), min_size=4, max_size=60)


@given(LITERALS)
def test_a_secret_in_clear_is_never_repeated(literal: str) -> None:
    """Neither the error, nor its JSON, nor its causes hold a literal that was given for a secret."""
    for attempt in (check, from_text):
        with pytest.raises(ParamError) as caught:
            attempt(password=literal)
        told = f"{caught.value} {caught.value.as_json()}"
        cause: BaseException | None = caught.value
        while cause is not None:
            told += repr(cause)
            cause = cause.__cause__ or cause.__context__
        assert literal not in told


@given(LITERALS)
def test_a_secret_under_a_misspelt_name_is_never_repeated(literal: str) -> None:
    """The value of a parameter that does not exist may be a secret too."""
    assert literal not in str(refusal(pasword=literal))


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2)))
def test_a_value_is_taken_in_its_type_or_refused_in_words(value: object) -> None:
    """Whatever arrives, the result has the declared type, or the error is ours."""
    types: dict[str, type] = {"username": str, "application_id": int, "superuser": bool, "site": str}
    for name, expected in types.items():
        try:
            result = check(**{name: value})[name]
        except ParamError as error:
            assert error.problems  # noqa: PT017 - either outcome is right
        else:
            assert expected is type(result)


@given(st.text(max_size=40))
def test_text_from_the_command_line_is_never_changed(text: str) -> None:
    """A text parameter is refused, missing, or exactly what was typed."""
    try:
        result = from_text(username=text)["username"]
    except ParamError:
        return
    assert text == result


def test_an_empty_text_on_the_command_line_is_not_given() -> None:
    """``-p site=`` is the default."""
    assert "both" == from_text(site="")["site"]


def test_the_empty_value_of_a_field_is_what_a_notebook_holds() -> None:
    """An empty text, or 0 for a number, stands for 'not given' in the parameters cell."""
    empties: dict[str, object] = {field.name: field.empty for field in FIELDS if isinstance(field, Field)}

    assert {**dict.fromkeys(empties, ""), "application_id": 0} == empties
