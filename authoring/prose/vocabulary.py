"""The words that prose can name, each kind from the code that owns it; upstream's own from ``upstream.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps

import runbook_lib.systems.db  # noqa: F401 - sets Django up
from runbook_lib.cli.parser import build_parser
from runbook_lib.config.variables import CHOICES, TOKEN, VARIABLES
from runbook_lib.diagnosis.instance import limits
from runbook_lib.fixture.rows import launches, requests
from runbook_lib.fixture.stand_ins.atmosphere_api import server
from runbook_lib.model.system_id import System
from runbook_lib.procedures import _registry
from runbook_lib.systems.argo import workflow
from runbook_lib.systems.celery import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.params import Field

_FOLDERS = {
    **dict.fromkeys((System.ATMOSPHERE, System.TROPOSPHERE), "db"),
    **dict.fromkeys((System.KEYSTONE, System.GLANCE, System.NOVA), "openstack"),
    **dict.fromkeys((System.BROKER, System.FLOWER), "celery"),
    System.API: "atmosphere_api",
    System.ARGO: "argo",
    System.HOST: "host",
    System.WORKERS: "host",
    System.LOGS: "logs",
}
ROOT = Path(__file__).resolve().parents[2]
_JOINED = re.compile(r"[\"']\n\s+r?f?[\"']")  # between two parts of one literal

_IMPORT = re.compile(r"(?ms)^ *from runbook_lib\.([\w.]+) import (\([^)]*\)|[^\n]*)")


class Word(NamedTuple):
    """One of upstream's words, with the place that has it and the pages that name it."""

    kind: str
    pages: frozenset[str]
    place: str


@functools.cache
def document(name: str) -> dict[str, Any]:
    """Return one of the data files beside this module."""
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


@functools.cache
def upstream() -> Mapping[str, Word]:
    """Return upstream's words and files; a file with lines is its own word."""
    words = {}
    for file in document("upstream.toml")["files"]:
        place = f"{file['product']} {file['file']}"
        for line, kind, word, pages, *_ in file["words"]:
            words[word] = Word(kind, frozenset(pages), f"{place}:{line}" if line else place)
    return words


class Statement(NamedTuple):
    """The words and numbers that one paragraph states, in their order, and the sources of its numbers."""

    phrase: str
    facts: tuple[str, ...]
    sources: tuple[str, ...]


@functools.cache
def statements() -> Mapping[str, tuple[Statement, ...]]:
    """Return page → its statements."""
    return {
        page: tuple(
            Statement(
                phrase,
                tuple(fact for fact in facts if not fact.startswith("@ ")),
                tuple(source for fact in facts if fact.startswith("@ ") for source in fact[2:].split("; ")),
            )
            for phrase, facts in entries.items()
        )
        for page, entries in document("statements.toml")["pages"].items()
    }


@functools.cache
def statuses() -> Mapping[str, frozenset[str]]:
    """Return family → the statuses in it: those that the diagnosis judges by, and those that only pages name."""
    return {
        "instance": frozenset([*limits.LIMITS, *limits.STEADY, *limits.FAILED, *launches.STATUSES]),
        "request": frozenset(requests.STATUSES),
        "celery": frozenset(tasks.STATES),
        "argo": frozenset(workflow.PHASES),
        **{family: frozenset(names) for family, names in document("upstream.toml")["statuses"].items()},
    }


@functools.cache
def every_status() -> frozenset[str]:
    """Return the statuses of all families."""
    return frozenset().union(*statuses().values())


@functools.cache
def columns() -> Mapping[str, frozenset[str]]:
    """Return table → its columns and the names of its fields, of both databases."""
    tables: dict[str, set[str]] = defaultdict(set)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            tables[model._meta.db_table] |= {field.column or "", field.name}
    return {table: frozenset(names) for table, names in tables.items()}


@functools.cache
def fields() -> Mapping[str, Mapping[str, Field]]:
    """Return procedure → its parameters by name."""
    return {procedure.name: {field.name: field for field in procedure.fields} for procedure in _registry.every()}


@functools.cache
def kinds(procedure: str) -> frozenset[System]:
    """Return the kinds of systems that a procedure reads or changes."""
    uses = _registry.find(procedure)
    names = {name for need in (*uses.needs, *uses.optional) for name in need.split(" or ")}
    return frozenset(map(System, names | ({"broker", "host"} if "workers" in names else set())))


