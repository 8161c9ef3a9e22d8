"""Signatures of records by OpenSSH keys. They prove the author of a record: nobody else has that person's key.

``ssh-keygen -Y`` (OpenSSH 8.2 or later) makes and checks them, in the namespace ``atmosphere-runbook``. The list of
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
    """The operator who signs, with the key.

    Attributes:
        operator: ``user@host``.
        key: The file of a private key, or of a public key whose private key is in an SSH agent.
    """

    operator: str
    key: Path

    def sign(self, text: str) -> str:
        """Return the signature of a text.

        Raises:
            Refused: ssh-keygen can't sign with the key.
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
    """OpenSSH's list of allowed signers."""

    path: Path

    def problem(self, text: str, signature: str, *, signer: str) -> str:
        """Return the reason why a signature is invalid for this text and operator; empty if it is valid."""
        with tempfile.NamedTemporaryFile("w", suffix=".sig", encoding="utf-8") as stream:
            stream.write(signature)
            stream.flush()
            arguments = ("-Y", "verify", "-n", NAMESPACE, "-f", str(self.path), "-I", signer, "-s", stream.name)
            done = _run(*arguments, text=text)
        return (done.stderr.strip() or done.stdout.strip() or "it does not match") if done.returncode else ""


def _run(*arguments: str, text: str) -> subprocess.CompletedProcess[str]:
    names = ("PATH", "HOME", "SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    try:
        return subprocess.run(  # noqa: S603 - fixed arguments, and two paths of the settings
            ["ssh-keygen", *arguments],  # noqa: S607 - found in PATH, like every OpenSSH program
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
