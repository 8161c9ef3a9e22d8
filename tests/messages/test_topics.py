"""Topics: which texts name one, and what a rule does without its topic."""

from __future__ import annotations

import pytest

from runbook_lib.messages import classify, rules, topics
from runbook_lib.messages.cleaning import fold
from tests.checks import check_each

DISK_FULL = "No space left on device"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("(pending) - ERROR - IOError(28, 'x')", {"imaging"}),
        ('File "service/tasks/machine.py", line 402', {"imaging"}),
        ("fatal: [192.0.2.17]: FAILED!", {"deploy"}),
        ("Task service.tasks.volume.attach_task[1] retry", {"volume"}),
        ("[EMULATE]User a", {"emulation"}),
        ("a pending maintenance", {"maintenance"}),
        ("No space left on device", set()),
    ],
)
def test_text_names_topic_by_its_own_words(text: str, named: set[str]) -> None:
    """A task, a file or a status names a topic; words that every program writes do not."""
    assert named == topics.find_named(fold(text))


def test_groups_consist_of_topics() -> None:
    """The groups for callers name existing topics, and an instance includes its deployment."""
    assert topics.IMAGING_REQUEST | topics.INSTANCE <= topics.every().keys()
    assert topics.DEPLOYMENT < topics.INSTANCE


def test_generic_rule_without_its_topic_is_a_sign_without_commands() -> None:
    """The meaning is conditional, and the next step is to find the program that wrote the text."""
    entry = classify(DISK_FULL)

    assert entry is not None
    assert ("imaging-disk-full", "sign", "none", ()) == (entry.id, entry.kind, entry.severity, entry.commands)
    assert entry.meaning.startswith("If this message is about an imaging request: The imaging host")
    assert entry.next_step.startswith("Find the program")


def test_caller_names_the_topic_of_a_generic_rule() -> None:
    """The same words about an imaging request are a cause with commands."""
    entry = classify(DISK_FULL, topics.IMAGING_REQUEST)

    assert entry is not None
    assert ("imaging-disk-full", "cause", "df -h") == (entry.id, entry.kind, entry.commands[0])


def test_rule_about_something_else_than_the_caller_is_a_sign() -> None:
    """A message of an imaging request is not a cause for an instance, with any text."""
    text = f"(pending) - ERROR - IOError(28, '{DISK_FULL}')"
    about_instance, about_request = classify(text, topics.INSTANCE), classify(text, topics.IMAGING_REQUEST)

    assert about_instance is not None
    assert about_request is not None
    assert ("sign", "cause") == (about_instance.kind, about_request.kind)
    assert () == about_instance.commands


def test_state_that_instances_and_requests_share_follows_the_caller() -> None:
    """'pending' is a state of both."""
    entries = [classify("pending", about) for about in (topics.INSTANCE, topics.IMAGING_REQUEST)]

    assert ["instance-state-pending", "imaging-status-pending"] == [entry.id for entry in entries if entry]


def test_topic_of_every_rule_exists() -> None:
    """A rule names only topics of the table; a generic one names at least one."""

    def check(rule: rules.MessageRule) -> None:
        assert set(rule.topics) <= topics.every().keys()
        assert rule.topics or not rule.is_generic

    check_each(rules.every(), check, label=lambda rule: rule.id)
