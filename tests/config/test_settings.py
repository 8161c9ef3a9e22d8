"""Settings: read from the environment once, refused when malformed, shown without credentials."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.config import settings
from runbook_lib.config.variables import VARIABLES
from runbook_lib.errors import ParamError

PASSWORD = "hunter2-not-shown"


def test_no_variables_mean_the_fixture() -> None:
    """Without any variable everything runs on the fixture, and the home is the platform's state folder."""
    loaded = settings.load({})

    assert loaded.is_practice
    assert "runbook" == loaded.home.name
    assert loaded.home.is_absolute()


@pytest.mark.parametrize(
    "real",
    [
        {"RUNBOOK_ATMOSPHERE_DB": "postgresql://atmo@db/atmo_prod"},
        {"RUNBOOK_TROPOSPHERE_DB": "sqlite:////srv/troposphere.sqlite3"},
        {"RUNBOOK_CLOUDS": "4=iu"},
        {"RUNBOOK_LOG_DIR": "/srv/logs"},
    ],
)
def test_real_system_ends_practice_mode(real: dict[str, str]) -> None:
    """With one configured system, the others are real or not configured: the two never mix."""
    loaded = settings.load(real)

    assert not loaded.is_practice
    named = {name for name in ("atmosphere", "troposphere") if loaded.database_url(name)}
    assert named == {name for name in ("atmosphere", "troposphere") if f"RUNBOOK_{name.upper()}_DB" in real}


@pytest.mark.parametrize(
    ("text", "folder", "zone"),
    [
        ("/srv/at mo/logs", "/srv/at mo/logs", "America/Phoenix"),
        ("/srv/logs,zone=Europe/Berlin", "/srv/logs", "Europe/Berlin"),
        ("/srv/a,b , zone=x,zone= Etc/UTC ", "/srv/a,b , zone=x", "Etc/UTC"),
        ("~/logs,zone=", "/home/operator/logs", "America/Phoenix"),
    ],
)
def test_folder_of_the_logs_can_name_their_zone(
    monkeypatch: pytest.MonkeyPatch, text: str, folder: str, zone: str
) -> None:
    """Lines without an offset are in upstream's zone, unless another zone follows the folder."""
    monkeypatch.setenv("HOME", "/home/operator")
    loaded = settings.load({"RUNBOOK_LOG_DIR": text})

    assert (Path(folder), zone) == (loaded.log_dir, loaded.log_zone)


@pytest.mark.parametrize("zone", ["MST7MTD", "Mars/Olympus", "../../etc/passwd", "America", "America/Pho enix"])
def test_unknown_zone_is_refused(zone: str) -> None:
    """A wrong zone would shift every line by hours, so no zone is guessed."""
    with pytest.raises(
        ParamError, match="RUNBOOK_LOG_DIR names a zone after ',zone=' that is not a time zone"
    ) as caught:
        settings.load({"RUNBOOK_LOG_DIR": f"/srv/logs,zone={zone}"})
    assert repr(zone) not in str(caught.value)


@pytest.mark.parametrize(
    "variable", ["RUNBOOK_CLOUDS", "RUNBOOK_LOG_DIR", "RUNBOOK_HOST_EXEC", "RUNBOOK_API_URL", "RUNBOOK_ATMOSPHERE_DB"]
)
def test_malformed_value_is_not_repeated(variable: str) -> None:
    """It can hold a secret, such as one that was pasted into the wrong variable."""
    secret = "x9-secret"
    with pytest.raises(ParamError, match=variable) as caught:
        settings.load({variable: f"sshpass -p '{secret},zone={secret}"})
    assert secret not in str(caught.value)


@pytest.mark.parametrize("text", ["ssh 'atmo-prod", 'ssh "atmo-prod', "ssh atmo-prod\\"])
def test_unclosed_quotation_mark_is_refused(text: str) -> None:
    """The prefix of host commands has the quoting of a shell."""
    with pytest.raises(ParamError, match="RUNBOOK_HOST_EXEC has a quotation mark that is not closed"):
        settings.load({"RUNBOOK_HOST_EXEC": text})


@pytest.mark.parametrize("name", VARIABLES)
def test_empty_variable_counts_as_unset(name: str) -> None:
    """An empty variable, as a shell script leaves it, changes nothing."""
    assert settings.load({}) == settings.load({name: " "})


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without an argument the process's own variables are read."""
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("RUNBOOK_CLOUDS", "4=iu")

    assert (tmp_path, {4: "iu"}) == (settings.load().home, settings.load().clouds)


@pytest.mark.parametrize(
    ("text", "clouds"),
    [("4=iu,5=tacc", {4: "iu", 5: "tacc"}), (" 4 = iu , 5=ta cc ", {4: "iu", 5: "ta cc"}), ("4=iu,", {4: "iu"})],
)
def test_clouds_are_named_by_provider(text: str, clouds: dict[int, str]) -> None:
    """Blanks around the parts and a comma at the end do no harm."""
    assert clouds == settings.load({"RUNBOOK_CLOUDS": text}).clouds


