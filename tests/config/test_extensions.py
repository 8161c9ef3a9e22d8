"""Procedures, notebooks and rules of the site's own: as good as ours, and a mistake in them disables nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from runbook_lib.cli.main import main
from runbook_lib.config import extensions
from runbook_lib.config.extensions import GROUP, Extension, MissingExtension
from runbook_lib.errors import InvalidProcedure, ParamError
from runbook_lib.messages import rules
from runbook_lib.notebook import notebook_files
from runbook_lib.notebook.papermill_io import ProcedureHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE = Path(__file__).resolve().parents[1] / "extension"
NAME = "list_providers"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the sample, which the setting names."""
    folder = tmp_path / "own"
    shutil.copytree(SAMPLE, folder)
    monkeypatch.setenv("RUNBOOK_PROCEDURES_DIR", str(folder))
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of an installed package that registers the sample with an entry point."""
    site = tmp_path / "site-packages"
    shutil.copytree(SAMPLE, site / "acme_runbook" / "procedures")
    for part in ("", "procedures"):
        (site / "acme_runbook" / part / "__init__.py").touch()
    _register(site, "acme", "acme_runbook.procedures")
    monkeypatch.syspath_prepend(str(site))
    extensions._installed.cache_clear()
    yield site
    extensions._installed.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_runbook"]:
        del sys.modules[name]


def _register(site: Path, name: str, package: str) -> None:
    record = site / f"{name}-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {package}\n")


def test_without_extensions_only_our_procedures_are_listed() -> None:
    """The default."""
    assert () == extensions.every()
    assert NAME not in procedures.names()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("list",), "List the providers with the number of their instances"),
        (("show", NAME), f"runbook inspect {NAME}"),
        (("inspect", NAME), "Instances per provider"),
        (("triage", "error ACME-4711: the rack is full"), "The capacity of the provider is used up."),
    ],
)
def test_commands_accept_own_procedures_and_rules(
    arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a difference to ours."""
    assert 0 == main([*arguments])
    assert expected in capsys.readouterr().out


def test_folder_of_a_site_is_read_from_the_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``procedures_dir`` of the chosen site."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'[sites.acme]\natmosphere_db = "postgresql://a@127.0.0.1:1/x"\nprocedures_dir = "{SAMPLE}"\n'
        '[sites.other]\natmosphere_db = "postgresql://a@127.0.0.1:1/x"\n'
    )
    file.chmod(0o600)
    monkeypatch.setenv("RUNBOOK_CONFIG", str(file))

    codes = [main(["--site", site, "show", NAME]) for site in ("acme", "other")]

    assert [0, 2] == codes
    assert f"there is no procedure {NAME}" in capsys.readouterr().err


@pytest.mark.usefixtures("installed")
def test_installed_package_adds_its_procedures_and_rules() -> None:
    """By its entry point, in every site and in practice mode."""
    assert f"acme_runbook.procedures.{NAME}" == (procedures.find(NAME).inspects or main).__wrapped__.__module__  # type: ignore[attr-defined]
    assert "acme-console-full" in {rule.id for rule in rules.every()}
    assert f"site-packages/acme_runbook/procedures/notebooks/{NAME}.py" in str(notebook_files.path(NAME))


def test_name_clash_is_refused_with_both_files(folder: Path) -> None:
    """Neither of the two modules wins; every other procedure works."""
    (folder / f"{NAME}.py").rename(folder / "grant_staff.py")

    with pytest.raises(InvalidProcedure) as caught:
        procedures.find("grant_staff")

    expected = f"{folder}/grant_staff.py: module has the name of runbook_lib/procedures/grant_staff.py; rename it"
    assert expected in str(caught.value)
    assert ["grant_staff"] == [name for error in procedures.broken() for name in error.procedures]
    assert procedures.find("revoke_staff").plans


def test_same_procedure_in_a_folder_and_a_package_is_a_clash(installed: Path, folder: Path) -> None:
    """Both are named."""
    with pytest.raises(InvalidProcedure) as caught:
        procedures.find(NAME)

    assert f"{folder}/{NAME}.py" in str(caught.value)
    assert f"{installed}/acme_runbook/procedures/{NAME}.py" in str(caught.value)


