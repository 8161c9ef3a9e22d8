"""Write the generated pages to disk; `convert` and `reference` produce their content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import Refused, all_errors
from runbook_lib.fixture import inventory
from runbook_lib.messages import rules, upstream_texts, vectors
from runbook_lib.messages.vectors import Vector
from runbook_lib.pages import handwritten
from runbook_lib.pages.code_blocks.blocks import fences, fences_page
from runbook_lib.pages.procedure_page import ProcedurePage, page_markdown
from runbook_lib.pages.reference import guide_coverage, promises
from runbook_lib.pages.reference.fixture import fixture_page
from runbook_lib.pages.reference.messages import messages_page
from runbook_lib.pages.reference.pages import errors_page, navigation, procedures_page, settings_page
from runbook_lib.pages.reference.predictions import predictions_page
from runbook_lib.pages.reference.systems import systems_page
from runbook_lib.pages.search_index import search_script
from runbook_lib.pages.triage_data import triage_script
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from runbook_lib.model.procedure import Procedure


def read_pages(
    executed: Path, procedures: Sequence[Procedure], stamps: Mapping[str, Mapping[str, Any]]
) -> list[ProcedurePage]:
    """Return the data of the procedures' pages, sorted by title.

    Args:
        executed: A folder with one executed ``NAME.ipynb`` per procedure.
        procedures: The procedures.
        stamps: Procedure → its stamp; a procedure without one is shown as not verified.

    Raises:
        Refused: A notebook is missing.
    """
    pages = (
        ProcedurePage(procedure, _notebook(executed, procedure.name), stamps.get(procedure.name, {}))
        for procedure in procedures
    )
    return sorted(pages, key=lambda page: page.title)


def write_pages(
    pages: Sequence[ProcedurePage], docs: Path, *, nav: Path, kept: Collection[str] = ()
) -> tuple[Path, ...]:
    """Write ``docs/runbooks``, ``docs/reference`` and the navigation; remove pages without a procedure.

    Write nothing unless every notebook can be published.

    Args:
        pages: The pages of the procedures, as `read_pages` returns them.
        docs: The folder of the site's sources.
        nav: The YAML file that ``mkdocs.yml`` inherits, ``build/nav.yml``.
        kept: Procedures whose pages stay as they are.

    Returns:
        The files written.

    Raises:
        Refused: A notebook did not finish, failed or warned.
    """
    procedures = sorted((page.procedure for page in pages), key=lambda procedure: procedure.name)
    texts = {docs / "runbooks" / page.file_name: page_markdown(page) for page in pages}
    texts |= {
        docs / "reference" / "procedures.md": procedures_page(pages),
        docs / "reference" / "errors.md": errors_page(all_errors()),
        docs / "reference" / "settings.md": settings_page(),
        docs / "reference" / "messages.md": messages_page(
            rules.every(), _vectors(), vectors.releases(), upstream_texts.every()
        ),
        docs / "reference" / "systems.md": systems_page(pages),
        docs / "reference" / "promises.md": promises.promises_page(
            promises.promises(), promises.results(promises.RECORD, nav.parent / promises.RECORD.name)
        ),
        docs / "reference" / "predictions.md": predictions_page(pages),
        docs / "reference" / "fixture.md": fixture_page(inventory.sections(), procedures),
        docs / "reference" / "data" / "triage.js": triage_script(),
        nav: navigation(pages, tuple(handwritten.pages(docs))),
    }
    texts[docs / "reference" / "guide-coverage.md"] = _coverage(docs, texts)
    unchanged = {docs / "runbooks" / f"{name.replace('_', '-')}.md" for name in kept}
    for stale in set((docs / "runbooks").glob("*.md")) - texts.keys() - unchanged:
        stale.unlink()
    for path, text in texts.items():
        _write_if_changed(path, text)
    counted = docs / "reference" / "code-blocks.md"  # counts the pages above and the handwritten pages
    _write_if_changed(counted, fences_page(fences(docs)))
    index = docs / "reference" / "data" / "search.js"  # of every page
    _write_if_changed(index, search_script(_sources(docs), _messages()))
    return (*texts, counted, index)


def _sources(docs: Path) -> Mapping[str, str]:
    """Return path → Markdown of every page."""
    return {path.relative_to(docs).as_posix(): path.read_text(encoding="utf-8") for path in docs.rglob("*.md")}


def _messages() -> Mapping[str, list[str]]:
    """Return page on the site → the literal messages that lead to it."""
    pages: dict[str, list[str]] = {}
    places = {rule.id: rule.page for rule in rules.every()}
    for vector in vectors.every():
        pages.setdefault(places[vector.rule], []).append(vector.message)
    return pages


def _vectors() -> list[Vector]:
    """Return the known messages. For a rule of the site, these are the texts that the rule names."""
    own = [Vector(rule.id, text.text, "", "", 0) for rule in rules.own() for text in (*rule.any_of, *rule.exact)]
    return [*vectors.every(), *own]


def _coverage(docs: Path, texts: Mapping[Path, str]) -> str:
    """Return the page about the guide, from the generated and the handwritten pages."""
    pages = {path.relative_to(docs).as_posix(): text for path, text in texts.items() if path.suffix == ".md"}
    pages |= {name: (docs / name).read_text(encoding="utf-8") for name in ("index.md", *handwritten.pages(docs))}
    return guide_coverage.coverage_page(guide_coverage.guide(), pages)


def _notebook(executed: Path, name: str) -> Mapping[str, Any]:
    path = executed / f"{name}.ipynb"
    try:
        notebook: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise Refused(
            what=f"no executed notebook of {name}",
            why=f"{path} does not exist",
            next_step=f"run '{commands.check_notebooks(name)}', then generate the pages again",
        ) from error
    return notebook


def _write_if_changed(path: Path, text: str) -> None:
    """Write a file only if it differs, so that a running 'mkdocs serve' rebuilds only for a change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
