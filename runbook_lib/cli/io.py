"""What the commands share: words into parameters, the world that the settings name, an answer in words or JSON."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Sequence


def reason(text: str) -> str:
    """Return a reason that can be shown in the journal; argparse makes a `ParamError` of anything else."""
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("say why in a few words, on one line")
    return text


def pairs(given: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` words as a dictionary.

    Raises:
        ParamError: A word has no ``=``, or a name is given twice. The word is not repeated: it may hold a secret.
    """
    pairs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or name in pairs:
            problem = "a parameter is not of the form name=value" if not equals else f"{name} is given twice"
            raise ParamError(problems=[problem], next_step="write each parameter once, as -p name=value")
        pairs[name] = value
    return pairs


def say(asked: argparse.Namespace, text: str, body: Any) -> None:
    """Print the text, or with ``--json`` the body."""
    sys.stdout.write((json.dumps(body, indent=1) if asked.json else text) + "\n")
