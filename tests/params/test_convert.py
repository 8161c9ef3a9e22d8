"""Text parameters, choices, unknown names and secrets: literal values and refusals."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib import params
from runbook_lib.config.secrets import SecretReference
from runbook_lib.errors import ParamError
from runbook_lib.params import Field, param
from tests.params.test_check import FIELDS, check, from_text, refusal


def test_text_too_long_for_its_column_is_refused() -> None:
    """300 characters do not fit, and the message does not repeat them."""
    error = refusal(username="n" * 300)

    assert ("username has 300 characters; the column holds 256",) == error.problems


@pytest.mark.parametrize(("name", "longest"), [("username", 256), ("version_name", 30)])
def test_text_of_the_maximum_length_fits(name: str, longest: int) -> None:
    """The limit itself is allowed, one more character is not."""
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
        ("joe\udc80test", "U+DC80"),  # a byte outside of UTF-8, as Python reads it from a command line
    ],
)
def test_invisible_characters_are_refused_by_number(odd: str, code: str) -> None:
    """The error names an unprintable character by its number, so it does not reach the terminal."""
    message = str(refusal(username=odd))

    assert code in message
    assert odd not in message


@pytest.mark.parametrize("blank", [" joetest", "joetest ", "\tjoetest", "joetest\n", "\u00a0joetest", " "])
def test_blank_at_an_end_is_refused(blank: str) -> None:
    """A blank from copy and paste would become part of the search."""
    assert "begins or ends with a blank" in refusal(username=blank).what


@pytest.mark.parametrize(
    "odd", ['O\'Brien; DROP TABLE "group"; --', "$(reboot)", "`id`", "zoë", "名前", "..", "%s", "{}"]
)
def test_special_characters_are_ordinary_text(odd: str) -> None:
    """Quotes, shell and format characters and other scripts are taken literally."""
    assert odd == check(username=odd)["username"]


def test_other_word_for_a_choice_is_refused() -> None:
    """A similar word gets the probable one as a suggestion."""
    assert "troposphere" == check(site="troposphere")["site"]
    assert "did you mean troposphere?" in refusal(site="troposhere").what
    assert "site must be both or atmosphere or troposphere, not 'everywhere'" in refusal(site="everywhere").what


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("user_name", "there is no parameter user_name: did you mean username?"),
        ("pasword", "did you mean password?"),
        ("zzz", "there are username, application_id, version_name, superuser, site, password"),
        ("x=1;import os;y", "there is no parameter a name that is not a word"),
        ("n" * 61, "there is no parameter a name that is not a word"),
    ],
)
def test_unknown_name_is_refused(name: str, message: str) -> None:
    """A misspelled name is an error that suggests the right one; a name with code in it is not repeated."""
    problem = "; ".join(refusal(**{name: "x"}).problems)

    assert message in problem
    assert "import os" not in problem


def test_any_name_is_refused_without_parameters() -> None:
    """A procedure without parameters has no list of them to offer."""
    with pytest.raises(ParamError) as caught:
        params.check((), {"site": "both"}, procedure="list_staff")

    assert ("there is no parameter site: there are none",) == caught.value.problems


def test_all_problems_are_reported_at_once() -> None:
    """One correction is enough: no second problem hides behind the first."""
    error = refusal(user="x", username=5, application_id="many", site="here", superuser="nope", password="in clear")

    names = [problem.split()[0] for problem in error.problems]
    assert ["there", "username", "application_id", "superuser", "site", "password"] == names
    assert not error.changed
    assert 2 == error.exit_code


@pytest.mark.parametrize("reference", ["env:NEW_PASSWORD", "file:/run/secrets/new password", "prompt"])
def test_secret_is_given_by_reference(reference: str) -> None:
    """Each form of a reference is kept unresolved."""
    assert SecretReference(reference) == check(password=reference)["password"]


@pytest.mark.parametrize(
    "arrived", [5, 3.5, True, None, ["env:X"], "env:", "env:9X", "file:relative", "prompt ", "Env:X"]
)
def test_literal_is_refused_as_a_secret(arrived: object) -> None:
    """Text that is not a reference might be the secret itself: it is not shown."""
    error = refusal(password=arrived)

    assert "password must be a reference to a secret" in error.what
    assert "not shown here" in error.what


# Letters that occur in no message of ours, so that a part of a literal can't be there by chance.
LITERALS = st.text(st.sampled_from("ЖЩЫЯ佛☃Ω"), min_size=4, max_size=60)


@given(LITERALS)
def test_cleartext_secret_is_never_repeated(literal: str) -> None:
    """Neither the error, nor its JSON, nor its causes contain a literal that was given for a secret."""
    for attempt in (check, from_text):
        with pytest.raises(ParamError) as caught:
            attempt(password=literal)
        texts = f"{caught.value} {caught.value.as_json()}"
        cause: BaseException | None = caught.value
        while cause is not None:
            texts += repr(cause)
            cause = cause.__cause__ or cause.__context__
        assert literal not in texts


@given(LITERALS)
def test_secret_under_a_misspelled_name_is_never_repeated(literal: str) -> None:
    """The value of a parameter that does not exist might be a secret too."""
    assert literal not in str(refusal(pasword=literal))


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2)))
def test_value_has_its_type_or_is_refused(value: object) -> None:
    """The result has the declared type, or the error is ours, for every value."""
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
    """A text parameter is refused, missing, or exactly as typed."""
    try:
        result = from_text(username=text)["username"]
    except ParamError:
        return
    assert text == result


def test_empty_text_on_the_command_line_counts_as_omitted() -> None:
    """``-p site=`` is the default."""
    assert "both" == from_text(site="")["site"]


def test_empty_value_of_a_field_is_the_default_of_its_cell() -> None:
    """An empty text, or 0 for a number, means 'not given' in the parameters cell."""
    empties: dict[str, object] = {field.name: field.empty for field in FIELDS if isinstance(field, Field)}

    assert {**dict.fromkeys(empties, ""), "application_id": 0} == empties


@dataclass(frozen=True, kw_only=True)
class Forms:
    """A text of each form."""

    uuid: str = param("The UUID.", default="", form="uuid")
    message: str = param("The message.", default="", form="paragraphs")


FORMS = params.fields(Forms)
UUID = "118aff3c-434b-5acf-bea2-1b7fc3e2dc24"


@pytest.mark.parametrize("form", [UUID, UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f" {UUID} "])
def test_any_form_of_a_uuid_becomes_one(form: str) -> None:
    """The database has lower case and dashes."""
    assert UUID == params.check(FORMS, {"uuid": form}, procedure="sample")["uuid"]


def test_other_text_of_a_uuid_parameter_stays() -> None:
    """The guide's example has only 16 digits."""
    assert "1111-222-3344-4567" == params.check(FORMS, {"uuid": "1111-222-3344-4567"}, procedure="sample")["uuid"]


@pytest.mark.parametrize("raw", ["a\n\nb", "a\r\n\r\nb", "a\n\nb\n"])
def test_text_can_have_paragraphs(raw: str) -> None:
    """Line breaks have one form, and the last one is left out."""
    assert "a\n\nb" == params.check(FORMS, {"message": raw}, procedure="sample")["message"]


def test_paragraphs_have_no_other_control_characters() -> None:
    """An escape sequence can't be read on a page."""
    with pytest.raises(ParamError, match=r"message holds the character U\+001B"):
        params.check(FORMS, {"message": "a\n\x1b[1m"}, procedure="sample")
