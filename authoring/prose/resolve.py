"""Resolve each mention of the prose by its form and its context; report what no fact supports."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from authoring.prose import mentions, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from authoring.prose.mentions import Mention

_METHOD = re.compile(r"(GET|POST|PATCH|PUT|DELETE) (/\S+)")
_PLACEHOLDERS = {"UUID": "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "ID": "1", "ALIAS": "x", "NAME": "x"}
_OWN_PATH = re.compile(r"(?:runbook_lib|authoring|tests|docs|notebooks)/\S*")
_BRACES = re.compile(r"([\w./]*)\{([\w,]+)\}([\w./]*)")
_ENDINGS = "py|jsx?|ya?ml|html|sh|log|initd|j2|conf|gz|txt"
_FILE = re.compile(rf"[\w./~*@-]*(?:/|\.(?:{_ENDINGS}))[\w./*@-]*(?::[\d,-]+)?|:[\d,-]+")
_VARIABLE_PART = re.compile(r"…|\d+(?:\.\d+)?|'\w*'|\bx\b|[A-Z]{4,}\b")


# Below docs: what `make site` writes, and the pages about this project, which their own tests prove.
_NOT_READ = {"runbooks", "reference", "contributing"}
# The handwritten pages about the runbook itself, whose words are names in its code.
_ON_THE_RUNBOOK = {"how-a-procedure-works", "database-roles", "index"}


class Page:
    """The mentions of one page, with what its other words say about each."""

    def __init__(self, page: str, words: Sequence[Mention]) -> None:
        """Keep the mentions of a page; its path ends in ``.py`` for a notebook."""
        self.path = page
        self.name = PurePosixPath(page).stem
        self.procedure = self.name if page.startswith("notebooks/") else ""
        self.is_about_runbook = self.name in _ON_THE_RUNBOOK
        self.mentions = words
        tables = vocabulary.columns()
        self.tables = {part for mention in words for part in [mention.text.split(".")[0]] if part in tables}

    def problems(self) -> Iterator[str]:
        """Yield a line per mention that no fact supports, and per fact for this page that it does not state."""
        for mention in self.mentions:
            if not self._is_known(mention):
                near = difflib.get_close_matches(mention.text, _near(mention), n=1, cutoff=0.5)
                guess = f"; the nearest known word is {near[0]}" if near else ""
                yield f"{mention.page}:{mention.line}: no fact supports {mention.markup} '{mention.text}'{guess}"
        yield from self._misstated()
        named = {word for mention in self.mentions for word in _files(self._completed(mention))}
        for word, entry in vocabulary.upstream().items():
            if self.name in entry.pages and word not in named:
                yield f"{self.path}: upstream.toml expects '{word}' here ({entry.place})"

    def _misstated(self) -> Iterator[str]:
        """Yield a line per paragraph without its statement, and per statement without its paragraph."""
        paragraphs: dict[str, list[Mention]] = defaultdict(list)
        for mention in filter(self._is_stated, self.mentions):
            paragraphs[mention.context].append(mention)
        statements = vocabulary.statements().get(self.name, ())
        for context, words in paragraphs.items():
            texts = tuple(mention.text for mention in words)
            expected = [statement.facts for statement in statements if statement.phrase in context]
            if expected != [texts]:
                stated = f"has {', '.join(expected[0])}" if expected else "is missing"
                yield f"{self.path}:{words[0].line}: {', '.join(texts)}: the statement in statements.toml {stated}"
        for statement in statements:
            if not any(statement.phrase in context for context in paragraphs):
                yield f"{self.path}: no paragraph states '{statement.phrase}': {', '.join(statement.facts)}"

    def _is_stated(self, mention: Mention) -> bool:
        """Return whether `statements` must have a mention, because another word of its kind is as real there."""
        if mention.markup in {mentions.NUMBER, mentions.EMPHASIS} or mention.text in vocabulary.every_status():
            return True
        texts = _files(self._completed(mention))
        return mention.markup == mentions.CODE and not all(map(self._is_upstream, texts))

    def _is_known(self, mention: Mention) -> bool:
        """Return whether a mention is a real word of its kind, as far as the page's other words decide it."""
        text = self._completed(mention)
        if mention.markup == mentions.NUMBER or text in vocabulary.every_status():
            return True  # only a statement can know it
        if self._is_upstream(text):
            return True
        if mention.markup == mentions.CODE:
            return self._is_known_code(text)
        return mention.markup == mentions.EMPHASIS and self._is_label(mention.text)

    def _completed(self, mention: Mention) -> str:
        """Return the text without the example's host; lines alone get the file before them."""
        if re.fullmatch(r":[\d,-]+", mention.text):
            before = self.mentions[: self.mentions.index(mention)]
            return (
                next((mention.text.split(":")[0] for mention in reversed(before) if ".py" in mention.text), "")
                + mention.text
            )
        return (
            mention.text.removeprefix("https://atmo.example.org") if mention.markup == mentions.CODE else mention.text
        )

    def _is_known_code(self, text: str) -> bool:
        """Resolve a code span by its form."""
        forms: tuple[tuple[str | re.Pattern[str], Callable[[str], bool]], ...] = (
            (r"RUNBOOK_.*", self._is_variable),
            (_METHOD, _is_route),
            (r"make .*", lambda command: command.split()[1] in vocabulary.targets()),
            (r"runbook .*", _is_command),
            (_OWN_PATH, _is_own_path),
            (_BRACES, lambda path: all(map(self._is_upstream, _files(path)))),
            (_FILE, self._is_upstream),
            (r"\w+=\S*", self._is_assignment),
            (r"[a-z_]+\.[a-z_]+", self._is_table_column),
            (r"[a-z_0-9]+", self._is_word),
            (r".*", self._is_own_text),
        )
        return self._is_own_name(text) or next(resolves(text) for form, resolves in forms if re.fullmatch(form, text))

    def _is_word(self, text: str) -> bool:
        return any(
            resolves(text) for resolves in (self._is_table, self._is_column, self._is_parameter, self._is_own_text)
        )

    def _is_variable(self, text: str) -> bool:
        name = text.partition("=")[0].split(" ")[0]
        return name in vocabulary.variables(self.procedure)

    def _is_assignment(self, text: str) -> bool:
        name, _, value = text.partition("=")
        sets = [vocabulary.fields()[self.procedure]] if self.procedure else vocabulary.fields().values()
        return any(name in fields and (not fields[name].choices or value in fields[name].choices) for fields in sets)

    def _is_parameter(self, text: str) -> bool:
        if self.procedure:
            return text in vocabulary.fields()[self.procedure]
        return any(text in fields for fields in vocabulary.fields().values())

    def _is_table(self, text: str) -> bool:
        return text in vocabulary.columns() and (not self.procedure or self._is_in_procedure(text))

    def _is_column(self, text: str) -> bool:
        tables = vocabulary.columns()
        if text not in vocabulary.column_names():
            return False
        return any(text in tables[table] for table in self.tables) or self._is_in_procedure(text)

    def _is_table_column(self, text: str) -> bool:
        table, _, column = text.partition(".")
        return column in vocabulary.columns().get(table, ())

    def _is_in_procedure(self, text: str) -> bool:
        return bool(self.procedure) and text in vocabulary.names(self.procedure)

    def _is_own_text(self, text: str) -> bool:
        """Return whether the page's procedure prints the text: each constant part of it is in a literal."""
        if not self.procedure:
            return False
        source = vocabulary.of_procedure(self.procedure)
        parts = [part.strip() for part in _VARIABLE_PART.split(text) if part.strip(" .,:;()'\"")]
        return bool(parts) and all(part in source or _is_template(part, source) for part in parts)

    def _is_label(self, text: str) -> bool:
        """Return whether the page's procedure prints the text as a label: a literal begins or ends with it."""
        parts = vocabulary.literals(self.procedure)
        return text in parts or any(part.startswith(f"{text} ") or part.endswith(f" {text}") for part in parts)

    def _is_own_name(self, text: str) -> bool:
        """Return whether a page about the runbook itself names a part of the code."""
        return self.is_about_runbook and text.rstrip("()") in vocabulary.names("")

    def _is_upstream(self, text: str) -> bool:
        word = vocabulary.upstream().get(text)
        return word is not None and self.name in word.pages


