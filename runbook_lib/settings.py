"""Read the environment once into a frozen `Settings`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import platformdirs

from runbook_lib.errors import ParamError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "RUNBOOK_ATMOSPHERE_DB": "Atmosphere's database: postgresql://user@host:5432/atmo_prod or sqlite:////path/file",
        "RUNBOOK_TROPOSPHERE_DB": "Troposphere's database, written the same way",
        "RUNBOOK_CLOUDS": "provider id = name in clouds.yaml, comma separated: 4=iu,5=tacc",
        "RUNBOOK_HOME": "where the journal, the saved plans and the executed notebooks are kept",
    }
)
_REAL = ("RUNBOOK_ATMOSPHERE_DB", "RUNBOOK_TROPOSPHERE_DB", "RUNBOOK_CLOUDS")
_DATABASE_URL = re.compile(r"(postgres|postgresql|sqlite)://\S+")


@dataclass(frozen=True)
class Settings:
    """Where the real systems are; empty means the fixture.

    Attributes:
        atmosphere_db: Database URL of Atmosphere, or empty.
        troposphere_db: Database URL of Troposphere, or empty.
        clouds: Provider id → name of the cloud in ``clouds.yaml``.
        home: The folder of the journal, the plans and the runs.
    """

    atmosphere_db: str = ""
    troposphere_db: str = ""
    clouds: Mapping[int, str] = field(default_factory=dict)
    home: Path = field(default_factory=lambda: Path(platformdirs.user_state_dir("runbook")))

    @property
    def is_fixture(self) -> bool:
        """True when no real system is named: then everything runs on a private copy of the fixture."""
        return not (self.atmosphere_db or self.troposphere_db or self.clouds)

    def database_url(self, database: str) -> str:
        """Return the URL of ``atmosphere`` or ``troposphere``; empty when it is not configured."""
        return {"atmosphere": self.atmosphere_db, "troposphere": self.troposphere_db}[database]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of the environment; a variable that is set to nothing counts as not set.

    Raises:
        ParamError: A value is malformed. The value itself is not repeated: a database URL may hold a password.
    """
    env = {name: (os.environ if environ is None else environ).get(name, "").strip() for name in VARIABLES}
    problems = [
        f"{name} is not a database URL"
        for name in ("RUNBOOK_ATMOSPHERE_DB", "RUNBOOK_TROPOSPHERE_DB")
        if env[name] and not _DATABASE_URL.fullmatch(env[name])
    ]
    clouds: dict[int, str] = {}
    for item in filter(None, env["RUNBOOK_CLOUDS"].split(",")):
        provider, _, cloud = item.partition("=")
        if provider.strip().isdecimal() and cloud.strip():
            clouds[int(provider)] = cloud.strip()
        else:
            problems.append(f"RUNBOOK_CLOUDS has {item!r}, which is not 'provider id=cloud name'")
    if problems:
        forms = "; ".join(f"{name}: {text}" for name, text in VARIABLES.items() if name in _REAL)
        raise ParamError(problems=problems, next_step=f"set them in this form: {forms}")
    home = {"home": Path(env["RUNBOOK_HOME"]).expanduser().absolute()} if env["RUNBOOK_HOME"] else {}
    return Settings(
        atmosphere_db=env["RUNBOOK_ATMOSPHERE_DB"],
        troposphere_db=env["RUNBOOK_TROPOSPHERE_DB"],
        clouds=clouds,
        **home,
    )


def without_credentials(url: str) -> str:
    """Return a URL with user name, password and query taken out: fit for plans, journals and messages."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))
