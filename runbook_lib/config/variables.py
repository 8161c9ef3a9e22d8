"""The settings by name: each is an environment variable, and a key of a site in the configuration file."""

from __future__ import annotations

import contextlib
import difflib
import os
from types import MappingProxyType
from typing import TYPE_CHECKING

from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "RUNBOOK_ATMOSPHERE_DB": "Atmosphere's database: postgresql://user@host:5432/atmo_prod or sqlite:////path/file",
        "RUNBOOK_TROPOSPHERE_DB": "Troposphere's database, in the same form",
        "RUNBOOK_CLOUDS": "provider ID = name in clouds.yaml, comma-separated: 4=iu,5=tacc",
        "RUNBOOK_API_URL": "the root of Atmosphere's API, ends in /api; its token is read from RUNBOOK_API_TOKEN",
        "RUNBOOK_FLOWER_URL": "Flower, such as https://atmo.example.org/flower; a login is read from ~/.netrc",
        "RUNBOOK_BROKER_URL": "Celery's broker, such as redis://127.0.0.1:6379/0",
        "RUNBOOK_ARGO_URL": "the Kubernetes API of Argo's cluster; the account is read from ~/.kube/config",
        "RUNBOOK_LOG_DIR": "the parent of the log folders, such as /srv/logs, with an optional time zone: "
        "/srv/logs,zone=America/Denver",
        "RUNBOOK_HOST_EXEC": "the prefix of commands that run on Atmosphere's host: ssh atmo-prod sudo",
        "RUNBOOK_HOME": "the folder of the journal, the saved plans and the executed notebooks",
        "RUNBOOK_APPROVAL": "the plans that another operator must approve, comma separated: procedures, * for all, "
        ">20 for more than 20 changes",
        "RUNBOOK_MAX_CHANGES": "the largest number of rows and objects that one plan may change",
        "RUNBOOK_JOURNAL_HEAD": "the folder of the journal's head, outside RUNBOOK_HOME",
        "RUNBOOK_SIGNING_KEY": "the OpenSSH key that signs your records: the file of a private key, or of a public key "
        "whose private key an agent holds",
        "RUNBOOK_ALLOWED_SIGNERS": "the operators and their keys, as OpenSSH's allowed_signers file",
        "RUNBOOK_PAGES_URL": "the address of this site's pages, for links in messages: https://example.org/runbook",
        "RUNBOOK_PAGES_NAME": "the title of this site's pages",
        "RUNBOOK_PAGES_LOGO": "the file of the logo of this site's pages",
        "RUNBOOK_PAGES_EDIT": "the address to edit a page or report a problem with it, where {path} is the page: "
        "https://git.example.org/runbook/issues/new?title={path}",
        "RUNBOOK_PROCEDURES_DIR": "a folder with procedures of your own, with their notebooks, rules and pages",
    }
)
# These choose the file and the site, so no file can have them.
CHOICES: Mapping[str, str] = MappingProxyType(
    {
        "RUNBOOK_CONFIG": "the configuration file; by default runbook/config.toml in the user's configuration folder",
        "RUNBOOK_SITE": "the site of the configuration file, like --site; practice asks for practice mode",
    }
)
# Each leads to a real system. With one of them, practice mode is off.
SYSTEMS = frozenset(
    {
        *("atmosphere_db", "troposphere_db", "clouds", "api_url"),
        *("flower_url", "broker_url", "argo_url", "log_dir", "host_exec"),
    }
)
TOKEN = "RUNBOOK_API_TOKEN"  # noqa: S105 - a name, not a token
_PREFIX = "RUNBOOK_"


def variable(setting: str) -> str:
    """Return the environment variable of a setting, such as ``RUNBOOK_API_URL`` of ``api_url``."""
    return f"{_PREFIX}{setting.upper()}"


def setting(variable: str) -> str:
    """Return the setting of an environment variable, such as ``api_url`` of ``RUNBOOK_API_URL``."""
    return variable.removeprefix(_PREFIX).lower()


def similar(name: str, names: list[str]) -> str:
    """Return a question that names the most similar name, or nothing."""
    guesses = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    return f": did you mean {guesses[0]}?" if guesses else ""


@contextlib.contextmanager
def chosen_site(site: str) -> Iterator[None]:
    """Set ``RUNBOOK_SITE`` inside, for this process and the kernels that it starts; nothing without a site."""
    saved = os.environ.get("RUNBOOK_SITE")
    if site:
        os.environ["RUNBOOK_SITE"] = site
    try:
        yield
    finally:
        if site and saved is None:
            del os.environ["RUNBOOK_SITE"]
        elif saved is not None:
            os.environ["RUNBOOK_SITE"] = saved


def check_names(environ: Mapping[str, str] | None = None) -> None:
    """Raise if the environment has an unknown ``RUNBOOK_`` variable. Do not read any values.

    Raises:
        ParamError: A variable is unknown. If it is a misspelled setting, the command would run without that setting.
    """
    if problems := _unknown_names(environ):
        settings = ", ".join([*VARIABLES, *CHOICES, TOKEN])
        raise ParamError(problems=problems, next_step=f"unset it or correct its name; the settings are {settings}")


def _unknown_names(environ: Mapping[str, str] | None) -> list[str]:
    """Return a sentence for each variable that has the runbook's prefix but is not a setting."""
    names = [*VARIABLES, *CHOICES, TOKEN]
    return [
        f"{name} is not a setting{similar(name, names)}"
        for name in sorted(os.environ if environ is None else environ)
        if name.startswith(_PREFIX) and name not in names
    ]
