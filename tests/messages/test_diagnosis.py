"""The diagnosis: the order of the entries, their line, their commands, and the masking of secrets."""

from __future__ import annotations

import pytest

from runbook_lib.messages import classify, diagnose

IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"
INSTANCE = "2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01"


def ids(text: str) -> list[str]:
    """Return the ids of the entries, best first."""
    return [entry.id for entry in diagnose(text).entries]


@pytest.mark.parametrize("state", ["pending", "imaging", "validating", f"processing - {IMAGE}"])
def test_text_beats_state_in_parentheses(state: str) -> None:
    """The exception of an imaging error comes first and its state second, in every state."""
    rule_ids = ids(
        f"({state}) - ERROR - IOError('No space left on device',) Exception:'Traceback (most recent call last):'"
    )

    assert ["imaging-disk-full", f"imaging-error-{state.split(maxsplit=1)[0]}", "traceback"] == rule_ids


def test_status_with_text_beats_either_alone() -> None:
    """A rule for a message in one state beats the rule for the message alone and the rule for the state alone."""
    rule_ids = ids("(validating) - ERROR - AttributeError(\"'NoneType' object has no attribute 'id'\",)")

    assert ["imaging-none-id-validating", "imaging-none-id", "imaging-error-validating"] == rule_ids


def test_cause_beats_longer_sign() -> None:
    """The kind counts before the length: the first line of a traceback is longer than many causes."""
    text = "Traceback (most recent call last):\n  x\nMissing kwarg 'visibility'"

    assert ["imaging-visibility-missing", "traceback"] == ids(text)


@pytest.mark.parametrize(
    "text",
    ["deploy_error", " 'deploy_error'\n", "Status: deploy_error", "(deploy_error)", "Status Message: Deploy_Error"],
)
def test_status_alone_is_recognized_in_common_forms(text: str) -> None:
    """A label, quotes, parentheses and upper case around a status do not count."""
    assert ["instance-state-deploy-error"] == ids(text)


def test_status_word_inside_log_is_not_recognized() -> None:
    """'error', 'active' and 'pending' occur in every log; they are a status only as the complete text."""
    assert [] == ids("2020-11-25 18:02:03,123 the active user had no error, one mail is pending")


def test_wrapped_message_is_found() -> None:
    """Line breaks, indentation and typographic quotes of an email do not matter."""
    assert ["imaging-none-id"] == ids(
        "AttributeError: \u2018NoneType\u2019 object\n   has no\tattribute \u2018id\u2019"
    )


def test_line_number_is_that_of_the_given_text() -> None:
    """Lines are counted as an editor counts them, for every kind of line end and with escapes."""
    entry = diagnose("\x1b[31mfirst\x1b[0m\r\nsecond\x0b\r\nceleryd is stopped\r\n").entries[0]

    assert ("celery-stopped", 3, "celeryd is stopped") == (entry.id, entry.line, entry.matched)


def test_values_of_the_message_go_into_the_commands() -> None:
    """A command contains the id from the message; an unknown value is a name in capitals."""
    text = f"(validating) - ERROR - Instance: {INSTANCE}: Status: (build - x - ) Produced:Status not ready: True"
    commands = diagnose(text).entries[0].commands

    assert f"nova show {INSTANCE}" == commands[0]
    assert "runbook plan resubmit_imaging_request -p request_id=REQUEST_ID" == commands[1]


@pytest.mark.parametrize("value", ["x;reboot", "-rf", "`id`", "a|b", "2f4d9a52&"])
def test_unsafe_value_does_not_go_into_a_command(value: str) -> None:
    """Only values in the format of an id or a name go into commands."""
    entry = diagnose(f"Instance IP Missing? {value}").entries[0]

    assert ("instance-ip-missing", "nova show INSTANCE_ID") == (entry.id, entry.commands[0])


def test_secrets_and_escapes_are_removed() -> None:
    """The entries and the message contain no token, password, terminal escape or invisible character."""
    token, password = "0123456789abcdef0123456789abcdef01234567", "open sesame 42"
    text = (
        f"[EMULATE]User staffmember (Token: {token}) has emulated User joetest (Token:EMULATED-{token})\n"
        f"celery flower --basic_auth=admin:{token}\npassword='{password}'\n"
        "\x1b]0;title\x07\x1b[2Jceleryd is stopped\u202e"
    )
    output = str(diagnose(text).as_json())

    assert [] == [part for part in (token, password, "\x1b", "\x07", "\u202e") if part in output]
    assert "emulation-log" in output


def test_json_has_the_keys_of_the_contract() -> None:
    """The output has three keys and each entry at least four; an unknown text has no entry."""
    recognized, unknown = diagnose("celeryd is stopped").as_json(), diagnose("no problem").as_json()

    assert ["entries", "escalation", "missing"] == list(recognized)
    assert {"id", "page", "meaning", "next_step"} <= recognized["entries"][0].keys()
    assert [] == unknown["entries"]


@pytest.mark.parametrize("text", [None, "", " \n", "no problem"])
def test_unknown_text_has_no_entry(text: str | None) -> None:
    """`classify` returns None for a text that is missing, empty or unknown."""
    assert None is classify(text)


def test_classify_returns_the_best_entry() -> None:
    """`classify` returns the first of the entries that the command shows."""
    text = "(pending) - ERROR - Exception('Error: All /dev/nbd* devices are in use',)"

    assert diagnose(text).entries[0] == classify(text)