def _near(mention: Mention) -> list[str]:
    """Return the known words of the mention's markup."""
    if mention.markup != mentions.CODE:
        return [*vocabulary.every_status(), *vocabulary.upstream()]
    tables = vocabulary.columns()
    columns = {name for names in tables.values() for name in names}
    return [*vocabulary.upstream(), *tables, *columns, *vocabulary.variables(), *vocabulary.commands()]


def _files(text: str) -> list[str]:
    """Return the files of a path with braces, as a shell expands it; any other text alone."""
    match = _BRACES.fullmatch(text)
    return [f"{match[1]}{part}{match[3]}" for part in match[2].split(",")] if match else [text]


def kind(markup: str, text: str) -> str:
    """Return the kind of a word of upstream by its form."""
    forms = (
        ("endpoint", _METHOD),
        ("file", _BRACES),
        ("path", re.compile(r"[/~].*|https?://.*")),
        ("file", _FILE),
        ("option", re.compile(r"-.*")),
        ("setting", re.compile(r"[A-Z][A-Z_]{3,}")),
        ("name", re.compile(r"[\w.]+(?:\(.*\))?")),
    )
    if markup != mentions.CODE:
        return {mentions.MENU: "menu"}.get(markup, "label")
    return next((kind for kind, form in forms if form.fullmatch(text)), "text")