@pytest.mark.parametrize("text", ["iu", "4", "4=", "=iu", "iu=4", "4:iu", "-4=iu", "٤=iu", "²=iu"])
def test_malformed_cloud_is_refused(text: str) -> None:
    """The error names the position of the malformed part, with the form 'provider id=cloud name'."""
    with pytest.raises(ParamError) as caught:
        settings.load({"RUNBOOK_CLOUDS": text})

    assert "entry 1 of RUNBOOK_CLOUDS is not 'provider ID=cloud name'" == caught.value.what
    assert "4=iu,5=tacc" in caught.value.next_step


def test_duplicate_provider_is_refused() -> None:
    """No cloud is guessed: a change in the wrong one would be real."""
    with pytest.raises(ParamError, match="names provider 4 twice"):
        settings.load({"RUNBOOK_CLOUDS": "4=iu,04=tacc"})


WRONG_URLS = [
    f"atmo:{PASSWORD}@db/atmo",
    f"postgresql:/atmo:{PASSWORD}@db/atmo",
    f"postgresql://atmo:{PASSWORD} @db/atmo",
    f"postgresql://atmo:{PASSWORD}@x@db/atmo",
    f"postgresql://atmo:{PASSWORD}/x@db/atmo",
    f"postgresql://atmo:{PASSWORD}?x@db/atmo",
    f"postgresql://atmo:{PASSWORD}#x@db/atmo",
    f"postgresql://atmo:{PASSWORD}[x@db/atmo?a",
    f"postgresql://db:{PASSWORD}/atmo",
]


def test_other_kind_of_database_is_refused() -> None:
    """Atmosphere runs on PostgreSQL; a URL with another scheme is invalid."""
    with pytest.raises(ParamError, match="is not a database URL"):
        settings.load({"RUNBOOK_TROPOSPHERE_DB": "mysql://atmo@db/atmo"})


@pytest.mark.parametrize("url", WRONG_URLS)
def test_malformed_database_url_is_refused_and_not_repeated(url: str) -> None:
    """A URL may hold a password, so a refusal names the variable and not its value."""
    with pytest.raises(ParamError) as caught:
        settings.load({"RUNBOOK_ATMOSPHERE_DB": url})

    assert "RUNBOOK_ATMOSPHERE_DB is not a database URL" in caught.value.what
    assert "postgresql://user@host:5432/atmo_prod" in caught.value.next_step
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in settings.without_credentials(url)


def test_all_problems_are_reported_at_once() -> None:
    """One correction of the environment is enough."""
    wrong = {"RUNBOOK_ATMOSPHERE_DB": "db", "RUNBOOK_TROPOSPHERE_DB": "db", "RUNBOOK_CLOUDS": "iu"}

    with pytest.raises(ParamError) as caught:
        settings.load(wrong)
    assert 3 == len(caught.value.problems)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://atmo:{PASSWORD}@db.example.org:5432/atmo_prod", "postgresql://db.example.org:5432/atmo_prod"),
        (f"postgres://atmo:{PASSWORD}@db/atmo?sslmode=require", "postgres://db/atmo"),
        (f"postgresql://db/atmo?user=atmo&password={PASSWORD}", "postgresql://db/atmo"),
        (f"postgresql:///atmo?host=/run/postgresql&password={PASSWORD}&x=a@b", "postgresql:///atmo"),
        (f"postgresql://atmo:{PASSWORD}@[2001:db8::1]:5432/atmo", "postgresql://[2001:db8::1]:5432/atmo"),
        (f"postgresql://atmo:{PASSWORD}@db1:5432,db2:5432/atmo", "postgresql://db1:5432,db2:5432/atmo"),
        (f"postgresql://at%40mo:{PASSWORD}%2F%3F@db/atmo", "postgresql://db/atmo"),
        (f"postgresql://?dbname=atmo&password={PASSWORD}", "postgresql://"),
        (f"https://nova:{PASSWORD}@cloud.example.org:9292/v2?x=1", "https://cloud.example.org:9292/v2"),
        ("sqlite:////srv/at mo@home.sqlite3?mode=ro", "sqlite:////srv/at mo@home.sqlite3"),
    ],
)
def test_database_is_shown_without_credentials(url: str, shown: str) -> None:
    """Host, port and name stay; user, password and query are removed from every form of URL."""
    assert shown == settings.without_credentials(url)


def test_database_url_is_passed_on_unchanged() -> None:
    """The connection uses the credentials that no screen shows."""
    url = f"postgresql://at%40mo:{PASSWORD}%2F%3F@db1:5432,db2:5432/atmo?sslmode=require"

    assert url == settings.load({"RUNBOOK_ATMOSPHERE_DB": url}).database_url("atmosphere")


def test_relative_home_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``~`` and relative paths become absolute, so another working folder does not move the journal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/operator")

    assert tmp_path / "state" == settings.load({"RUNBOOK_HOME": "state"}).home
    assert Path("/home/operator/state") == settings.load({"RUNBOOK_HOME": "~/state"}).home


def test_settings_are_immutable() -> None:
    """Settings are read once; nothing redirects a running procedure."""
    loaded: Any = settings.load({})

    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.home = Path("/elsewhere")
