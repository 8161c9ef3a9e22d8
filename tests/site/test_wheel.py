"""An adopter's first day: the wheel in an empty folder builds a configured site with a procedure of the site's own."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from runbook_lib.pages import handwritten, site_check
from tests.services.site import made
from tests.site import adopt_page

ROOT = Path(__file__).resolve().parents[2]
UV = (str(Path(sys.executable).with_name("uv")), "--quiet")
ADDRESS = "https://acme.example.net/staff/runbook"
SITE = f"""\
[sites.prod]
atmosphere_db = "postgresql://atmo@127.0.0.1:1/atmo"
api_url = "https://atmosphere.example.net/api"
pages_url = "{ADDRESS}"
pages_name = "Acme runbook"
pages_logo = "{ROOT}/docs/assets/favicon.svg"
procedures_dir = "{ROOT}/tests/extension"
"""


def _run(*command: object, cwd: Path, code: int = 0, **variables: str) -> str:
    """Run a command without the checkout; return what it wrote."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUNBOOK_", "PYTHONPATH"))}
    ended = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={**kept, "NO_MKDOCS_2_WARNING": "1", "IPYTHONDIR": str(cwd / "ipython"), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert code == ended.returncode, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@functools.cache
def _wheel(folder: Path) -> Path:
    _run(*UV, "build", "--wheel", "--out-dir", folder, ROOT, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _install(folder: Path, wheel: Path, python: str, extra: str = "") -> Path:
    """Return the folder of the programs of a new environment with the wheel."""
    target = folder / "environment"
    _run(*UV, "venv", "--clear", "--python", python, target, cwd=folder)
    options = ("--python", target / "bin" / "python", "-c", ROOT / "constraints.txt")
    _run(*UV, "pip", "install", *options, f"runbook-lib{extra} @ {wheel.as_uri()}", cwd=folder)
    return target / "bin"


def _interpreter(version: str) -> str:
    """Return the path of a Python of this version that runs; empty if there is none."""
    candidates = [shutil.which(f"python{version}"), *Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    runs = (str(path) for path in candidates if path and not subprocess.run([path, "-c", ""], check=False).returncode)
    return next(runs, "")


def _check_404(site: Path) -> None:
    """Check that the page for missing pages, which any address can return, finds its styles and its logo."""
    page = site_check._Page((site / "404.html").read_text(encoding="utf-8"))
    path = f"{urlsplit(ADDRESS).path}/"
    local = [address for address in page.fetched if not urlsplit(address).scheme and not address.startswith("#")]
    assert any(address.endswith(".css") for address in local)
    assert f"{path}assets/site-logo.svg" in local
    assert [] == [address for address in local if not address.startswith(path)]
    assert [] == [address for address in local if not (site / address.removeprefix(path)).exists()]


def _check_sitemap(site: Path) -> None:
    tree = ET.parse(site / "sitemap.xml")
    listed = {element.text or "" for element in tree.iter() if element.tag.endswith("loc")}
    assert f"{ADDRESS}/runbooks/list-providers.html" in listed
    assert [] == [address for address in listed if not (site / address.removeprefix(f"{ADDRESS}/")).is_file()]


def _check_first_day(folder: Path, wheel: Path, python: str) -> None:
    """Run the commands of the page; of the procedures, check one of the site's and one of ours again."""
    programs = _install(folder, wheel, python, "[site]")
    config = folder / "config.toml"
    config.write_text(SITE)
    config.chmod(0o600)
    variables = {"RUNBOOK_CONFIG": str(config), "RUNBOOK_HOME": str(folder / "home")}
    variables["PATH"] = f"{programs}:{os.environ['PATH']}"
    shutil.copytree(made().executed, folder / "build" / "executed")

    check, *others = adopt_page.commands("runbook --site prod check-notebooks")
    outputs = [
        _run(*shlex.split(line), cwd=folder, **variables) for line in (f"{check} list_providers grant_staff", *others)
    ]
    assert "list_providers on SQLite" in outputs[0]
    assert f"To build the site: {others[1]}" in outputs[1]

    site = folder / "documentation" / "site"
    assert [] == site_check.problems(site)
    _check_404(site)
    _check_sitemap(site)
    home = (site / "index.html").read_text(encoding="utf-8")
    assert "Acme runbook" in home
    assert "acme-console.html" in home
    assert "list-providers.html" in home
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    assert [] == [path for path, text in texts.items() if "atmo.example.org" in text]
    assert "ACME-4711" in texts[site / "reference" / "messages.html"]


def test_wheel_builds_a_site_in_an_empty_folder(tmp_path: Path) -> None:
    """Installed without the checkout: own procedure, rule and page, below a path, with a styled 404 and a sitemap."""
    _check_first_day(tmp_path, _wheel(tmp_path / "wheel"), sys.executable)


@pytest.mark.soak
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_wheel_builds_a_site_on_each_python(tmp_path: Path, python: str) -> None:
    """On every version that the classifiers name and this machine has."""
    interpreter = _interpreter(python)
    if not interpreter:
        # 'make soak' names it as not exercised, and fails under CI; no test can install a Python.
        pytest.skip(f"Python {python} is not installed")
    _check_first_day(tmp_path, _wheel(tmp_path / "wheel"), interpreter)


@pytest.mark.soak
def test_pages_without_the_extra_are_refused(tmp_path: Path) -> None:
    """The error names what to install."""
    programs = _install(tmp_path, _wheel(tmp_path / "wheel"), sys.executable)

    text = _run(programs / "runbook", "pages", "--out", "x", cwd=tmp_path, code=3, RUNBOOK_HOME=str(tmp_path / "home"))

    assert "it belongs to the extra 'site'" in text
    assert "runbook-lib[site]" in text


def test_wheel_has_every_handwritten_page(tmp_path: Path) -> None:
    """And no generated one; a new folder of pages needs a line in pyproject.toml."""
    names = zipfile.ZipFile(_wheel(tmp_path)).namelist()
    docs = "runbook_lib/site_sources/docs/"
    packed = {name.removeprefix(docs) for name in names if name.startswith(docs) and name.endswith(".md")}

    assert {"index.md", *handwritten.pages(ROOT / "docs")} == packed
    assert "runbook_lib/site_sources/mkdocs.yml" in names
