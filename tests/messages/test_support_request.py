"""The message for support: the guide's two minimum lists with the facts of a text; missing lines are marked."""

from __future__ import annotations

import pytest

from runbook_lib.messages import diagnose

INSTANCE = "2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01"
IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"
# The output of Nova's own client.
NOVA_SHOW = f"""\
+--------------------------------------+--------------------------------------------------------------+
| Property                             | Value                                                        |
+--------------------------------------+--------------------------------------------------------------+
| accessIPv4                           | 192.0.2.17                                                   |
| fault                                | {{"message": "No valid host was found. ", "code": 500}}        |
| flavor                               | m1.large (4)                                                 |
| id                                   | {INSTANCE}                         |
| image                                | Ubuntu 18.04 ({IMAGE})          |
| status                               | ERROR                                                        |
+--------------------------------------+--------------------------------------------------------------+
"""


def lines(text: str) -> dict[str, str]:
    """Return the lines ``Label: value`` of the message for a text."""
    output = diagnose(text).message.text.splitlines()
    return {label: value for label, colon, value in (line.partition(": ") for line in output) if colon}


def test_message_about_instance_has_all_lines_of_the_guide() -> None:
    """The message has every line of the minimum list for an instance, in order; a missing value has a hint."""
    message = diagnose("deploy_error").message
    labels = [line.split(":")[0] for line in message.text.splitlines()[:8]]

    assert [
        "Username",
        "Instance ID",
        "IP Address",
        "Cloud Provider",
        "Image/Application selected",
        "Size selected",
        "Fault message from nova",
        "Additional notes from triage",
    ] == labels
    assert ("username", "instance_id", "ip_address", "provider", "image", "size", "fault", "notes") == message.missing
    assert 8 == message.text.count("(MISSING: ")


def test_message_about_imaging_request_has_all_lines_of_the_guide() -> None:
    """The message has every line of the minimum list for an imaging request, and asks to keep the instance."""
    message = diagnose("(ERROR)").message
    labels = [line.split(":")[0] for line in message.text.splitlines()[:5]]

    assert ["Username", "Instance ID", "Instance IP", "Traceback", "Additional notes from triage"] == labels
    assert ("username", "instance_id", "ip_address", "traceback", "notes") == message.missing
    assert "NOT to delete the instance" in message.text


def test_output_of_nova_show_fills_the_list() -> None:
    """The table of 'nova show' provides id, address, size, image and fault; the operator adds the notes."""
    values = lines(f"{NOVA_SHOW}\nUsername: joetest\nCloud Provider: Jetstream - TACC\n")

    assert "joetest" == values["Username"]
    assert INSTANCE == values["Instance ID"]
    assert "192.0.2.17" == values["IP Address"]
    assert "Jetstream - TACC" == values["Cloud Provider"]
    assert f"Ubuntu 18.04 ({IMAGE})" == values["Image/Application selected"]
    assert "m1.large (4)" == values["Size selected"]
    assert "No valid host was found" in values["Fault message from nova"]
    assert ("notes",) == diagnose(f"{NOVA_SHOW}\nUsername: joetest\nCloud Provider: Jetstream - TACC\n").message.missing


@pytest.mark.parametrize(
    ("text", "label", "value"),
    [
        (f"{INSTANCE}|192.0.2.17|joetest playbook a.yml result 2", "Username", "joetest"),
        (f"{INSTANCE}|192.0.2.17|joetest playbook a.yml result 2", "IP Address", "192.0.2.17"),
        (f"{INSTANCE}|192.0.2.17|joetest playbook a.yml result 2", "Instance ID", INSTANCE),
        (f"logs/atmosphere_deploy.d/joetest/{INSTANCE}/2020-11-25_180203/a.log", "Username", "joetest"),
        (f"2020-11-25 18:02:03,joetest,{INSTANCE},{IMAGE},3,deploying", "Instance ID", INSTANCE),
        (f"2020-11-25 18:02:03,joetest,{INSTANCE},{IMAGE},3,deploying", "Image/Application selected", IMAGE),
        ("kwargs={'username': u'joetest'}", "Username", "joetest"),
        ("(joetest) Preemptive Deploy Failure", "Username", "joetest"),
        ("Instance ID: 1111-222-3344-4567", "Instance ID", "1111-222-3344-4567"),
        (f"argo list -l instance_uuid={INSTANCE}", "Instance ID", INSTANCE),
        ("launched as m1.medium", "Size selected", "m1.medium"),
        ("name: ansible-deploy-x7k2p Failed", "Argo workflow", "ansible-deploy-x7k2p"),
        ("2020-11-25 18:02:03,123 celeryd is stopped", "Time", "2020-11-25 18:02:03,123 (as in the text;"),
        (
            f"(validating) - ERROR - x\nhttps://cloud.example.org/machine_requests/17 {INSTANCE}",
            "Imaging request",
            "17",
        ),
        (f"[service.tasks.driver.deploy({IMAGE})] playbook a.yml result 4", "Celery task", IMAGE),
    ],
)
def test_fact_in_the_text_fills_its_line(text: str, label: str, value: str) -> None:
    """Facts are found in every format that logs, commands and pages use."""
    assert value == lines(text)[label][: len(value)]


def test_single_id_without_label_is_marked() -> None:
    """The only id in a text is filled in, with a remark that the operator must check it."""
    assert (
        f"{INSTANCE} (the only id in the text: check that it is the instance)"
        == lines(f"see {INSTANCE}")["Instance ID"]
    )


def test_two_ids_without_label_are_ignored() -> None:
    """With two ids the line stays missing; nothing is guessed."""
    assert lines(f"see {INSTANCE} and {IMAGE}")["Instance ID"].startswith("(MISSING: ")


@pytest.mark.parametrize("address", ["127.0.0.1", "999.1.2.3", "0.0.0.0"])
def test_impossible_instance_address_is_ignored(address: str) -> None:
    """With a loopback address, or an invalid address, the line stays missing."""
    assert lines(f"IP Address: {address}")["IP Address"].startswith("(MISSING: ")


def test_traceback_is_complete_with_its_exception() -> None:
    """The message contains the lines from 'Traceback' to the exception, and no other lines."""
    traceback = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x\nKeyError: 1\n'
    output = diagnose(f"FIRST\n{traceback}LAST\n(validating) - ERROR").message.text

    assert f"Traceback: {traceback}" in output
    assert "FIRST" not in output
    assert "LAST" not in output


def test_pasted_message_gets_no_second_label() -> None:
    """An earlier message for support keeps one label per line if triage reads it again."""
    error = "(validating) ERROR - KeyError(1,) Exception:'Traceback (most recent call last):'"

    assert error == lines(f"Username: joetest\nTraceback : {error}")["Traceback"]


def test_unknown_text_goes_into_the_message() -> None:
    """The message contains the text if no rule matches it."""
    assert "the flux is out of range" == lines("the flux is out of range")["Message"]


def test_huge_text_is_truncated_with_a_remark() -> None:
    """The message stays short enough to send."""
    output = diagnose("x" * 100_000).message.text

    assert len(output) < 10_000
    assert "(truncated)" in output
