"""Read the settings of a site from the environment and the configuration file."""

from __future__ import annotations

import hashlib
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import platformdirs

from runbook_lib.config import sources
from runbook_lib.config.variables import SYSTEMS, TOKEN, VARIABLES, setting
from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.config.sources import Values

LOG_ZONE = "America/Phoenix"  # the default TIME_ZONE of Atmosphere's settings
API_TOKEN = f"env:{TOKEN}"
_LOCAL = ("home", "journal_head", "signing_key", "allowed_signers", "procedures_dir", "pages_logo")
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/?#@,\[\]]*)(?::[0-9]+)?"
# Strict, so that a password with an unescaped character is never shown as part of an address.
_URL = re.compile(
    rf"(?P<scheme>[a-z]+://)(?:[^\s/?#@]*@)?(?P<place>{_HOST}(?:,{_HOST})*(?:/[^\s?#@]*)?)"
    r"(?:\?(?:[^\s=&#]+=[^\s=&#]*(?:&|$))*)?"
)
_WEB = re.compile(r"https?://[^\s/@]+(/\S*)?")
_SQLITE = re.compile(r"(?P<scheme>sqlite://)(?P<place>[^?#]+)(?:\?\S*)?")


@dataclass(frozen=True)
class Settings:
    """The addresses of the real systems; practice mode if none is configured.

    Attributes:
        site: The site of the configuration file that they come from; empty for none.
        atmosphere_db: The URL of Atmosphere's database, or empty.
        troposphere_db: The URL of Troposphere's database, or empty.
        clouds: Provider ID → name of the cloud in ``clouds.yaml``.
        api_url: The root of Atmosphere's REST API, or empty.
        api_token: The reference to its token.
        flower_url: The root of Flower, or empty.
        broker_url: The URL of Celery's broker, or empty.
        argo_url: The root of the Kubernetes API that holds Argo's workflows, or empty.
        log_dir: The parent of the log folders of Atmosphere, Celery and Troposphere; None when not configured.
        log_zone: Atmosphere's TIME_ZONE, the zone of its log lines.
        pages_url: The root of this site's pages, or empty.
        host_exec: The prefix of commands on Atmosphere's host; empty when the host is not configured.
        home: The folder of the journal, the saved plans and the runs.
        journal_head: The folder of the heads of real journals.
        approved_procedures: The procedures whose plans another operator must approve; ``*`` means all.
        approved_above: Plans with more changes than this need an approval; None for no such rule.
        max_changes: The largest number of changes of one plan; None for no limit.
        signing_key: The OpenSSH key that signs records; None if they are not signed.
        allowed_signers: OpenSSH's list of allowed signers; None if the site does not use signatures.
        pages_name: The title of this site's pages; empty for the default.
        pages_logo: The file of their logo; None for the default.
        pages_edit: The address to edit a page or report a problem with it, with ``{path}``; empty for none.
        procedures_dir: The folder of the site's own procedures; None when not configured.
    """

    site: str = ""
    atmosphere_db: str = ""
    troposphere_db: str = ""
    clouds: Mapping[int, str] = field(default_factory=dict)
    api_url: str = ""
    api_token: str = API_TOKEN
    flower_url: str = ""
    broker_url: str = ""
    argo_url: str = ""
    pages_url: str = ""
    log_dir: Path | None = None
    log_zone: str = LOG_ZONE
    host_exec: tuple[str, ...] = ()
    home: Path = field(default_factory=lambda: Path(platformdirs.user_state_dir("runbook")))
    journal_head: Path = field(default_factory=lambda: Path(platformdirs.user_state_dir("runbook-heads")))
    approved_procedures: frozenset[str] = frozenset()
    approved_above: int | None = None
    max_changes: int | None = None
    signing_key: Path | None = None
    allowed_signers: Path | None = None
    pages_name: str = ""
    pages_logo: Path | None = None
    pages_edit: str = ""
    procedures_dir: Path | None = None

    @property
    def is_practice(self) -> bool:
        """Whether no real system is configured, so that everything uses sample data."""
        systems = (self.atmosphere_db, self.troposphere_db, self.clouds, self.api_url, self.flower_url, self.broker_url)
        return not any((*systems, self.argo_url, self.log_dir, self.host_exec))

    @property
    def journal_folder(self) -> Path:
        """The folder of the journal. Practice mode has its own, so that sample runs never mix with real ones."""
        return self.home / "practice" if self.is_practice else self.home

    @property
    def journal_head_file(self) -> Path:
        """The file of the journal's head; in practice mode it stays in the home, outside the journal's folder."""
        if self.is_practice:
            return self.home / "practice-journal.head.json"
        name = hashlib.sha256(str(self.journal_folder.resolve()).encode()).hexdigest()[:16]
        return self.journal_head / f"{name}.json"

    def database_url(self, database: str) -> str:
        """Return the URL of ``atmosphere`` or ``troposphere``; empty when it is not configured."""
        return {"atmosphere": self.atmosphere_db, "troposphere": self.troposphere_db}[database]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings: each variable of the environment, else the key of the chosen site. Blank means not set.

    Raises:
        ParamError: A variable, a key or the site is unknown, a value is malformed, or a configuration file exists and
            neither a site nor practice mode is chosen. No value is repeated: it can hold a secret.
        Refused: Other users can change the configuration file, or read a password in it.
    """
    return from_values(sources.read(environ))


def zone(environ: Mapping[str, str] | None = None) -> str:
    """Return the time zone of Atmosphere's logs. Like `pages_url`, it needs no chosen site.

    Raises:
        ParamError, Refused: As for `load`.
    """
    return from_values(sources.read(environ, requires_site=False)).log_zone


def pages_url(environ: Mapping[str, str] | None = None) -> str:
    """Return the root of this site's pages; empty when not set. Unlike `load`, it needs no chosen site.

    Raises:
        ParamError, Refused: As for `load`.
    """
    return from_values(sources.read(environ, requires_site=False)).pages_url


def procedures_dir(environ: Mapping[str, str] | None = None) -> Path | None:
    """Return the folder of the site's own procedures; None when not set. Unlike `load`, it needs no chosen site.

    Raises:
        ParamError, Refused: As for `load`.
    """
    return from_values(sources.read(environ, requires_site=False)).procedures_dir


def from_values(values: Values) -> Settings:
    """Return the settings with these values.

    Raises:
        ParamError: A value is malformed.
    """
    problems = [
        f"{values.name(setting)} is not a database URL "
        "(in user name and password, write % @ : / ? # as %25 %40 %3A %2F %3F %23)"
        for setting in ("atmosphere_db", "troposphere_db")
        if values[setting] and not _is_database_url(values[setting])
    ]
    problems += [
        f"{values.name(setting)} is not an http or https URL (without a user name or password)"
        for setting in ("api_url", "flower_url", "argo_url", "pages_url", "pages_edit")
        if values[setting] and not _WEB.fullmatch(values[setting])
    ]
    clouds = _clouds(values, problems)
    host_exec = _host_exec(values, problems)
    log_dir, log_zone = _log_dir(values, problems)
    rules = _rules(values, problems)
    if problems:
        forms = "; ".join(f"{name}: {text}" for name, text in VARIABLES.items() if setting(name) in SYSTEMS)
        raise ParamError(problems=problems, next_step=f"set them in this form: {forms}")
    paths: dict[str, Any] = {name: Path(values[name]).expanduser().absolute() for name in _LOCAL if values[name]}
    return Settings(
        site=values.site,
        atmosphere_db=values["atmosphere_db"],
        troposphere_db=values["troposphere_db"],
        clouds=clouds,
        api_url=values["api_url"].rstrip("/"),
        api_token=values["api_token"] or API_TOKEN,
        flower_url=values["flower_url"].rstrip("/"),
        broker_url=values["broker_url"],
        argo_url=values["argo_url"].rstrip("/"),
        pages_url=values["pages_url"].rstrip("/"),
        pages_name=values["pages_name"],
        pages_edit=values["pages_edit"],
        log_dir=log_dir,
        log_zone=log_zone,
        host_exec=host_exec,
        **paths,
        **rules,
    )


def _clouds(values: Values, problems: list[str]) -> dict[int, str]:
    """Return provider ID → cloud; append what is wrong to `problems`."""
    name, clouds = values.name("clouds"), dict[int, str]()
    for number, item in enumerate(filter(None, values["clouds"].split(",")), 1):
        provider, _, cloud = item.partition("=")
        if not (re.fullmatch(r"[0-9]{1,9}", provider.strip()) and cloud.strip()):
            problems.append(f"entry {number} of {name} is not 'provider ID=cloud name'")
        elif int(provider) in clouds:
            problems.append(f"{name} names provider {int(provider)} twice")
        else:
            clouds[int(provider)] = cloud.strip()
    return clouds


def _rules(values: Values, problems: list[str]) -> dict[str, Any]:
    """Return the rules for applying plans; append what is wrong to `problems`."""
    names, above, max_changes = set(), [], values["max_changes"]
    for item in filter(None, (part.strip() for part in values["approval"].split(","))):
        if re.fullmatch(r"> *[0-9]{1,6}", item):
            above.append(int(item[1:]))
        elif re.fullmatch(r"[a-z][a-z_]*|\*", item):
            names.add(item)
        else:
            problems.append(f"{values.name('approval')} has {item!r}, which is neither a procedure, nor *, nor >NUMBER")
    if max_changes and not re.fullmatch(r"[0-9]{1,6}", max_changes):
        problems.append(f"{values.name('max_changes')} is not a whole number")
        max_changes = ""
    return {
        "approved_procedures": frozenset(names),
        "approved_above": min(above) if above else None,
        "max_changes": int(max_changes) if max_changes else None,
    }


def _host_exec(values: Values, problems: list[str]) -> tuple[str, ...]:
    """Return the prefix of commands on the host; append what is wrong to `problems`."""
    try:
        return tuple(shlex.split(values["host_exec"]))
    except ValueError:
        problems.append(
            f"{values.name('host_exec')} has a quotation mark that is not closed, or a backslash at its end"
        )
        return ()


def _log_dir(values: Values, problems: list[str]) -> tuple[Path | None, str]:
    """Return the folder and the time zone of the logs; append what is wrong to `problems`."""
    folder, _, zone = values["log_dir"].partition(",zone=")
    if not folder.strip():
        return None, LOG_ZONE
    zone = zone.strip() or LOG_ZONE
    try:
        ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        problems.append(
            f"{values.name('log_dir')} names a zone after ',zone=' that is not a time zone such as {LOG_ZONE}"
        )
    return Path(folder.strip()).expanduser().absolute(), zone


def without_credentials(url: str) -> str:
    """Return a URL without user name, password and query, for plans, journals and messages.

    If the text is not a URL, no part of it is returned, because any part can be the password.
    """
    match = _SQLITE.fullmatch(url) or _URL.fullmatch(url)
    return match["scheme"] + match["place"] if match else "(not a URL)"


def _is_database_url(text: str) -> bool:
    match = _SQLITE.fullmatch(text) or _URL.fullmatch(text)
    return match is not None and match["scheme"] in {"sqlite://", "postgres://", "postgresql://"}
