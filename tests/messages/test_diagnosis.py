"""The diagnosis: what comes first, where it stands, what was filled in, and what is never repeated."""

from __future__ import annotations

import pytest

from runbook_lib.messages import classify, diagnose

IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"
INSTANCE = "2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01"


def ids(text: str) -> list[str]:
    """Return the ids of the entries, best first."""
    return [entry.id for entry in diagnose(text).entries]


@pytest.mark.parametrize("state", ["pending", "imaging", "validating", f"processing - {IMAGE}"])
def test_the_text_decides_and_not_the_state_in_parentheses(state: str) -> None:
    """Whatever state an imaging error names, the exception behind it comes first and the state second."""
    found = ids(
        f"({state}) - ERROR - IOError('No space left on device',) Exception:'Traceback (most recent call last):'"
    )

    assert ["imaging-disk-full", f"imaging-error-{state.split(maxsplit=1)[0]}", "traceback"] == found


def test_a_status_with_a_text_is_better_than_either_alone() -> None:
    """A message that is known for one state beats the same message without it, and the state without it."""
    found = ids("(validating) - ERROR - AttributeError(\"'NoneType' object has no attribute 'id'\",)")

    assert ["imaging-none-id-validating", "imaging-none-id", "imaging-error-validating"] == found


def test_a_cause_beats_a_longer_sign() -> None:
    """The kind counts before the length: a traceback's first line is longer than many a cause."""
    assert ["imaging-file-missing", "traceback"] == ids("Traceback (most recent call last):\n  x\nImage file not found")


@pytest.mark.parametrize(
    "text",
    ["deploy_error", " 'deploy_error'\n", "Status: deploy_error", "(deploy_error)", "Status Message: Deploy_Error"],
)
def test_a_status_alone_is_recognized_as_people_write_it(text: str) -> None:
    """A label, quotes, parentheses and upper case around a status do not count."""
    assert ["instance-state-deploy-error"] == ids(text)


def test_a_status_word_inside_a_log_is_no_status() -> None:
    """'error', 'active' and 'pending' stand in every log; they are a status only where nothing else is said."""
    assert [] == ids("2020-11-25 18:02:03,123 the active user had no error, one mail is pending")


def test_a_wrapped_message_is_found() -> None:
    """A mail that has wrapped the lines, indented them and made the quotes round changes nothing."""
    assert ["imaging-none-id"] == ids(
        "AttributeError: \u2018NoneType\u2019 object\n   has no\tattribute \u2018id\u2019"
    )


def test_the_line_is_the_one_of_the_given_text() -> None:
    """Lines are counted as an editor counts them, whatever line ends and escapes the text has."""
    found = diagnose("\x1b[31mfirst\x1b[0m\r\nsecond\x0b\r\nceleryd is stopped\r\n").entries[0]

    assert ("celery-stopped", 3, "celeryd is stopped") == (found.id, found.line, found.matched)


def test_what_the_message_names_goes_into_the_commands() -> None:
    """An id in the message stands in the commands, ready to copy; what is not known stands in capitals."""
    commands = diagnose(f"Server {INSTANCE} does not exist").entries[0].commands

    assert f"nova show {INSTANCE}" == commands[0]
    assert "runbook plan close_imaging_request -p request_id=REQUEST_ID -p decision=closed" == commands[1]


@pytest.mark.parametrize("value", ["x;reboot", "-rf", "`id`", "a|b", "2f4d9a52&"])
def test_a_value_that_could_do_harm_in_a_shell_is_not_put_into_a_command(value: str) -> None:
    """Only what has the form of an id or a name is offered for copying."""
    found = diagnose(f"Server {value} does not exist").entries[0]

    assert ("imaging-server-gone", "nova show INSTANCE_ID") == (found.id, found.commands[0])


def test_secrets_and_escapes_are_never_repeated() -> None:
    """Neither the entries nor the message hold a token, a password, a terminal escape or an invisible character."""
    token, password = "0123456789abcdef0123456789abcdef01234567", "open sesame 42"
    text = (
        f"[EMULATE]User staffmember (Token: {token}) has emulated User joetest (Token:EMULATED-{token})\n"
        f"celery flower --basic_auth=admin:{token}\npassword='{password}'\n"
        "\x1b]0;title\x07\x1b[2Jceleryd is stopped\u202e"
    )
    said = str(diagnose(text).as_json())

    assert [] == [part for part in (token, password, "\x1b", "\x07", "\u202e") if part in said]
    assert "emulation-log" in said


def test_the_json_has_the_keys_of_the_contract() -> None:
    """Programs rely on three keys, and on four of each entry; an unknown text has no entry."""
    known, unknown = diagnose("celeryd is stopped").as_json(), diagnose("all is well").as_json()

    assert ["entries", "escalation", "missing"] == list(known)
    assert {"id", "page", "meaning", "next_step"} <= known["entries"][0].keys()
    assert [] == unknown["entries"]


@pytest.mark.parametrize("text", [None, "", " \n", "all is well"])
def test_nothing_known_is_no_entry(text: str | None) -> None:
    """A procedure gets None for a text that is missing, empty or not known."""
    assert None is classify(text)


def test_classify_returns_the_best_entry() -> None:
    """A procedure gets the first of the entries that the command shows."""
    text = "(pending) - ERROR - Exception('Error: All /dev/nbd* devices are in use',)"

    assert diagnose(text).entries[0] == classify(text)
