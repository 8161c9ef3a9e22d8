"""The site: built strictly from the real configuration and pages, then read as a reader would."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runbook_lib import procedures
from runbook_lib.errors import Refused
from runbook_lib.pages import site_check
from runbook_lib.pages.search_index import term, terms
from runbook_lib.pages.site_check import main, problems
from runbook_lib.pages.write import read_pages, write_pages
from tests.pages import sample

_page = functools.cache(site_check._Page)
ROOT = Path(__file__).parents[2]
NAMES = procedures.names()  # the home page links to all of them


def _sources(root: Path) -> Path:
    """Lay out a project: the real configuration and hand-written pages, and pages of the sample notebook."""
    shutil.copytree(ROOT / "docs", root / "docs", ignore=shutil.ignore_patterns("runbooks", "reference"))
    shutil.copy(ROOT / "mkdocs.yml", root)
    executed = root / "executed"
    executed.mkdir()
    for name in NAMES:
        (executed / f"{name}.ipynb").write_text(json.dumps(sample.executed()), encoding="utf-8")
    pages = read_pages(executed, procedures.every(), {"grant_staff": sample.STAMP})
    write_pages(pages, root / "docs", nav=root / "build" / "nav.yml")
    return root


def _build(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "mkdocs", "build"],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once a process."""
    root = _sources(tmp_path_factory.mktemp("project"))
    result = _build(root)

    assert 0 == result.returncode, result.stderr

    return root / "site"