def test_mistake_in_a_module_disables_only_that_module(folder: Path) -> None:
    """It is reported as a mistake in one of ours is."""
    (folder / "list_zones.py").write_text("raise SystemExit\n")

    assert ["list_zones"] == [name for error in procedures.broken() for name in error.procedures]
    assert procedures.find(NAME).inspects


def test_mistake_in_rules_disables_only_their_file(folder: Path) -> None:
    """Malformed rules, and rules with an id of ours."""
    (folder / "rules" / "broken.toml").write_text("[[rule]]\nid = 1\n")
    first = rules.every()[0]
    text = (folder / "rules" / "acme.toml").read_text(encoding="utf-8")
    (folder / "rules" / "clash.toml").write_text(text.replace("acme-console-full", first.id))

    reported = "\n".join(str(error) for error in procedures.broken())

    assert "acme-console-full" in {rule.id for rule in rules.every()}
    assert 2 == len(procedures.broken())
    assert f"{folder}/rules/broken.toml: rules can't be read" in reported
    assert f"{folder}/rules/clash.toml: rules have the ids of other rules: {first.id}" in reported


def test_missing_folder_disables_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file server that is down does not stop the procedures that are here."""
    monkeypatch.setenv("RUNBOOK_PROCEDURES_DIR", str(tmp_path / "gone"))

    [error] = procedures.broken()

    assert "the setting procedures_dir: extension can't be used: there is no such folder" in str(error)
    assert procedures.find("grant_staff").plans
    with pytest.raises(ParamError, match=f"there is no procedure {NAME}"):
        procedures.find(NAME)


@pytest.mark.parametrize(
    ("package", "why"), [("no_such_package", "there is no such package"), ("acme_broken.x", "it can't be imported")]
)
def test_entry_point_that_leads_nowhere_disables_nothing_else(installed: Path, package: str, why: str) -> None:
    """The package was removed, or its import fails."""
    (installed / "acme_broken").mkdir()
    (installed / "acme_broken" / "__init__.py").write_text("1 / 0\n")
    _register(installed, "lost", package)

    [error] = procedures.broken()

    assert f"the entry point lost of {GROUP}: extension can't be used: {why}" in str(error)
    assert procedures.find(NAME).inspects
    assert [Extension, MissingExtension] == [type(extension) for extension in extensions.every()]


def test_papermill_reads_own_notebooks_by_name_and_by_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it reads ours."""
    monkeypatch.chdir(folder)
    by_name = ProcedureHandler.read(f"runbook://{NAME}")

    assert f'"procedure": "{NAME}"' in by_name
    for path in (f"./notebooks/{NAME}.py", f"{folder}/notebooks/{NAME}.py"):
        assert by_name == ProcedureHandler.read(path)
        with pytest.raises(ValueError, match="is a procedure"):
            ProcedureHandler.write("{}", path)


def test_own_notebook_is_checked_like_ours(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is run in practice mode and stamped; a wrong part is named with its file."""
    executed = tmp_path / "executed"

    code = main(["check-notebooks", NAME, "--executed", str(executed)])

    assert (0, "") == (code, capsys.readouterr().err)
    assert {f"{NAME}.ipynb", "stamps.json"} == {path.name for path in executed.iterdir()}
    notebook = folder / "notebooks" / f"{NAME}.py"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("## If it fails", "## Failures"))
    assert 3 == main(["check-notebooks", NAME, "--executed", str(executed)])
    assert f"{notebook}: " in capsys.readouterr().err


def test_folder_that_others_can_change_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its modules are run with the operator's rights."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o777)
    monkeypatch.setenv("RUNBOOK_PROCEDURES_DIR", str(tmp_path / "own"))

    [extension] = extensions.every()
    assert isinstance(extension, MissingExtension)
    assert "every user of this host can change it" == extension.why
    (tmp_path / "own").chmod(0o755)
    assert [Extension] == [type(extension) for extension in extensions.every()]
