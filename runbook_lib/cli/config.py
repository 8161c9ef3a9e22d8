"""The command `runbook config`: show and check the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runbook_lib.config import settings, site_file, sources
from runbook_lib.config.variables import TOKEN, VARIABLES, setting
from runbook_lib.errors import ParamError
from runbook_lib.text import commands
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from runbook_lib.cli.io import Output

_ADDRESSES = frozenset(
    {"atmosphere_db", "troposphere_db", "api_url", "flower_url", "broker_url", "argo_url", "pages_url"}
)


def show(output: Output) -> None:
    """Show each setting in use, without passwords, and the variable or key that it comes from."""
    values = sources.read()
    is_practice = settings.from_values(values).is_practice
    names = [*map(setting, VARIABLES), "api_token"]
    used = {name: (_shown(name, values[name]), values.name(name)) for name in names if values[name]}
    if os.environ.get(TOKEN):
        used["api_token"] = ("(not shown)", TOKEN)
    width = max(map(len, used), default=0) + 2
    title = f"Site {values.site}" if values.site else "No site"
    lines = ["Practice mode: no real system is configured" if is_practice else title]
    lines += [f"  {name:{width}}{value}\n  {'':{width}}from {source}" for name, (value, source) in used.items()]
    body = {name: {"value": value, "source": source} for name, (value, source) in used.items()}
    output.result("\n".join(lines), {"site": values.site, "practice": is_practice, "settings": body})


def check(output: Output) -> None:
    """Check every site of the configuration file, without connecting to a system.

    Raises:
        ParamError: A site is malformed; the error lists the problems of all sites.
        Refused: Other users can change the configuration file, or read a password in it.
    """
    file = site_file.read(os.environ)
    if file is None:
        path = site_file.default_path(os.environ)
        output.result(f"{path} does not exist; nothing to check.", {"path": str(path), "sites": []})
        return
    problems: list[str] = []
    for site in file.sites:
        try:
            settings.from_values(sources.of_site(file, site, {}, has_token=False))
        except ParamError as error:
            problems += error.problems
    if problems:
        raise ParamError(problems=problems, next_step=f"correct {file.path}")
    output.result(
        f"{file.path} is valid: {count(len(file.sites), 'site')} ({', '.join(file.sites)}). "
        f"To check a site's systems: {commands.doctor_of('NAME')}",
        {"path": str(file.path), "sites": list(file.sites)},
    )


def _shown(name: str, value: str) -> str:
    if name in _ADDRESSES:
        return settings.without_credentials(value)
    if name == "host_exec":
        return value.split(" ", maxsplit=1)[0] + (" …" if " " in value else "")
    return value