def _is_template(text: str, source: str) -> bool:
    """Return whether a literal with values in braces can print the text; most of its words are constant."""
    words = text.split()
    runs = [(start, end) for start in range(len(words)) for end in range(len(words), start + 1, -1)]
    start, end = max(
        (run for run in runs if " ".join(words[slice(*run)]) in source), key=lambda run: run[1] - run[0], default=(0, 0)
    )
    if end - start < max(2, len(words) / 2):
        return False
    constant = " ".join(words[start:end])
    words = [rf"(?:{re.escape(word)}|\{{[^{{}}]*\}})" for word in words]
    form = re.compile(" ".join([*words[:start], re.escape(constant), *words[end:]]))
    places = [match.start() for match in re.finditer(re.escape(constant), source)]
    return any(form.search(source[max(0, place - 200) : place + 300]) for place in places)


def _is_route(text: str) -> bool:
    match = _METHOD.fullmatch(text)
    if not match:
        return False
    path = re.sub(r"\b[A-Z]+\b", lambda word: _PLACEHOLDERS.get(word[0], word[0]), match[2])
    return any(method == match[1] and re.fullmatch(pattern, path) for method, pattern in vocabulary.routes())


def _is_command(text: str) -> bool:
    runbook, name, *rest = [*text.split(), "", ""]
    options = vocabulary.commands().get(name) if runbook == "runbook" else None
    return options is not None and all(part in options for part in rest if part.startswith("-"))


def _is_own_path(text: str) -> bool:
    pattern = re.sub(r"\b(?:NAME|TOPIC)\b", "*", text.rstrip("/"))
    return any(vocabulary.ROOT.glob(pattern))


def pages(root: Path) -> tuple[Path, ...]:
    """Return the handwritten pages about Atmosphere and the notebooks of a checkout."""
    written = [path for path in sorted((root / "docs").rglob("*.md")) if path.parent.name not in _NOT_READ]
    return (*written, *sorted((root / "notebooks").glob("*.py")))


def problems(root: Path) -> list[str]:
    """Return every problem of the pages of a checkout, one line each. Writes nothing."""
    return [
        line
        for path in pages(root)
        for name in [path.relative_to(root).as_posix()]
        for line in Page(name, mentions.find(path, name)).problems()
    ]
