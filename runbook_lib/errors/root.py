"""The form of every error: what happened, why, whether anything was changed, and what to do next."""

from __future__ import annotations

import re
from typing import Any, ClassVar


class RunbookError(Exception):
    """The root: says what happened, why, and what to do next.

    Attributes:
        what: One sentence: what failed, with the names of the things concerned.
        why: The reason, as far as it is known; may be empty.
        next_step: A command, a page, or whom to ask with what.
        changed: Whether anything was changed, in any system; None when that is unknown.
        exit_code: The exit code of the command line.
        details: What else the JSON form holds, such as the doctor's findings.
    """

    changed: bool | None = False
    exit_code: ClassVar[int] = 1

    def __init__(self, *, what: str, why: str = "", next_step: str) -> None:
        """Keep the three parts; ``str()`` of the error is all of them."""
        self.what = what
        self.why = why
        self.next_step = next_step
        self.details: dict[str, Any] = {}
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel between processes: its constructor takes facts by name, which pickle can't."""
        return _again, (type(self), self.args, self.__dict__)

    @classmethod
    def slug(cls) -> str:
        """Return the name in kebab case: the ``error`` of the JSON form and the anchor on the errors page."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def promise(cls) -> str:
        """Return the first line of the class's docstring: what every error of this class says about changes."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @property
    def impact(self) -> str:
        """What became of the systems: the promise of the class, unless this one error knows more."""
        return self.promise()

    def __str__(self) -> str:
        """Return the whole message: what, why, whether anything changed, next step."""
        parts = [self.what, self.why, self.impact, f"Next: {self.next_step}"]
        return "\n".join(part for part in parts if part)

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: error, what, why, next_step, changed."""
        return {
            "error": self.slug(),
            "what": self.what,
            "why": self.why,
            "next_step": self.next_step,
            "changed": self.changed,
            **self.details,
        }


def _again(kind: type[RunbookError], args: tuple[Any, ...], facts: dict[str, Any]) -> RunbookError:
    """Return the error that another process raised."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error
