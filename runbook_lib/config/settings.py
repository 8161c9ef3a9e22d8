"""Read the settings from the environment."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import platformdirs

from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    }
)
LOG_ZONE = "America/Phoenix"  # the default TIME_ZONE of Atmosphere's settings
TOKEN_VARIABLE = "RUNBOOK_API_TOKEN"  # noqa: S105 - a name, not a token
API_TOKEN = f"env:{TOKEN_VARIABLE}"
_PREFIX = "RUNBOOK_"
_RULES = ("RUNBOOK_APPROVAL", "RUNBOOK_MAX_CHANGES")
_LOCAL = ("RUNBOOK_HOME", "RUNBOOK_JOURNAL_HEAD", "RUNBOOK_SIGNING_KEY", "RUNBOOK_ALLOWED_SIGNERS")
_REAL = tuple(name for name in VARIABLES if name not in (*_LOCAL, *_RULES))
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/?#@,\[\]]*)(?::[0-9]+)?"
# Strict, so that a password with an unescaped character is never shown as part of an address.
_URL = re.compile(
    rf"(?P<scheme>[a-z]+://)(?:[^\s/?#@]*@)?(?P<place>{_HOST}(?:,{_HOST})*(?:/[^\s?#@]*)?)"
    r"(?:\?(?:[^\s=&#]+=[^\s=&#]*(?:&|$))*)?"
)
_WEB = re.compile(r"https?://[^\s/@]+(/\S*)?")
_SQLITE = re.compile(r"(?P<scheme>sqlite://)(?P<place>[^?#]+)(?:\?\S*)?")


def variable(setting: str) -> str:
    """Return the environment variable of a setting, such as ``RUNBOOK_API_URL`` of ``api_url``."""
    return f"{_PREFIX}{setting.upper()}"


@dataclass(frozen=True)
class Settings:
    """The addresses of the real systems; practice mode if none is configured.

    Attributes:
        atmosphere_db: The URL of Atmosphere's database, or empty.
        troposphere_db: The URL of Troposphere's database, or empty.
        clouds: Provider ID → name of the cloud in ``clouds.yaml``.
        api_url: The root of Atmosphere's REST API, or empty.
        flower_url: The root of Flower, or empty.
        broker_url: The URL of Celery's broker, or empty.
        argo_url: The root of the Kubernetes API that holds Argo's workflows, or empty.
        log_dir: The parent of the log folders of Atmosphere, Celery and Troposphere; None when not configured.
        log_zone: Atmosphere's TIME_ZONE, the zone of its log lines.
        host_exec: The prefix of commands on Atmosphere's host; empty when the host is not configured.
        home: The folder of the journal, the saved plans and the runs.
        journal_head: The folder of the heads of real journals.
        approved_procedures: The procedures whose plans another operator must approve; ``*`` means all.
        approved_above: Plans with more changes than this need an approval; None for no such rule.
        max_changes: The largest number of changes of one plan; None for no limit.
        signing_key: The OpenSSH key that signs records; None if they are not signed.
        allowed_signers: OpenSSH's list of allowed signers; None if the site does not use signatures.
    """

    atmosphere_db: str = ""
    troposphere_db: str = ""
    clouds: Mapping[int, str] = field(default_factory=dict)
    api_url: str = ""
    flower_url: str = ""
    broker_url: str = ""
    argo_url: str = ""
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
    """Return the settings of the environment. A blank variable counts as not set.

    Raises:
        ParamError: A variable is unknown, or a value is malformed. No value is repeated: it can hold a secret.
    """
    env = {name: (os.environ if environ is None else environ).get(name, "").strip() for name in VARIABLES}
    problems = _unknown_names(environ)
    problems += [
        f"{name} is not a database URL (in user name and password, write % @ : / ? # as %25 %40 %3A %2F %3F %23)"
        for name in ("RUNBOOK_ATMOSPHERE_DB", "RUNBOOK_TROPOSPHERE_DB")
        if env[name] and not _is_database_url(env[name])
    ]
    clouds: dict[int, str] = {}
    for number, item in enumerate(filter(None, env["RUNBOOK_CLOUDS"].split(",")), 1):
        provider, _, cloud = item.partition("=")
        if not (re.fullmatch(r"[0-9]{1,9}", provider.strip()) and cloud.strip()):
            problems.append(f"entry {number} of RUNBOOK_CLOUDS is not 'provider ID=cloud name'")
        elif int(provider) in clouds:
            problems.append(f"RUNBOOK_CLOUDS names provider {int(provider)} twice")
        else:
            clouds[int(provider)] = cloud.strip()
    problems += [
        f"{name} is not an http or https URL (without a user name or password)"
        for name in ("RUNBOOK_API_URL", "RUNBOOK_FLOWER_URL", "RUNBOOK_ARGO_URL")
        if env[name] and not _WEB.fullmatch(env[name])
    ]
    host_exec = _host_exec(env["RUNBOOK_HOST_EXEC"], problems)
    log_dir, log_zone = _log_dir(env["RUNBOOK_LOG_DIR"], problems)
    rules = _rules(env["RUNBOOK_APPROVAL"], env["RUNBOOK_MAX_CHANGES"], problems)
    if problems:
        forms = "; ".join(f"{name}: {text}" for name, text in VARIABLES.items() if name in _REAL)
        raise ParamError(problems=problems, next_step=f"set them in this form: {forms}")
    paths: dict[str, Any] = {
        name.removeprefix(_PREFIX).lower(): Path(env[name]).expanduser().absolute() for name in _LOCAL if env[name]
    }
    return Settings(
        atmosphere_db=env["RUNBOOK_ATMOSPHERE_DB"],
        troposphere_db=env["RUNBOOK_TROPOSPHERE_DB"],
        clouds=clouds,
        api_url=env["RUNBOOK_API_URL"].rstrip("/"),
        flower_url=env["RUNBOOK_FLOWER_URL"].rstrip("/"),
        broker_url=env["RUNBOOK_BROKER_URL"],
        argo_url=env["RUNBOOK_ARGO_URL"].rstrip("/"),
        log_dir=log_dir,
        log_zone=log_zone,
        host_exec=host_exec,
        **paths,
        **rules,
    )


def check_names(environ: Mapping[str, str] | None = None) -> None:
    """Raise if the environment has an unknown ``RUNBOOK_`` variable. Do not read any values.

    Raises:
        ParamError: A variable is unknown. If it is a misspelled setting, the command would run without that setting.
    """
    if problems := _unknown_names(environ):
        settings = ", ".join([*VARIABLES, TOKEN_VARIABLE])
        raise ParamError(problems=problems, next_step=f"unset it or correct its name; the settings are {settings}")


def _unknown_names(environ: Mapping[str, str] | None) -> list[str]:
    """Return a sentence for each variable that has the runbook's prefix but is not a setting."""
    settings = [*VARIABLES, TOKEN_VARIABLE]
    problems = []
    for name in sorted(os.environ if environ is None else environ):
        if name.startswith(_PREFIX) and name not in settings:
            similar = difflib.get_close_matches(name, settings, n=1, cutoff=0.75)
            problems.append(f"{name} is not a setting" + (f": did you mean {similar[0]}?" if similar else ""))
    return problems


