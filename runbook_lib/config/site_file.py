"""Read the configuration file: the named sites of this user, each with the settings of its systems."""

from __future__ import annotations

import os
import re
import shlex
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from runbook_lib.config.variables import VARIABLES, setting, similar
from runbook_lib.errors import ParamError, Refused
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PRACTICE = "practice"  # instead of a site: practice mode
_SETTINGS = [*map(setting, VARIABLES), "api_token"]
_SITE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f]+")
_PASSWORD = re.compile(r"[a-z]+://[^\s/?#@:]*:[^\s/?#@]|[?&]password=")


@dataclass(frozen=True)
class SiteFile:
    """A configuration file.

    Attributes:
        path: The file.
        default_site: The site that a command uses without ``--site``; empty for none.
        sites: Site → setting → value, in the form of the environment variable.
    """

    path: Path
    default_site: str
    sites: Mapping[str, Mapping[str, str]]

    def choose(self, site: str) -> Mapping[str, str]:
        """Return a site's settings.

        Raises:
            ParamError: The file has no such site.
        """
        if site not in self.sites:
            raise ParamError(
                problems=[f"{self.path} has no site {site!r}{similar(site, list(self.sites))}"],
                next_step=f"choose one of its sites: {', '.join(self.sites)}; or {PRACTICE}",
            )
        return self.sites[site]


def default_path(environ: Mapping[str, str]) -> Path:
    """Return the file that ``RUNBOOK_CONFIG`` names, or the one in the user's configuration folder."""
    if named := environ.get("RUNBOOK_CONFIG", "").strip():
        return Path(named).expanduser().absolute()
    return Path(platformdirs.user_config_dir("runbook")) / "config.toml"


def read(environ: Mapping[str, str]) -> SiteFile | None:
    """Return the configuration file; None if it does not exist and ``RUNBOOK_CONFIG`` does not name it.

    Raises:
        ParamError: The file is missing, not TOML, or has an unknown or malformed key. No value is repeated.
        Refused: Other users can change the file, or read a password in it.
    """
    path = default_path(environ)
    try:
        text = _read(path)
    except FileNotFoundError as error:
        if not environ.get("RUNBOOK_CONFIG", "").strip():
            return None
        raise _malformed(path, ["RUNBOOK_CONFIG names it, but it does not exist"]) from error
    except OSError as error:
        raise _malformed(path, [f"it can't be read: {error.strerror}"]) from error
    except ValueError as error:
        raise _malformed(path, [str(error)]) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)$", str(error))
        raise _malformed(path, [f"it is not TOML {place[0] if place else ''}".rstrip()]) from error
    problems = [*_problems(content)]
    if problems:
        raise _malformed(path, problems)
    sites = {name: {key: _text(key, value) for key, value in site.items()} for name, site in content["sites"].items()}
    _require_private(path, sites)
    return SiteFile(path, content.get("default_site", ""), sites)


def _read(path: Path) -> str:
    """Return the text of a regular file. A pipe or a device could block or never end.

    Raises:
        OSError: It can't be read.
        ValueError: It is not a regular file, or not UTF-8.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        try:
            return stream.read()
        except UnicodeDecodeError as error:
            raise ValueError("it is not UTF-8 text") from error


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    keys = ["default_site", "sites"]
    yield from (f"{key} is not a key{similar(key, keys)}" for key in content if key not in keys)
    sites = content.get("sites")
    if not isinstance(sites, dict) or not sites:
        yield "it has no site: add a table such as [sites.prod]"
        return
    default = content.get("default_site", "")
    if default not in ("", PRACTICE, *sites):
        yield "default_site is not one of its sites"
    for name, site in sites.items():
        if name == PRACTICE or not _SITE_NAME.fullmatch(name):
            yield f"a site can't have the name {name!r}: use lower-case letters, digits, - and _, but not {PRACTICE}"
        elif not isinstance(site, dict) or not site:
            yield f"sites.{name} has no settings"
        else:
            yield from (f"sites.{name}.{problem}" for key, value in site.items() for problem in _wrong(key, value))


def _wrong(key: str, value: Any) -> Iterator[str]:
    if key not in _SETTINGS:
        yield f"{key} is not a setting{similar(key, _SETTINGS)}"
    elif key == "api_token" and not (isinstance(value, str) and _REFERENCE.fullmatch(value)):
        yield "api_token is not a reference: env:NAME, or file:/path of a file with the token in its first line"
    elif not isinstance(value, str) and not (
        (key == "max_changes" and type(value) is int)
        or (key in {"approval", "host_exec"} and isinstance(value, list) and all(type(item) is str for item in value))
        or (key == "clouds" and isinstance(value, dict) and all(type(cloud) is str for cloud in value.values()))
    ):
        yield f"{key} has a value of the wrong type"


def _text(key: str, value: Any) -> str:
    """Return a value in the form of its environment variable."""
    if isinstance(value, dict):
        return ",".join(f"{provider}={cloud}" for provider, cloud in value.items())
    if isinstance(value, list):
        return shlex.join(value) if key == "host_exec" else ",".join(value)
    return str(value).strip()


def _require_private(path: Path, sites: Mapping[str, Mapping[str, str]]) -> None:
    mode = path.stat().st_mode
    if mode & stat.S_IWOTH:
        raise Refused(
            what=f"every user of this host can change {path}",
            why="they could lead your commands to another system",
            next_step=f"chmod o-w {shlex.quote(str(path))}, then check its values",
        )
    has_password = any(_PASSWORD.search(value) for site in sites.values() for value in site.values())
    if has_password and mode & stat.S_IROTH:
        raise Refused(
            what=f"every user of this host can read the password in {path}",
            next_step=f"chmod o-rwx {shlex.quote(str(path))}; better, move the password to ~/.pgpass and change it",
        )


def _malformed(path: Path, problems: list[str]) -> ParamError:
    return ParamError(
        problems=[f"{path}: {problem}" for problem in problems],
        next_step=f"correct the file; '{commands.CHECK_CONFIG}' checks it again",
    )
