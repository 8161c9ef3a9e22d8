"""The paste box in a browser gives the answers of ``runbook triage``, masks secrets, and asks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.messages import diagnose, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

PAGES = (
    "index.html",
    "reference/messages.html",
    "tools/failed-imaging-request.html",
    "tools/stuck-instance.html",
)
# Texts with facts, secrets, statuses, several lines, and marks of emails and terminals.
TEXTS = [
    "",
    "nothing known",
    "active - networking",
    "Status: 'deploy_error'",
    "(networking)",
    '> Traceback (most recent call last):\n>   File "x", line 1\n> ValueError: No valid host was found\n> the end',
    "2026-01-15 04:10:00,123 ERROR password='hunter2hunter2' token=abcdefgh12345678 No space left on device /storage/x",
    "Username: joetest\nInstance ID: 118aff3c-434b-5acf-bea2-1b7fc3e2dc24\nIP Address: 149.165.1.2\nSize: m1.small",
    "118aff3c-434b-5acf-bea2-1b7fc3e2dc24 No valid host was found&#39; &lt;x&gt; \x1b[31mred\x1b[0m \u201cquoted\u201d",
    "https://user:secret123@host/x?y Authorization: Token 0123456789abcdef0123456789abcdef01234567",
    'curl -u admin:topsecret1 x --extra-vars \'{"a": "b"}\' irods://u:p@h',
    "Produced:Status not ready\r\nzoë 🧬 No such file or directory: '/dev/nbd1'",
    '| id | 118aff3c-434b-5acf-bea2-1b7fc3e2dc24 |\n| flavor | m1.tiny |\n| fault | {"message": "No valid host"} |',
    "server-ip 127.0.0.1 ip 999.1.1.1 ip_address=10.0.0.1, request_id=16519.",
]


def _open(tab: Page, address: str, page: str = "index.html") -> None:
    tab.goto(f"{address}/{page}")
    tab.evaluate("runbook.loadTriage()")


def _messages() -> list[str]:
    own = [vector.message for vector in vectors.every()]
    return [*own, *(foreign.message for foreign in vectors.foreign()), *TEXTS]


def test_browser_and_library_agree(site: Path, tab: Page) -> None:
    """About every known message and every foreign one: the same object, from the entries to the missing lines."""
    _open(tab, site.as_uri())
    messages = _messages()
    results: list[Any] = tab.evaluate("messages => messages.map(text => runbook.diagnose(text))", messages)

    assert len(messages) > 250
    for message, result in zip(messages, results, strict=True):
        assert diagnose(message).as_json() == result, message[:200]


@pytest.mark.parametrize("page", PAGES)
def test_answers_are_shown_in_order(address: str, page: str, tab: Page) -> None:
    """With the page, the next step, and the message for support with its missing lines marked."""
    tab.goto(f"{address}/{page}")
    text = "Exception: No valid host was found for 118aff3c-434b-5acf-bea2-1b7fc3e2dc24"
    expected = diagnose(text)
    tab.fill("textarea[data-triage]", text)
    tab.wait_for_selector("[data-entry]")

    shown = tab.eval_on_selector_all("[data-entry]", "all => all.map(one => one.dataset.entry)")
    assert [entry.id for entry in expected.entries] == shown
    first = tab.locator("[data-entry]").first
    assert expected.entries[0].next_step in first.inner_text()
    assert f"{address}/{expected.entries[0].page}" == first.locator("a").last.evaluate("link => link.href")
    assert expected.message.text == tab.locator("[data-support]").evaluate("code => code.textContent").rstrip("\n")
    assert len(expected.message.missing) == tab.locator("[data-support] mark").count()


def test_unknown_text_leads_to_support(site: Path, tab: Page) -> None:
    """The answer is never empty; an empty box has none."""
    tab.goto(f"{site.as_uri()}/index.html")
    tab.fill("textarea[data-triage]", "a text that nobody knows")
    tab.wait_for_selector("[data-support]")
    assert tab.get_by_text("No known message.").is_visible()
    assert "a text that nobody knows" in tab.locator("[data-support]").inner_text()

    tab.fill("textarea[data-triage]", " ")
    tab.wait_for_selector("[data-support]", state="detached")
    assert 0 == tab.locator("[data-entry]").count()


def test_secrets_are_masked(site: Path, tab: Page) -> None:
    """In the answers and in what is copied."""
    tab.goto(f"{site.as_uri()}/index.html")
    tab.evaluate("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }")
    tab.fill("textarea[data-triage]", "No valid host was found password=hunter2hunter2")
    tab.wait_for_selector("[data-support]", state="attached")
    tab.click("summary:has-text('Message for support')")
    tab.click("button:has-text('Copy the message')")
    copied = tab.evaluate("window.copied")

    assert "hunter2" not in copied + tab.locator(".rb-answers").inner_text()
    assert "password=(masked)" in copied


def test_command_leads_to_its_form(site: Path, tab: Page) -> None:
    """With the values that the text has."""
    tab.goto(f"{site.as_uri()}/index.html")
    instance = "118aff3c-434b-5acf-bea2-1b7fc3e2dc24"
    tab.fill("textarea[data-triage]", f"Instance: {instance} IP:149.165.1.2 Hostname: x - Unreachable")
    tab.locator("[data-entry] a:has-text('Fill in the form')").first.click()

    assert instance == tab.input_value("form[data-procedure] [name=instance_id]")


def test_markup_in_text_stays_text(site: Path, tab: Page) -> None:
    """A pasted page does not become a part of this page."""
    tab.goto(f"{site.as_uri()}/index.html")
    tab.fill("textarea[data-triage]", "<img src=x onerror='window.bad = 1'> No valid host was found <b>x</b>")
    tab.wait_for_selector("[data-support]", state="attached")

    assert 0 == tab.locator(".rb-answers img, .rb-answers b").count()


def test_long_text_is_quick(site: Path, tab: Page) -> None:
    """A log of 200 kB is answered within two seconds."""
    _open(tab, site.as_uri())
    line = "2026-01-15 04:10:00,123 INFO service.tasks.driver instance aaaa 'x' (y) password is fine - 10.0.0.1\n"
    milliseconds = tab.evaluate(
        "text => { const before = performance.now(); runbook.diagnose(text); return performance.now() - before; }",
        line * 2000,
    )

    assert milliseconds < 2000
