"""Secrets that are passed by reference, resolved at their first use, and redacted in every output."""

from __future__ import annotations

import getpass
import os
import re
import stat
import sys
from dataclasses import dataclass, field

from runbook_lib.errors import Refused

_MAX_BYTES = 4096  # of a file with a secret
FORMS = "env:NAME, file:/path/to/file, or prompt"
MIN_CHARACTERS = 8  # redacting a shorter value would also hide ordinary words
_PREFIX = "RUNBOOK_"  # some settings have passwords in them
_PASSWORDS = frozenset({"PGPASSWORD"})
_FORM = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f]+|prompt")


_references: set[str] = set()  # the variables that references of this process name


def child_environment() -> dict[str, str]:
    """Return the environment for a program that this process starts: without the runbook's settings and secrets."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_PREFIX) and name not in _PASSWORDS and name not in _references
    }


@dataclass(frozen=True)
class SecretReference:
    """A reference to a secret; the only form in which a secret enters a procedure.

    Attributes:
        source: ``env:NAME``, ``file:/path`` (the first line) or ``prompt`` (typed on the terminal).
    """

    source: str

    def __post_init__(self) -> None:
        """Raise unless `source` is a reference. The message does not repeat it: it can be the secret itself.

        Raises:
            ValueError: `source` has none of the three forms.
        """
        if not _FORM.fullmatch(self.source):
            raise ValueError(f"a reference has one of the forms {FORMS}")
        if self.source.startswith("env:"):
            _references.add(self.source.removeprefix("env:"))


@dataclass
class Vault:
    """The secrets resolved in this process, to redact them in every text that leaves it."""

    _values: dict[str, str] = field(default_factory=dict, repr=False)

    def resolve(self, reference: SecretReference) -> str:
        """Return the secret. It is read only once, so a prompt appears only the first time.

        Raises:
            Refused: The variable is not set, the file can't be read, there is no terminal, or the value is too short.
        """
        if reference.source not in self._values:
            value = _read(reference.source)
            if len(value) < MIN_CHARACTERS:
                raise Refused(
                    what=f"the secret from {reference.source} is shorter than {MIN_CHARACTERS} characters",
                    next_step="choose a longer secret",
                )
            self._values[reference.source] = value
        return self._values[reference.source]

    def keep_out(self, name: str, value: str) -> None:
        """Register a secret from another source, such as a password in a database URL, to redact it too."""
        if value:
            self._values[name] = value

    def redact(self, text: str) -> str:
        """Return `text` with every known secret replaced by its source."""
        # The longest secret first, because a secret can begin with another secret.
        for source, value in sorted(self._values.items(), key=lambda item: -len(item[1])):
            text = text.replace(value, f"({source})")
        return text


def _read(source: str) -> str:
    """Return the value of a well-formed reference."""
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
            return _read_file(where).decode().splitlines()[0]
        except (OSError, ValueError, IndexError) as error:
            reasons = {UnicodeDecodeError: "it is not UTF-8 text", IndexError: "it is empty"}
            raise Refused(
                what=f"no secret can be read from {where}",
                why=getattr(error, "strerror", None) or reasons.get(type(error)) or str(error),
                next_step="pass a readable text file with the secret in its first line",
            ) from error
    if not sys.stdin or not sys.stdin.isatty():
        raise Refused(
            what="the reference prompt needs a terminal, but standard input is not a terminal",
            next_step="use env:NAME or file:/path instead",
        )
    return getpass.getpass("secret (not shown): ")


def _read_file(path: str) -> bytes:
    """Return the content of a small regular file. A pipe or a device could block or never end.

    Raises:
        OSError: It can't be read.
        ValueError: It is not a regular file, or too large.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        content = os.read(descriptor, _MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"it is larger than {_MAX_BYTES} bytes")
    return content