@functools.cache
def variables(procedure: str = "") -> frozenset[str]:
    """Return the environment variables of the runbook; for a procedure only those of its systems."""
    if not procedure:
        return frozenset({*VARIABLES, *CHOICES, TOKEN})
    return frozenset(name for kind in kinds(procedure) for name in kind.variables)


@functools.cache
def commands() -> Mapping[str, frozenset[str]]:
    """Return command of the runbook → its options."""
    [choices] = [action.choices for action in build_parser()._actions if action.choices]  # noqa: SLF001 - no public way
    return {
        name: frozenset(option for action in parser._actions for option in action.option_strings)  # noqa: SLF001
        for name, parser in dict(choices).items()
    }


@functools.cache
def routes() -> tuple[tuple[str, str], ...]:
    """Return the method and the pattern of each path of Atmosphere's API that the stand-in serves."""
    return (
        *((method, pattern) for method, pattern, _ in server.ROUTES),
        ("PATCH", server.IDENTITY),
        ("POST", server.ACTIONS),
    )


@functools.cache
def targets() -> frozenset[str]:
    """Return the targets of the Makefile."""
    return frozenset(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))


@functools.cache
def sources() -> Mapping[str, str]:
    """Return module → its text, with the parts of each literal joined; the module's name has slashes."""
    package = ROOT / "runbook_lib"
    return {
        path.relative_to(package).with_suffix("").as_posix(): _joined(path)
        for ending in ("py", "toml")
        for path in package.rglob(f"*.{ending}")
    }


@functools.cache
def modules(procedure: str) -> tuple[str, ...]:
    """Return a procedure's module and all that it imports, without the systems that it does not use."""
    every, reached = sources(), {}
    folders = tuple(f"systems/{_FOLDERS[kind]}/" for kind in kinds(procedure) if kind in _FOLDERS)
    names = [f"procedures/{procedure}", "render/inspection", *(name for name in every if name.startswith(folders))]
    while names:
        name = names.pop()
        name = name if name in every else f"{name}/__init__"
        is_other = name.startswith("systems/") and name.count("/") > 1 and not name.startswith(folders)
        if name in every and name not in reached and not is_other:
            reached[name] = True
            names += _imported(name)
    return tuple(reached)


@functools.cache
def of_procedure(procedure: str) -> str:
    """Return the text of a procedure's modules."""
    return "\n".join(sources()[module] for module in modules(procedure))


@functools.cache
def literals(procedure: str) -> frozenset[str]:
    """Return the parts of the literals in a procedure's modules, between values and punctuation."""
    return frozenset().union(*map(_literals, modules(procedure))) if procedure else frozenset()


@functools.cache
def names(procedure: str) -> frozenset[str]:
    """Return every name in a procedure's modules; without a procedure, in all code and in the tests' checks."""
    if procedure:
        return frozenset().union(*map(_names, modules(procedure)))
    checks = (ROOT / "tests" / "checks.py").read_text(encoding="utf-8")
    return frozenset().union(*map(_names, sources()), re.findall(r"[\w.]+", checks))


@functools.cache
def column_names() -> frozenset[str]:
    """Return the names of all columns of both databases."""
    return frozenset().union(*columns().values())


@functools.cache
def _imported(module: str) -> tuple[str, ...]:
    """Return the modules that a module can import from this package."""
    imports = [
        (name.replace(".", "/"), re.findall(r"\w+", parts)) for name, parts in _IMPORT.findall(sources()[module])
    ]
    return tuple(path for folder, parts in imports for path in (folder, *(f"{folder}/{part}" for part in parts)))


@functools.cache
def _names(module: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w.]+", sources()[module])) | frozenset(re.findall(r"\w+", sources()[module]))


@functools.cache
def _literals(module: str) -> frozenset[str]:
    texts = re.findall(r'"((?:[^"\\\n]|\\.)*)"', sources()[module])
    return frozenset(part.strip() for literal in texts for part in re.split(r"\{[^{}]*\}|[:;,.()]|\\n", literal))


def _joined(path: Path) -> str:
    return _JOINED.sub("", path.read_text(encoding="utf-8"))
