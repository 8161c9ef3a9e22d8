"""The base of every error: what happened, why, whether anything was changed, and the next step."""

from __future__ import annotations

import re
from typing import Any, ClassVar


class RunbookError(Exception):
    """The base class: what happened, why, and the next step.

    Attributes:
        what: One sentence: what failed, with the names of the objects.
        why: The known reason; can be empty.
        next_step: A command, a page, or a person to ask and what to send them.
        changed: Whether anything was changed in any system; None when that is unknown.
        exit_code: The exit code of the command line.
        details: Additional keys of the JSON form, such as the doctor's findings.
    """

    changed: bool | None = False
    exit_code: ClassVar[int] = 1

    def __init__(self, *, what: str, why: str = "", next_step: str) -> None:
        """Set the three parts of the message."""
        self.what = what
        self.why = why
        self.next_step = next_step
        self.details: dict[str, Any] = {}
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:
        """Support pickling, although the constructor takes keyword arguments."""
        return _restore, (type(self), self.args, self.__dict__)

    @classmethod
    def slug(cls) -> str:
        """Return the name in kebab case: the ``error`` of the JSON form and the anchor on the errors page."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def class_impact(cls) -> str:
        """Return the first line of the class's docstring, which says whether anything was changed."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @property
    def impact(self) -> str:
        """Whether anything was changed: the sentence of the class, unless the instance is more specific."""
        return self.class_impact()

    def __str__(self) -> str:
        """Return the complete message: what, why, whether anything was changed, next step."""
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


def _restore(kind: type[RunbookError], args: tuple[Any, ...], facts: dict[str, Any]) -> RunbookError:
    """Return the unpickled error."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error
