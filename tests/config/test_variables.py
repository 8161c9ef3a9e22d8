"""The names of the settings: documented, few, and no other."""

from __future__ import annotations

import os

import pytest

from runbook_lib.config import settings, variables
from runbook_lib.config.variables import VARIABLES
from runbook_lib.errors import ParamError


def test_settings_stay_few() -> None:
    """Every variable is documented, and begins with RUNBOOK_."""
    assert len(VARIABLES) <= 20
    assert all(name.startswith("RUNBOOK_") and text for name, text in VARIABLES.items())


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("RUNBOOK_ATMOSPHERE_URL", ": did you mean RUNBOOK_ATMOSPHERE_DB?"),
        ("RUNBOOK_CLOUD", ": did you mean RUNBOOK_CLOUDS?"),
        ("RUNBOOK_SOMETHING_ELSE", ""),
    ],
)
def test_unknown_variable_is_refused(name: str, guess: str) -> None:
    """A misspelled variable would leave practice mode on: it is named, without its value."""
    with pytest.raises(ParamError) as caught:
        variables.check_names({name: "postgresql://x:secret@db/atmo"})

    assert f"{name} is not a setting{guess}" == caught.value.what
    assert "secret" not in str(caught.value)


def test_token_is_a_documented_variable() -> None:
    """It is read by reference, and `load` does not keep it as a setting."""
    assert settings.load({"RUNBOOK_API_TOKEN": "x"}).is_practice


def test_site_is_chosen_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards the variable is what it was before."""
    monkeypatch.delenv("RUNBOOK_SITE", raising=False)
    with variables.chosen_site("prod"):
        assert "prod" == os.environ["RUNBOOK_SITE"]
        with variables.chosen_site("test"):
            assert "test" == os.environ["RUNBOOK_SITE"]
        with variables.chosen_site(""):
            assert "prod" == os.environ["RUNBOOK_SITE"]
        assert "prod" == os.environ["RUNBOOK_SITE"]
    assert "RUNBOOK_SITE" not in os.environ
