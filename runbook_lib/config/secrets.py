"""Secrets by reference: resolve late, redact by value."""

from __future__ import annotations

import getpass
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from runbook_lib.errors import Refused

FORMS = "env:NAME, file:/path/to/file, or prompt"
SHORTEST = 8  # characters; a shorter value could not be redacted without eating ordinary words
_FORM = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f]+|prompt")


@dataclass(frozen=True)
class SecretReference:
    """Where a secret is to be found; the only form in which a secret enters a procedure.

    Attributes:
        source: ``env:NAME``, ``file:/path`` (its first line) or ``prompt`` (asked on the terminal).
    """

    source: str

    def __post_init__(self) -> None:
        """Refuse anything that is not a reference, without repeating it: it may be the secret itself.

        Raises:
            ValueError: `source` has none of the three forms.
        """
        if not _FORM.fullmatch(self.source):
            raise ValueError(f"a reference has one of the forms {FORMS}")


@dataclass
class Vault:
    """The secrets resolved in this process, so that they can be taken out of every text that leaves it."""

    _values: dict[str, str] = field(default_factory=dict, repr=False)

    def resolve(self, reference: SecretReference) -> str:
        """Return the secret, read once: a prompt asks only the first time.

        Raises:
            Refused: The variable is not set, the file can't be read, nobody can be asked, or the value is too short.
        """
        if reference.source not in self._values:
            value = _read(reference.source)
            if len(value) < SHORTEST:
                raise Refused(
                    what=f"the secret from {reference.source} is shorter than {SHORTEST} characters",
                    next_step="choose a longer one",
                )
            self._values[reference.source] = value
        return self._values[reference.source]

    def keep_out(self, name: str, value: str) -> None:
        """Remember a secret that came another way (a password in a database URL), so that it is redacted too."""
        if value:
            self._values[name] = value

    def redact(self, text: str) -> str:
        """Return `text` with every known secret replaced by where it came from."""
        # The longest first: a secret that begins with another one must go as a whole.
        for source, value in sorted(self._values.items(), key=lambda item: -len(item[1])):
            text = text.replace(value, f"({source})")
        return text


def _read(source: str) -> str:
    """Return the value behind a well-formed reference."""
    kind, _, where = source.partition(":")
    if kind == "env":
        if where not in os.environ:
            raise Refused(
                what=f"the environment variable {where} is not set",
                next_step=f"set it without showing it: read -rs {where} && export {where}",
            )
        return os.environ[where]
    if kind == "file":
        try:
            return Path(where).read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise Refused(
                what=f"no secret can be read from {where}",
                why=type(error).__name__,
                next_step="give a readable text file that holds the secret in its first line",
            ) from error
    if not sys.stdin or not sys.stdin.isatty():
        raise Refused(
            what="prompt needs a terminal, and there is none here",
            next_step="use env:NAME or file:/path instead",
        )
    return getpass.getpass("secret (not shown): ")
