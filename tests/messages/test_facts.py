"""What a text says about who, which instance, where and when."""

from __future__ import annotations

import pytest

from runbook_lib.messages.cleaning import fold
from runbook_lib.messages.facts import SAFE, Facts, facts, safe

INSTANCE = "2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01"
IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"


def read(text: str) -> Facts:
    """Return the facts of a text."""
    return facts(text, fold(text))


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
        ("Cloud Provider: Jetstream - TACC.", "provider", "Jetstream - TACC"),
    ],
)
def test_a_fact_is_found_by_its_label_or_its_form(text: str, field: str, value: str) -> None:
    """As it is written in the text, without the punctuation around it."""
    assert value == read(text).found[field]


def test_the_surest_place_counts() -> None:
    """A label before a form, wherever the two stand."""
    assert "maria" == read("kwargs={'username': 'joetest'}\nUsername: maria").found["username"]


def test_an_address_that_can_not_be_an_instances_is_passed_over() -> None:
    """The next one is taken."""
    assert "192.0.2.17" == read("ip=127.0.0.1 ip=999.1.1.1 ip=192.0.2.17").found["ip_address"]


def test_an_id_without_a_label_is_unsure_and_of_two_none_is_taken() -> None:
    """In a table of Nova the row ``id`` is a label."""
    assert ({"instance_id"}, INSTANCE) == (read(INSTANCE).unsure, read(INSTANCE).found["instance_id"])
    assert "instance_id" not in read(f"{INSTANCE} {IMAGE}").found
    assert set() == read(f"| flavor | m1 |\n| id | {INSTANCE} |").unsure


def test_the_first_and_the_last_time_are_kept_as_written() -> None:
    """With the zone only where the text says it; one time is one."""
    assert ("2020-11-25 18:02:03,123", "2020-11-25T19:00Z") == read(
        "2020-11-25 18:02:03,123 a\n2020-11-25 18:30 b\n2020-11-25T19:00Z c"
    ).moments
    assert ("2020-11-25 18:02",) == read("2020-11-25 18:02").moments


@pytest.mark.parametrize("field", SAFE)
@pytest.mark.parametrize("value", ["-rf", "x;reboot", "`id`", "a b", "$HOME", "", "x\n"])
def test_what_a_shell_would_read_otherwise_is_not_safe(field: str, value: str) -> None:
    """Neither is a value of a field that stands in no command."""
    assert not safe(field, value)


def test_what_has_the_form_of_its_field_is_safe() -> None:
    """A user name may have an at sign, an id is in hexadecimal."""
    assert safe("username", "joe.test+1@example.org")
    assert safe("instance_id", INSTANCE)
    assert not safe("provider", "4")
    assert not safe("request_id", INSTANCE)
