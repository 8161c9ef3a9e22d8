"""The message for support: the guide's two minimum lists, filled in from the text, with its gaps marked."""

from __future__ import annotations

import pytest

from runbook_lib.messages import diagnose

INSTANCE = "2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01"
IMAGE = "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"
# As Nova's own client prints it.
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
    said = diagnose(text).message.text.splitlines()
    return {label: value for label, colon, value in (line.partition(": ") for line in said) if colon}


def test_an_instance_has_all_lines_of_the_guides_list() -> None:
    """Every line of the minimum list for an instance is there, in order; what is missing says where to find it."""
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


def test_an_imaging_request_has_all_lines_of_the_guides_list() -> None:
    """Every line of the minimum list for an imaging request is there, and that the user is to keep the instance."""
    message = diagnose("(ERROR)").message
    labels = [line.split(":")[0] for line in message.text.splitlines()[:5]]

    assert ["Username", "Instance ID", "Instance IP", "Traceback", "Additional notes from triage"] == labels
    assert ("username", "instance_id", "ip_address", "traceback", "notes") == message.missing
    assert "NOT to delete the instance" in message.text


def test_what_nova_shows_fills_the_list() -> None:
    """The table of 'nova show' gives id, address, size, image and fault; the notes stay with the operator."""
    said = lines(f"{NOVA_SHOW}\nUsername: joetest\nCloud Provider: Jetstream - TACC\n")

    assert "joetest" == said["Username"]
    assert INSTANCE == said["Instance ID"]
    assert "192.0.2.17" == said["IP Address"]
    assert "Jetstream - TACC" == said["Cloud Provider"]
    assert f"Ubuntu 18.04 ({IMAGE})" == said["Image/Application selected"]
    assert "m1.large (4)" == said["Size selected"]
    assert "No valid host was found" in said["Fault message from nova"]
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
def test_a_fact_in_the_text_fills_its_line(text: str, label: str, value: str) -> None:
    """Each form in which logs, commands and pages name a fact is understood."""
    assert value == lines(text)[label][: len(value)]


def test_the_only_id_without_a_label_is_marked() -> None:
    """An id that nothing calls an instance's is filled in, and said to be checked."""
    assert (
        f"{INSTANCE} (the only id in the text: check that it is the instance)"
        == lines(f"see {INSTANCE}")["Instance ID"]
    )


def test_of_two_ids_without_a_label_none_is_taken() -> None:
    """Nothing is guessed."""
    assert lines(f"see {INSTANCE} and {IMAGE}")["Instance ID"].startswith("(MISSING: ")


@pytest.mark.parametrize("address", ["127.0.0.1", "999.1.2.3", "0.0.0.0"])
def test_an_address_that_can_be_no_instances_is_not_taken(address: str) -> None:
    """A loopback address, or four numbers that are no address, leave the line missing."""
    assert lines(f"IP Address: {address}")["IP Address"].startswith("(MISSING: ")


def test_a_traceback_is_kept_whole_with_its_exception() -> None:
    """The lines from 'Traceback' to the exception go into the message, and nothing around them."""
    traceback = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x\nKeyError: 1\n'
    said = diagnose(f"FIRST\n{traceback}LAST\n(validating) - ERROR").message.text

    assert f"Traceback: {traceback}" in said
    assert "FIRST" not in said
    assert "LAST" not in said


def test_a_message_that_was_pasted_is_not_labelled_twice() -> None:
    """An earlier message for support, given to triage again, keeps one label a line."""
    error = "(validating) ERROR - KeyError(1,) Exception:'Traceback (most recent call last):'"

    assert error == lines(f"Username: joetest\nTraceback : {error}")["Traceback"]


def test_a_text_that_nobody_knows_goes_into_the_message() -> None:
    """Whoever reads the message must see what the operator saw."""
    assert "the flux is out of range" == lines("the flux is out of range")["Message"]


def test_a_huge_text_is_cut_and_said_to_be() -> None:
    """A message stays one that can be sent."""
    said = diagnose("x" * 100_000).message.text

    assert len(said) < 10_000
    assert "(cut: the whole text is longer)" in said
