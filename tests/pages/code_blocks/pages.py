"""The fences of the real pages by page, for the tests that run them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from runbook_lib.pages.code_blocks import shell
from runbook_lib.pages.code_blocks.blocks import fences
from tests import one_procedure
from tests.services.site import GENERATED, ROOT, made

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from _pytest.mark import ParameterSet

    from runbook_lib.pages.code_blocks.blocks import Fence

REFUSED = ("approve_imaging_request", "start_maintenance")
"""The procedures whose printed commands the sample data refuse: the reader must set the override."""


@functools.cache
def every() -> tuple[Fence, ...]:
    """Return every fence of the pages."""
    return fences(docs())


def docs() -> Path:
    """Return the folder of the pages: the one that was given, or that of the site, which is made as it is now."""
    return one_procedure.docs() or made().docs


def names(program: str) -> list[str]:
    """Return the pages that can start a program, without generating the site, as parameters of tests."""
    handwritten = [
        fence for fence in fences(ROOT / "docs") if not fence.page.startswith(GENERATED) and starts(fence, program)
    ]
    return [*dict.fromkeys(fence.page for fence in handwritten), *map(page_of, procedures.names())]


def sample(names: Sequence[str]) -> list[ParameterSet]:
    """Return pages as parameters of tests: the first of each kind for every run, the others for ``make soak``."""
    covered: set[str] = set()
    sampled = []
    for page in names:
        sampled.append(pytest.param(page, marks=[pytest.mark.soak] if _kinds(page) <= covered else [], id=page))
        covered |= _kinds(page)
    return sampled


def _kinds(page: str) -> set[str]:
    """Return what sets a page apart from others: what its procedure does, needs and takes."""
    procedure = next((each for each in procedures.every() if page_of(each.name) == page), None)
    if procedure is None:
        return {page}
    does = "refused" if procedure.name in REFUSED else "changes" if procedure.plans else "inspects"
    return {does, *procedure.needs, *([field.kind for field in procedure.fields] or ["no parameters"])}


def page_of(procedure: str) -> str:
    """Return the source of a procedure's page."""
    return f"runbooks/{procedure.replace('_', '-')}.md"


def overrides(page: str) -> Mapping[str, object]:
    """Return the values that a page's printed commands to plan or apply lack on the sample data; usually none."""
    return {
        name: value
        for procedure in map(procedures.find, REFUSED)
        if page_of(procedure.name) == page
        for name, value in procedure.practice_example.items()
        if name not in procedure.example
    }


def starts(block: Fence, program: str) -> bool:
    """Return whether a fence is run and starts this program."""
    return block.runner in {"runbook", "shell", "stand-in"} and program in shell.programs(block.text)


def on(page: str, program: str) -> Sequence[Fence]:
    """Return a page's fences that start this program, each text once: it stands beside the parameters and in its step.

    Raises:
        AssertionError: There is none.
    """
    blocks = {block.text: block for block in reversed(every()) if block.page == page and starts(block, program)}
    assert blocks, f"{page} shows no command of {program}"
    return list(reversed(blocks.values()))


def output_of(block: Fence) -> str | None:
    """Return what the page shows right after a command as its output, if it does."""
    index = every().index(block) + 1
    following = every()[index : index + 1]
    return following[0].text if following and following[0].runner == "printed" else None


@functools.cache
def printed_on(page: str) -> str:
    """Return a page without its commands: what was printed is left, and the prose."""
    text = (docs() / page).read_text(encoding="utf-8").replace("    ", "")
    for block in every():
        if block.page == page and block.runner == "runbook":
            text = text.replace(block.text, "")
    return text
