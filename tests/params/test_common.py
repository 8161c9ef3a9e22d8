"""The parameters that several procedures declare have one text."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from runbook_lib import params, procedures
from runbook_lib.params.common import INSTANCE_ID

FOLDER = Path(procedures.__file__).parent


@dataclass(frozen=True, kw_only=True)
class Params:
    """Two parameters of one kind."""

    instance_id: str = INSTANCE_ID(example="1111")
    other_id: str = INSTANCE_ID("It must have ended.", default="")


def test_special_sentence_follows_the_common_one() -> None:
    """A procedure adds a sentence about its parameter, and nothing else differs."""
    first, second = params.fields(Params)

    assert f"{first.doc} It must have ended." == second.doc
    assert first.where == second.where
    assert (True, "1111") == (first.required, first.example)
    assert (False, "") == (second.required, second.default)


def test_common_text_of_a_parameter_is_in_one_place() -> None:
    """A text that two procedures share belongs to `runbook_lib.params.common`."""
    texts = Counter(
        (keyword.arg, keyword.value.value)
        for path in FOLDER.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "param"
        for keyword in (*call.keywords, ast.keyword("doc", call.args[0]))
        if keyword.arg in {"doc", "where"} and isinstance(keyword.value, ast.Constant)
    )

    assert {} == {text: number for text, number in texts.items() if number > 1}
