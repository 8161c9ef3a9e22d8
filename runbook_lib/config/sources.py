"""Choose where the settings come from: the environment, and a site of the configuration file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.config import site_file
from runbook_lib.config.variables import SYSTEMS, TOKEN, VARIABLES, check_names, setting, variable
from runbook_lib.errors import ParamError
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.config.site_file import SiteFile


@dataclass(frozen=True)
class Values:
    """The values of the settings, as text, with their sources.

    Attributes:
        site: The chosen site; empty for none.
        path: The configuration file that the site comes from; empty for none.
        variables: Setting → value of its environment variable.
        keys: Setting → value in the site.
    """

    site: str
    path: str
    variables: Mapping[str, str]
    keys: Mapping[str, str]

    def __getitem__(self, setting: str) -> str:
        """Return the value of a setting; empty when it is not set."""
        return self.variables.get(setting, "") or self.keys.get(setting, "")

    def name(self, setting: str) -> str:
        """Return the name of the variable or key that has the value, for messages."""
        if self.variables.get(setting) or not self.keys.get(setting):
            return variable(setting)
        return f"{setting} of [sites.{self.site}] in {self.path}"


def read(environ: Mapping[str, str] | None = None, *, requires_site: bool = True) -> Values:
    """Return the values of the chosen site and of the environment, which wins.

    Args:
        environ: The environment; by default that of this process.
        requires_site: Whether a configuration file without a chosen site is an error.

    Raises:
        ParamError: A variable, a key or the site is unknown; or a configuration file exists, and neither a site nor
            practice mode is chosen.
        Refused: Other users can change the configuration file, or read a password in it.
    """
    env = os.environ if environ is None else environ
    check_names(env)
    variables = {setting(name): value for name in VARIABLES if (value := env.get(name, "").strip())}
    chosen = env.get("RUNBOOK_SITE", "").strip()
    file = None if chosen == site_file.PRACTICE else site_file.read(env)
    site = chosen or (file.default_site if file else "")
    if site == site_file.PRACTICE:
        return Values("", "", {name: value for name, value in variables.items() if name not in SYSTEMS}, {})
    if site:
        return of_site(_require(file, site, env), site, variables, has_token=bool(env.get(TOKEN)))
    if file and requires_site and not variables.keys() & SYSTEMS:
        raise ParamError(
            problems=[f"no site is chosen, and {file.path} has {count(len(file.sites), 'site')}"],
            next_step=f"add --site NAME ({', '.join(file.sites)}), or --practice for practice mode",
        )
    return Values("", "", variables, {})


def of_site(file: SiteFile, site: str, variables: Mapping[str, str], *, has_token: bool) -> Values:
    """Return the values of a site and of the variables, which win.

    Args:
        file: The configuration file.
        site: The site.
        variables: Setting → value of its environment variable.
        has_token: Whether the environment has the API's token, which then wins too.

    Raises:
        ParamError: The file has no such site, or the site has no system.
    """
    keys = dict(file.choose(site))
    if not (keys.keys() | variables.keys()) & SYSTEMS:
        raise ParamError(
            problems=[f"[sites.{site}] in {file.path} has no system"],
            next_step=f"add one of {', '.join(sorted(SYSTEMS))} to it; for practice mode, use --practice",
        )
    if has_token:
        keys.pop("api_token", None)
    return Values(site, str(file.path), variables, keys)


def _require(file: SiteFile | None, site: str, environ: Mapping[str, str]) -> SiteFile:
    if file is None:
        raise ParamError(
            problems=[f"there is no site {site!r}, because {site_file.default_path(environ)} does not exist"],
            next_step="write that file, as the page 'Settings' shows; or leave out --site and RUNBOOK_SITE",
        )
    return file
