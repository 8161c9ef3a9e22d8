"""Examine the modes of the runbook's own files: who else can read or change the records and the keys."""

from __future__ import annotations

import os
import shlex
import stat
from typing import TYPE_CHECKING

from runbook_lib.doctor.finding import OK, WRONG, Finding
from runbook_lib.errors.unchanged import WRITABLE_HOME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runbook_lib.config.settings import Settings

_SHARED = stat.S_ISGID | stat.S_IWGRP
_GROUP_AND_OTHERS, _OTHERS, _WRITE = 0o077, 0o007, 0o022
_MAX_NAMED = 5  # files; the others are counted


def examine(settings: Settings) -> list[Finding]:
    """Return the findings of the home, of the journal's head, and of the keys. Creates and changes nothing."""
    findings = [_home(settings)]
    head = settings.journal_head_file
    if head.exists() and settings.home not in head.parents:
        findings.append(_folder("RUNBOOK_JOURNAL_HEAD", head.parent, [head], may="keep the journal's head"))
    findings += _keys(settings)
    return findings


def _home(settings: Settings) -> Finding:
    home = settings.home
    nearest = next(folder for folder in (home, *home.parents) if os.access(folder, os.F_OK))
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        return Finding("RUNBOOK_HOME", WRONG, what=f"{home} can't be written", next_step=WRITABLE_HOME)
    may = "write the journal, plans and runs"
    if not home.is_dir():
        return Finding("RUNBOOK_HOME", OK, what=str(home), may=may)
    journal = settings.journal_folder / "journal.jsonl"
    if journal.is_symlink():
        what = f"the journal {journal} is a symbolic link, so nothing can be applied"
        return Finding("RUNBOOK_HOME", WRONG, what=what, next_step=f"find out who made it: ls -l {_quoted(journal)}")
    records = [
        journal,
        settings.journal_head_file,
        *_inside(home / "plans"),
        *_inside(settings.journal_folder / "runs"),
    ]
    return _folder("RUNBOOK_HOME", home, [path for path in records if path.exists()], may=may)


def _inside(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield folder
        yield from sorted(folder.iterdir())


def _folder(name: str, folder: Path, records: Iterable[Path], *, may: str) -> Finding:
    """Return the finding for a folder and its records.

    Records in a folder that nobody else can enter are safe with any mode. In another folder, each record must be
    private. No folder may be writable by others, who could then replace what is in it.
    """
    is_shared = _mode(folder) & _SHARED == _SHARED
    strangers, letters = (_OTHERS, "o") if is_shared else (_GROUP_AND_OTHERS, "go")
    exposed = [path for path in (folder, *records) if path.is_dir() and _mode(path) & strangers & _WRITE]
    if _mode(folder) & strangers:
        exposed += [path for path in records if not path.is_dir() and _mode(path) & strangers]
    if not exposed:
        return Finding(name, OK, what=str(folder), may=may)
    named = ", ".join(f"{path} ({stat.S_IMODE(_mode(path)):04o})" for path in exposed[:_MAX_NAMED])
    more = f" and {len(exposed) - _MAX_NAMED} more" if len(exposed) > _MAX_NAMED else ""
    what = f"other users of this host can read or change {named}{more}"
    return Finding(name, WRONG, what=what, next_step=f"chmod -R {letters}-rwx {_quoted(folder)}")


def _keys(settings: Settings) -> Iterator[Finding]:
    key, signers = settings.signing_key, settings.allowed_signers
    if key:
        forbidden = 0 if key.suffix == ".pub" else _GROUP_AND_OTHERS
        yield _file("RUNBOOK_SIGNING_KEY", key, forbidden, cure="chmod 600", may="sign the journal's records")
    if signers:
        yield _file("RUNBOOK_ALLOWED_SIGNERS", signers, _WRITE, cure="chmod go-w", may="check signatures")


def _file(name: str, file: Path, forbidden: int, *, cure: str, may: str) -> Finding:
    if not (file.is_file() and os.access(file, os.R_OK)):
        return Finding(name, WRONG, what=f"{file} is not a file that you can read", next_step=f"correct {name}")
    mode = stat.S_IMODE(_mode(file))
    if mode & forbidden:
        what = f"other users of this host can read or change {file} ({mode:04o})"
        return Finding(name, WRONG, what=what, next_step=f"{cure} {_quoted(file)}")
    return Finding(name, OK, what=str(file), may=may)


def _mode(path: Path) -> int:
    return path.stat().st_mode


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
