"""Secrets: only by reference, read late and once, and removed from every text."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.config.secrets import MIN_CHARACTERS, SecretReference, Vault, child_environment
from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "correct horse battery"


@pytest.mark.parametrize("source", ["env:NEW_PASSWORD", "env:_x9", "file:/run/secrets/a b", "file:/ü/@:x", "prompt"])
def test_reference_has_one_of_three_forms(source: str) -> None:
    """A variable, an absolute path, or the terminal."""
    assert source == SecretReference(source).source


@pytest.mark.parametrize(
    "source",
    [
        SECRET,
        "",
        "env:",
        "env:A B",
        "env:9A",
        "env:A\n",
        "ENV:A",
        "file:",
        "file:a",
        "file:~/a",
        "file:/a\nb",
        "prompt:",
        "Prompt",
        "prompt\n",
    ],
)
def test_other_text_is_refused_and_not_repeated(source: str) -> None:
    """Other text might be the secret itself, so the message does not contain it."""
    with pytest.raises(ValueError, match="one of the forms") as caught:
        SecretReference(source)
    assert SECRET not in str(caught.value)


def test_variable_is_read_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference alone reads nothing; the vault reads once and keeps the value."""
    reference, vault = SecretReference("env:NEW_PASSWORD"), Vault()
    monkeypatch.setenv("NEW_PASSWORD", SECRET)
    assert SECRET == vault.resolve(reference)

    monkeypatch.setenv("NEW_PASSWORD", "another password")
    assert SECRET == vault.resolve(reference)


@pytest.mark.parametrize("content", [SECRET, f"{SECRET}\n", f"{SECRET}\nsecond line\n", f"{SECRET}\r\n"])
def test_file_has_the_secret_in_its_first_line(tmp_path: Path, content: str) -> None:
    """The line break is not part of the secret."""
    path = tmp_path / "a secret"
    path.write_bytes(content.encode())

    assert SECRET == Vault().resolve(SecretReference(f"file:{path}"))


def test_unset_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next step sets it without showing it."""
    monkeypatch.delenv("NEW_PASSWORD", raising=False)

    with pytest.raises(Refused, match="NEW_PASSWORD is not set") as caught:
        Vault().resolve(SecretReference("env:NEW_PASSWORD"))
    assert "read -rs NEW_PASSWORD" in caught.value.next_step


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00secret"])
def test_file_without_a_readable_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """The error names a missing, empty or undecodable file and the kind of the error, without its content."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(Refused, match="no secret can be read from") as caught:
        Vault().resolve(SecretReference(f"file:{path}"))
    assert "xff" not in str(caught.value)


def test_folder_is_refused(tmp_path: Path) -> None:
    """Only a path to a file is valid."""
    with pytest.raises(Refused, match="no secret can be read from"):
        Vault().resolve(SecretReference(f"file:{tmp_path}"))


@pytest.mark.parametrize("value", ["", "s", "s" * (MIN_CHARACTERS - 1)])
def test_too_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Redacting a few letters would remove ordinary words; the message does not repeat them."""
    monkeypatch.setenv("NEW_PASSWORD", value)

    with pytest.raises(Refused, match="shorter than 8 characters"):
        Vault().resolve(SecretReference("env:NEW_PASSWORD"))


def test_prompt_without_a_terminal_is_refused() -> None:
    """The error names the other forms of a reference."""
    script = (
        "from runbook_lib.config.secrets import *\n"
        "try: Vault().resolve(SecretReference('prompt'))\n"
        "except Refused as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )

    assert "prompt needs a terminal" in done.stdout
    assert "env:NAME or file:/path" in done.stdout


def test_prompt_asks_once_and_echoes_nothing() -> None:
    """The terminal asks at the first use only, and does not show the typed secret."""
    script = (
        "from runbook_lib.config.secrets import *; vault = Vault(); one = SecretReference('prompt')\n"
        "assert vault.resolve(one) == vault.resolve(one); print(len(vault.resolve(one)), 'characters')"
    )
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=inside, stdout=inside, stderr=inside, start_new_session=True
    ) as process:
        os.close(inside)
        shown = b""
        while b"secret (not shown): " not in shown:
            shown += os.read(terminal, 1000)
        os.write(terminal, f"{SECRET}\n".encode())
        while b"characters" not in shown:
            shown += os.read(terminal, 1000)
        assert 0 == process.wait(10)
    os.close(terminal)

    assert f"{len(SECRET)} characters".encode() in shown
    assert SECRET.encode() not in shown
    assert 1 == shown.count(b"secret (not shown)")


def test_resolved_secret_is_removed_from_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reference replaces it; a secret that was never resolved is unknown and stays."""
    vault = Vault()
    text = f"password={SECRET}, twice: {SECRET}"
    assert text == vault.redact(text)

    monkeypatch.setenv("NEW_PASSWORD", SECRET)
    vault.resolve(SecretReference("env:NEW_PASSWORD"))
    assert "password=(env:NEW_PASSWORD), twice: (env:NEW_PASSWORD)" == vault.redact(text)


def test_secret_that_begins_with_another_is_removed_completely() -> None:
    """The longer one is removed first, so no end of it stays."""
    vault = Vault()
    vault.keep_out("short", SECRET)
    vault.keep_out("long", f"{SECRET}-and-more")

    assert "(long) (short)" == vault.redact(f"{SECRET}-and-more {SECRET}")


@given(st.lists(st.text("abc-", min_size=MIN_CHARACTERS, max_size=12), min_size=1, max_size=4), st.data())
def test_no_resolved_secret_survives_redaction(secrets: list[str], data: st.DataObject) -> None:
    """No secret stays in any surrounding text, even if one's name is part of another's."""
    vault = Vault()
    for number, secret in enumerate(secrets):
        vault.keep_out(f"#{number}", secret)
    text = " ".join(data.draw(st.lists(st.sampled_from([*secrets, "WORD"]), max_size=6)))

    assert not any(secret in vault.redact(text) for secret in secrets)


def test_vault_does_not_show_its_secrets() -> None:
    """The vault's own text form contains no secret."""
    vault = Vault()
    vault.keep_out("env:X", SECRET)

    assert SECRET not in repr(vault)


def test_empty_secret_redacts_nothing() -> None:
    """A database without a password does not redact the empty text everywhere."""
    vault = Vault()
    vault.keep_out("database", "")

    assert "text" == vault.redact("text")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/dev/zero", "it is not a regular file"),
        ("pipe", "it is not a regular file"),
        ("folder", "it is not a regular file"),
        ("large", "it is larger than 4096 bytes"),
        ("missing", "No such file or directory"),
        ("empty", "it is empty"),
    ],
)
def test_only_a_small_regular_file_is_read(tmp_path: Path, path: str, reason: str) -> None:
    """A pipe would block, and a device might never end."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_text("x" * 4097)
    (tmp_path / "empty").touch()

    with pytest.raises(Refused, match="no secret can be read from") as caught:
        Vault().resolve(SecretReference(f"file:{tmp_path / path}"))
    assert reason == caught.value.why


def test_child_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, the variables of references, and PostgreSQL's password stay in this process."""
    secret = {"RUNBOOK_API_TOKEN", "RUNBOOK_ATMOSPHERE_DB", "PGPASSWORD", "NEW_ADMIN_PASSWORD"}
    for name in (*secret, "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, SECRET)
    SecretReference("env:NEW_ADMIN_PASSWORD")

    environment = child_environment()

    assert set() == secret & environment.keys()
    assert SECRET == environment["SSH_AUTH_SOCK"]
    assert os.environ["PATH"] == environment["PATH"]
