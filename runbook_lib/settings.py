"""Read the environment once into a frozen `Settings`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

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
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/?#@,\[\]]*)(?::[0-9]+)?"
# Strict, so that a password with a character that should have been escaped can't pass for an address that is shown.
_URL = re.compile(
    rf"(?P<scheme>[a-z]+://)(?:[^\s/?#@]*@)?(?P<place>{_HOST}(?:,{_HOST})*(?:/[^\s?#@]*)?)"
    r"(?:\?(?:[^\s=&#]+=[^\s=&#]*(?:&|$))*)?"
)
_SQLITE = re.compile(r"(?P<scheme>sqlite://)(?P<place>[^?#]+)(?:\?\S*)?")


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
        f"{name} is not a database URL (in its user name and password, % @ : / ? # are written %25 %40 %3A %2F %3F %23)"
        for name in ("RUNBOOK_ATMOSPHERE_DB", "RUNBOOK_TROPOSPHERE_DB")
        if env[name] and not _is_database_url(env[name])
    ]
    clouds: dict[int, str] = {}
    for item in filter(None, env["RUNBOOK_CLOUDS"].split(",")):
        provider, _, cloud = item.partition("=")
        if not (re.fullmatch(r"[0-9]{1,9}", provider.strip()) and cloud.strip()):
            problems.append(f"RUNBOOK_CLOUDS has {item!r}, which is not 'provider id=cloud name'")
        elif int(provider) in clouds:
            problems.append(f"RUNBOOK_CLOUDS names provider {int(provider)} twice")
        else:
            clouds[int(provider)] = cloud.strip()
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
    """Return a URL with user name, password and query taken out: fit for plans, journals and messages.

    Of what is no URL nothing is returned, for it is not known which part of it is the password.
    """
    found = _SQLITE.fullmatch(url) or _URL.fullmatch(url)
    return found["scheme"] + found["place"] if found else "(not a URL)"


def _is_database_url(text: str) -> bool:
    found = _SQLITE.fullmatch(text) or _URL.fullmatch(text)
    return found is not None and found["scheme"] in {"sqlite://", "postgres://", "postgresql://"}