def _rules(approval: str, max_changes: str, problems: list[str]) -> dict[str, Any]:
    """Return the settings of ``RUNBOOK_APPROVAL`` and ``RUNBOOK_MAX_CHANGES``, and add what is wrong with them."""
    names, above = set(), []
    for item in filter(None, (part.strip() for part in approval.split(","))):
        if re.fullmatch(r"> *[0-9]{1,6}", item):
            above.append(int(item[1:]))
        elif re.fullmatch(r"[a-z][a-z_]*|\*", item):
            names.add(item)
        else:
            problems.append(f"RUNBOOK_APPROVAL has {item!r}, which is neither a procedure, nor *, nor >NUMBER")
    if max_changes and not re.fullmatch(r"[0-9]{1,6}", max_changes):
        problems.append("RUNBOOK_MAX_CHANGES is not a whole number")
        max_changes = ""
    return {
        "approved_procedures": frozenset(names),
        "approved_above": min(above) if above else None,
        "max_changes": int(max_changes) if max_changes else None,
    }


def _host_exec(text: str, problems: list[str]) -> tuple[str, ...]:
    """Return the arguments of ``RUNBOOK_HOST_EXEC``; append its problem to `problems`."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        problems.append("RUNBOOK_HOST_EXEC has a quotation mark that is not closed, or a backslash at its end")
        return ()


def _log_dir(text: str, problems: list[str]) -> tuple[Path | None, str]:
    """Return the folder and the time zone of ``RUNBOOK_LOG_DIR``; append its problems to `problems`."""
    folder, _, zone = text.partition(",zone=")
    if not folder.strip():
        return None, LOG_ZONE
    zone = zone.strip() or LOG_ZONE
    try:
        ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        problems.append(f"RUNBOOK_LOG_DIR names a zone after ',zone=' that is not a time zone such as {LOG_ZONE}")
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
