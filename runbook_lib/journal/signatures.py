"""Signatures of records by OpenSSH keys: who wrote a record, proved against everybody without that person's key.

Made and checked by ``ssh-keygen -Y`` (OpenSSH 8.2 or later) in the namespace ``atmosphere-runbook``. The list of
allowed signers is OpenSSH's ``allowed_signers`` file: operators as ``user@host``, patterns included, and their keys.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "atmosphere-runbook"
_SECONDS = 30


@dataclass(frozen=True)
class Signer:
    """Who signs, and with what.

    Attributes:
        operator: ``user@host``.
        key: A private key's file, or that of a public key whose private key an agent holds.
    """

    operator: str
    key: Path

    def sign(self, text: str) -> str:
        """Return the signature of a text.

        Raises:
            Refused: The key can't sign.
        """
        done = _run("-Y", "sign", "-n", NAMESPACE, "-f", str(self.key), text=text)
        if done.returncode:
            raise Refused(
                what=f"the record can't be signed with {self.key}",
                why=done.stderr.strip(),
                next_step="correct RUNBOOK_SIGNING_KEY, or add the key to the agent: ssh-add",
            )
        return done.stdout


@dataclass(frozen=True)
class AllowedSigners:
    """A list of allowed signers."""

    path: Path

    def problem(self, text: str, signature: str, *, signer: str) -> str:
        """Return why a signature does not prove that this operator signed this text; empty if it does."""
        with tempfile.NamedTemporaryFile("w", suffix=".sig", encoding="utf-8") as stream:
            stream.write(signature)
            stream.flush()
            words = ("-Y", "verify", "-n", NAMESPACE, "-f", str(self.path), "-I", signer, "-s", stream.name)
            done = _run(*words, text=text)
        return (done.stderr.strip() or done.stdout.strip() or "it does not match") if done.returncode else ""


def _run(*words: str, text: str) -> subprocess.CompletedProcess[str]:
    names = ("PATH", "HOME", "SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    try:
        return subprocess.run(  # noqa: S603 - our own words, and two paths of the settings
            ["ssh-keygen", *words],  # noqa: S607 - found in PATH, like every OpenSSH program
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env=kept,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(
            what="ssh-keygen can't be run",
            why=str(error),
            next_step="install OpenSSH's client, or unset RUNBOOK_SIGNING_KEY and RUNBOOK_ALLOWED_SIGNERS",
        ) from error
