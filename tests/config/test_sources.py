"""The choice of the site: the environment wins over the file, and a file means that practice mode is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.config import settings, sources
from runbook_lib.errors import ParamError
from tests.config.test_site_file import SITES, write

if TYPE_CHECKING:
    from pathlib import Path

NO_DEFAULT = SITES.replace('default_site = "prod"', "")


def test_site_of_the_file_is_used(tmp_path: Path) -> None:
    """The default site is used unless ``RUNBOOK_SITE`` names another one."""
    environ = write(tmp_path, SITES)

    assert ("prod", {4: "iu", 5: "ta cc"}) == (settings.load(environ).site, settings.load(environ).clouds)
    assert "file:/etc/runbook/token" == settings.load(environ).api_token
    other = settings.load(environ | {"RUNBOOK_SITE": "test"})
    assert ("test", "/srv/logs", {}) == (other.site, str(other.log_dir), other.clouds)


def test_variable_wins_over_the_site(tmp_path: Path) -> None:
    """The other settings still come from the site, and the error about a value names its source."""
    environ = write(tmp_path, SITES) | {"RUNBOOK_CLOUDS": "7=other", "RUNBOOK_API_TOKEN": "abcdefgh"}
    values = sources.read(environ)

    assert {7: "other"} == settings.load(environ).clouds
    assert "env:RUNBOOK_API_TOKEN" == settings.load(environ).api_token
    assert "RUNBOOK_CLOUDS" == values.name("clouds")
    assert f"atmosphere_db of [sites.prod] in {tmp_path}/config.toml" == values.name("atmosphere_db")


def test_malformed_value_of_a_site_names_its_key(tmp_path: Path) -> None:
    """The value itself is not repeated."""
    environ = write(tmp_path, "[sites.prod]\napi_url = 's3cret'")

    with pytest.raises(ParamError) as caught:
        settings.load(environ | {"RUNBOOK_SITE": "prod"})
    assert f"api_url of [sites.prod] in {tmp_path}/config.toml is not an http or https URL" in caught.value.what
    assert "s3cret" not in str(caught.value)


def test_file_without_a_chosen_site_is_refused(tmp_path: Path) -> None:
    """A forgotten option must not end in a success on sample data."""
    environ = write(tmp_path, NO_DEFAULT)

    with pytest.raises(ParamError, match=r"no site is chosen, and .* has 2 sites") as caught:
        settings.load(environ)
    assert "add --site NAME (prod, test), or --practice for practice mode" == caught.value.next_step
    assert "" == settings.pages_url(environ)
    assert {4: "x"} == settings.load(environ | {"RUNBOOK_CLOUDS": "4=x"}).clouds


@pytest.mark.parametrize("text", [SITES, NO_DEFAULT, SITES.replace('"prod"', '"practice"', 1)])
def test_practice_mode_ignores_real_systems(tmp_path: Path, text: str) -> None:
    """Asked for, it keeps only settings that lead to no system."""
    environ = write(tmp_path, text) | {"RUNBOOK_ATMOSPHERE_DB": "postgresql://db/a", "RUNBOOK_HOME": "/srv/home"}
    loaded = settings.load(environ | {"RUNBOOK_SITE": "practice"})

    assert loaded.is_practice
    assert ("", "", "/srv/home") == (loaded.site, loaded.atmosphere_db, str(loaded.home))


def test_practice_mode_can_be_the_default(tmp_path: Path) -> None:
    """A site's file can say so; then a real site must be named."""
    environ = write(tmp_path, SITES.replace('"prod"', '"practice"', 1))

    assert settings.load(environ).is_practice
    assert not settings.load(environ | {"RUNBOOK_SITE": "prod"}).is_practice


def test_site_without_a_system_is_refused(tmp_path: Path) -> None:
    """It would be practice mode under the name of a site."""
    environ = write(tmp_path, "default_site = 'prod'\n[sites.prod]\nhome = '/srv/home'")

    with pytest.raises(ParamError, match=r"\[sites.prod\] in .* has no system"):
        settings.load(environ)


def test_site_without_a_file_is_refused() -> None:
    """The name would otherwise be ignored, and the command would practice."""
    with pytest.raises(ParamError, match=r"there is no site 'prod', because .*/runbook/config\.toml does not exist"):
        settings.load({"RUNBOOK_SITE": "prod"})