@pytest.fixture(autouse=True)
def _pages_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse a page once, not once per test: each test spoils one page of the same site."""
    monkeypatch.setattr(site_check, "_Page", _page)


@pytest.fixture
def copied(site: Path, tmp_path: Path) -> Path:
    """A copy of the site, to be spoiled."""
    return shutil.copytree(site, tmp_path / "site")


def test_site_is_sound(site: Path) -> None:
    """No page requests another host, has a link without a target, or shows an output in the search."""
    assert [] == problems(site)


def test_search_finds_pages_and_no_outputs(site: Path) -> None:
    """The words of the pages are in the index; what the runs printed is not."""
    script = (site / "reference" / "data" / "search.js").read_text(encoding="utf-8")
    index = json.loads(script.partition("=")[2].removesuffix(";\n"))["terms"]
    queries = ["publicize", "is_staff", "settle", "stale-plan", "runbook_clouds"]

    assert queries == [query for query in queries if all(word in index for word in terms(query))]
    assert [] == [word for word in ["zyxoutput", "3fa9c2d41b07", "2103"] if term(word) in index]


def test_every_page_has_the_search(site: Path) -> None:
    """From disk the search needs its index as a script."""
    pages = [path for path in site.rglob("*.html") if path.name != "404.html"]

    assert (site / "reference" / "data" / "search.js").exists()
    assert pages == [path for path in pages if "assets/js/search-box.js" in path.read_text(encoding="utf-8")]


def test_no_value_of_output_becomes_markup(site: Path) -> None:
    """A value that looks like a tag is text on the page."""
    text = (site / "runbooks" / "grant-staff.html").read_text(encoding="utf-8")

    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert text.index("zyxoutput") < text.index('<h2 id="undo">')


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ('<img src="https://example.org/a.png">', "requests another host: https://example.org/a.png"),
        ('<img src="//example.org/a.png">', "requests another host: //example.org/a.png"),
        (
            '<link rel="stylesheet" href="https://example.org/a.css">',
            "requests another host: https://example.org/a.css",
        ),
        ("<style>@import 'https://example.org/b.css';</style>", "requests another host: https://example.org/b.css"),
        ('<p style="background: url(https://example.org/c.png)">', "requests another host: https://example.org/c.png"),
        ("<script>fetch('https://example.org/d')</script>", "requests another host: https://example.org/d"),
        ('<pre class="mermaid">', "requests another host: https://unpkg.com/mermaid@11/dist/mermaid.min.js"),
        ('<a href="">x</a>', "a link without a target: href=''"),
        ('<img src="nope.png" alt="x">', "a missing image or file: nope.png"),
        ('<img src="" alt="x">', "a missing image or file: "),
        ('<img srcset="nope.png 2x" alt="x">', "a missing image or file: nope.png 2x"),
        ('<a href="#">x</a>', "a link without a target: href='#'"),
        ('<a href="#nope">x</a>', "a link to a missing anchor: #nope"),
        ('<a href="reference/errors.html#nope">x</a>', "a link to a missing anchor: reference/errors.html#nope"),
        ('<a href="nope.html">x</a>', "a link to a missing file: nope.html"),
        ('<td>x { data-label="y" }</td>', 'markup is shown as text: { data-label="y" }'),
        ("<p>x {.no-copy}</p>", "markup is shown as text: {.no-copy}"),
    ],
)
def test_bad_page_is_reported(copied: Path, markup: str, problem: str) -> None:
    """Each kind of request and of dead link is found, in raw HTML too."""
    page = copied / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", f"{markup}</body>"), encoding="utf-8")

    assert [problem] == [line.split(": ", 1)[1] for line in problems(copied)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.css", "a { background: url('https://example.org/x.png') }"),
        ("b.css", '@import "//example.org/x.css";'),
        ("c.js", 'import("https://example.org/x.js")'),
        ("d.js", 'new Worker("//example.org/x.js")'),
    ],
)
def test_bad_asset_is_reported(copied: Path, name: str, text: str) -> None:
    """Style sheets and scripts are read as well."""
    (copied / "assets" / name).write_text(text, encoding="utf-8")

    assert [f"assets/{name}: requests another host"] == [line.rsplit(": ", 1)[0] for line in problems(copied)]


def test_plain_link_to_another_host_is_allowed(copied: Path) -> None:
    """A link is followed by a click, not by opening the page."""
    page = copied / "index.html"
    link = '<a href="https://example.org/">x</a></body>'
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", link), encoding="utf-8")

    assert [] == problems(copied)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[x](nope.md)", "nope.md"),
        ("[x](reference/errors.md#nope)", "#nope"),
        ("[x](/reference/errors.html)", "absolute"),
    ],
    ids=["page", "anchor", "absolute"],
)
def test_bad_link_stops_the_build(tmp_path: Path, line: str, complaint: str) -> None:
    """The build is strict about pages and anchors."""
    root = _sources(tmp_path)
    with (root / "docs" / "index.md").open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")
    result = _build(root)

    assert 1 == result.returncode
    assert complaint in result.stderr


def test_page_that_is_not_in_navigation_stops_the_build(tmp_path: Path) -> None:
    """No page can be forgotten."""
    root = _sources(tmp_path)
    (root / "docs" / "concepts" / "stray.md").write_text("# Stray\n", encoding="utf-8")
    result = _build(root)

    assert 1 == result.returncode
    assert "concepts/stray.md" in result.stderr


def test_procedure_that_is_gone_loses_its_page(tmp_path: Path) -> None:
    """Writing the pages again removes those without a procedure."""
    root = _sources(tmp_path)
    stale = root / "docs" / "runbooks" / "gone.md"
    stale.write_text("# Gone\n", encoding="utf-8")
    pages = read_pages(root / "executed", procedures.every(), {})
    write_pages(pages, root / "docs", nav=root / "build" / "nav.yml")

    assert not stale.exists()


def test_missing_notebook_is_named(tmp_path: Path) -> None:
    """A procedure without an executed notebook stops before any page is made."""
    with pytest.raises(Refused) as caught:
        read_pages(tmp_path, [procedures.find("grant_staff")], {})

    assert "no executed notebook of grant_staff" == caught.value.what


def test_nothing_is_written_when_a_notebook_did_not_finish(tmp_path: Path) -> None:
    """One notebook that can't be published stops before the first page."""
    broken = sample.executed()
    broken["metadata"]["papermill"]["exception"] = True
    pages = [sample.page(), sample.page(procedure=sample.procedure(name="other"), notebook=broken)]

    with pytest.raises(Refused) as caught:
        write_pages(pages, tmp_path / "docs", nav=tmp_path / "nav.yml")

    assert "the notebook of other cannot become a page" == caught.value.what
    assert [] == list(tmp_path.iterdir())


def test_check_can_be_run_by_itself(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the problems and returns 1 when there are any."""
    assert 0 == main([str(copied)])

    (copied / "assets" / "bad.css").write_text("@import 'https://example.org/x.css';", encoding="utf-8")

    assert 1 == main([str(copied)])
    assert "assets/bad.css: requests another host: https://example.org/x.css\n" == capsys.readouterr().out
