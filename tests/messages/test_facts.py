"""The facts of a text: user, instance, provider and time."""

from __future__ import annotations

import pytest

from runbook_lib.messages.cleaning import fold
from runbook_lib.messages.facts import SAFE, Facts, extract, is_safe

INSTANCE = "2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01"
IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"


def read(text: str) -> Facts:
    """Return the facts of a text."""
    return extract(text, fold(text))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("User Name: JoeTest", "username", "JoeTest"),
        (f"{INSTANCE}|192.0.2.17|joetest playbook", "username", "joetest"),
        (f"{INSTANCE}|192.0.2.17|joetest playbook", "ip_address", "192.0.2.17"),
        ("fatal: [192.0.2.17]: UNREACHABLE!", "ip_address", "192.0.2.17"),
        ("filter(provider__id=4)", "provider_id", "4"),
        ('{"provider_id": 4}', "provider_id", "4"),
        ("replica provider 5", "provider_id", "5"),
        (f"(processing - {IMAGE})", "image_id", IMAGE),
        ("| flavor:original_name | m1.large |", "size", "m1.large"),
        ("https://cloud.example.org/machine_requests/17", "request_id", "17"),
        ("application_id=1144;", "application_id", "1144"),
        (f"Task deploy[{IMAGE}] failed", "task_id", IMAGE),
        ("ansible-deploy-x7k2p Failed", "workflow", "ansible-deploy-x7k2p"),
        ("| fault | {'message': 'No valid host'} |", "fault", "No valid host"),
        (f"Volume {IMAGE} is not ready", "volume_id", IMAGE),
        (f"instance {INSTANCE} and volume {IMAGE}", "instance_id", INSTANCE),
        (f"Instance IP Missing? {INSTANCE}", "instance_id", INSTANCE),
        ("Cloud Provider: Jetstream - TACC.", "provider", "Jetstream - TACC"),
    ],
)
def test_fact_is_found_by_label_or_format(text: str, field: str, value: str) -> None:
    """The value is as in the text, without the punctuation around it."""
    assert value == read(text).values[field]


def test_most_reliable_pattern_wins() -> None:
    """A label beats a format, in any order."""
    assert "maria" == read("kwargs={'username': 'joetest'}\nUsername: maria").values["username"]


def test_impossible_instance_address_is_skipped() -> None:
    """The next address is the instance's."""
    assert "192.0.2.17" == read("ip=127.0.0.1 ip=999.1.1.1 ip=192.0.2.17").values["ip_address"]


def test_single_id_without_label_is_marked_and_two_are_ignored() -> None:
    """The row ``id`` of a Nova table is a label."""
    assert ({"instance_id"}, INSTANCE) == (read(INSTANCE).unlabeled, read(INSTANCE).values["instance_id"])
    assert "instance_id" not in read(f"{INSTANCE} {IMAGE}").values
    assert set() == read(f"| flavor | m1 |\n| id | {INSTANCE} |").unlabeled


@pytest.mark.parametrize("label", ["Port ", "network_id=", "project: ", "image id: ", "tenant '", "security group "])
def test_id_that_the_text_names_otherwise_is_not_the_instance(label: str) -> None:
    """The only id in a text is not taken for the instance's if the text calls it a port, a network or the like."""
    assert "instance_id" not in read(f"{label}{INSTANCE} could not be found").values


def test_first_and_last_timestamp_are_kept_as_written() -> None:
    """A zone is added only if the text has one; a single timestamp is listed once."""
    assert ("2020-11-25 18:02:03,123", "2020-11-25T19:00Z") == read(
        "2020-11-25 18:02:03,123 a\n2020-11-25 18:30 b\n2020-11-25T19:00Z c"
    ).times
    assert ("2020-11-25 18:02",) == read("2020-11-25 18:02").times


@pytest.mark.parametrize("field", SAFE)
@pytest.mark.parametrize("value", ["-rf", "x;reboot", "`id`", "a b", "$HOME", "", "x\n"])
def test_value_with_shell_syntax_is_not_safe(field: str, value: str) -> None:
    """Options, shell operators, blanks and empty values are rejected for every field."""
    assert not is_safe(field, value)


def test_value_in_the_format_of_its_field_is_safe() -> None:
    """A username can contain an at sign; an id is hexadecimal; a field of no command is never safe."""
    assert is_safe("username", "joe.test+1@example.org")
    assert is_safe("instance_id", INSTANCE)
    assert not is_safe("provider", "4")
    assert not is_safe("request_id", INSTANCE)
