"""The external systems: their texts in plans and journals, and the facts that code decides by."""

from __future__ import annotations

import dataclasses
import re

import pytest

from runbook_lib.config import variables
from runbook_lib.config.settings import Settings
from runbook_lib.errors import Refused
from runbook_lib.model import DATABASES, Call, System, SystemId, changes_as_json, changes_from_json

# What plans and journals of every release hold.
TEXTS = {
    "api": SystemId(System.API),
    "argo": SystemId(System.ARGO),
    "copy:5": SystemId(System.COPY, 5),
    "glance:4": SystemId(System.GLANCE, 4),
    "host": SystemId(System.HOST),
    "workers": SystemId(System.WORKERS),
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_in_a_plan_is_read_and_written(text: str) -> None:
    """A plan or a journal that any release wrote names the same systems."""
    call = Call(TEXTS[text], "target", "action", before=1, after=2)

    assert TEXTS[text] == SystemId.parse(text)
    assert text == str(TEXTS[text]) == call.as_json()[0]["system"]
    assert (call,) == changes_from_json(changes_as_json([call]))


@pytest.mark.parametrize("text", ["", "s3", "glance", "glance:", "glance:iu", "glance:04", "glance: 4", "api:4", "API"])
def test_text_of_no_system_is_refused(text: str) -> None:
    """The text is named."""
    assert SystemId.find(text) is None
    with pytest.raises(Refused, match=f"there is no system {re.escape(text)}"):
        SystemId.parse(text)


def test_provider_belongs_to_some_kinds_only() -> None:
    """Each provider has a Glance, and there is one API."""
    for kind, provider_id in ((System.GLANCE, None), (System.API, 4)):
        with pytest.raises(ValueError, match=f"{kind} with provider {provider_id}"):
            SystemId(kind, provider_id)
    with pytest.raises(ValueError, match="api does not belong to a provider"):
        _ = SystemId(System.API).provider
    assert 4 == SystemId(System.GLANCE, 4).provider


def test_every_setting_configures_a_system() -> None:
    """The table names existing settings; together with those of the runbook itself they are all settings."""
    fields = {item.name for item in dataclasses.fields(Settings)}
    named = {kind.facts.settings[0] for kind in System if kind.facts.settings}
    journal = {"RUNBOOK_JOURNAL_HEAD", "RUNBOOK_SIGNING_KEY", "RUNBOOK_ALLOWED_SIGNERS"}
    pages = {"RUNBOOK_PAGES_URL", "RUNBOOK_PAGES_NAME", "RUNBOOK_PAGES_LOGO", "RUNBOOK_PAGES_EDIT"}
    site = {"RUNBOOK_PROCEDURES_DIR", *pages}
    runbook = {"RUNBOOK_HOME", "RUNBOOK_APPROVAL", "RUNBOOK_MAX_CHANGES", *site, *journal}

    assert set() == named - fields
    assert named == variables.SYSTEMS
    assert {*variables.VARIABLES} - {variables.variable(name) for name in named} == runbook
    assert {variables.TOKEN} == {variable for kind in System for variable in kind.variables} - {*variables.VARIABLES}


def test_databases_are_systems_that_are_changed() -> None:
    """A row change names its database as a call names its system."""
    assert all(System(name).facts.is_changed for name in DATABASES)
