"""The audit of the locked packages: what breaks the policy fails, and what was not checked is said."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from authoring import audit

if TYPE_CHECKING:
    from authoring.audit import AuditResult

TODAY = dt.date(2026, 11, 29)
POLICY: dict[str, Any] = {"licenses": ["MIT", "BSD-3-Clause"], "packages": {}, "vulnerabilities": {}}
VULNERABLE = {
    "name": "django",
    "version": "5.2.0",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["5.2.9"]}],
}


def _audit(licenses: dict[str, str], report: list[dict[str, Any]], **policy: Any) -> AuditResult:
    return audit.audit(POLICY | policy, ["django", "typing-extensions"], licenses, report, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("UNKNOWN", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT AND BSD-3-Clause", True),
        ("MIT; GPL-3.0-only", False),
        ("MITIGATED", False),
    ],
)
def test_license_is_compared_as_a_whole(text: str, *, expected: bool) -> None:
    """All licenses that hold must be accepted; of a choice, one suffices."""
    assert expected == audit.is_accepted(text, POLICY["licenses"])


def test_license_outside_the_policy_is_a_problem() -> None:
    """Unless the policy accepts the package by name; only locked packages count."""
    licenses = {"Django": "GPL-3.0-only", "typing_extensions": "MIT", "stranger": "GPL-3.0-only"}

    (problem,) = _audit(licenses, []).problems
    accepted = _audit(licenses, [], packages={"django": "a reason"})

    assert "django has the license GPL-3.0-only, which authoring/audit.toml does not accept" == problem
    assert () == accepted.problems


def test_exception_without_a_package_is_a_problem() -> None:
    """The policy does not keep exceptions that nothing needs."""
    (problem,) = _audit({}, [], packages={"gone": "a reason"}).problems

    assert "authoring/audit.toml names gone, which is not in constraints.txt" == problem


def test_vulnerability_is_a_problem_until_it_is_accepted() -> None:
    """By its id or an alias, until a day; the report names the release that fixes it."""
    until = {"CVE-2026-1": {"reason": "not used", "until": TODAY}}
    late = {"CVE-2026-1": {"reason": "not used", "until": TODAY - dt.timedelta(days=1)}}

    assert ("django 5.2.0 has PYSEC-2026-1, fixed in 5.2.9",) == _audit({}, [VULNERABLE]).problems
    assert () == _audit({}, [VULNERABLE], vulnerabilities=until).problems
    (problem,) = _audit({}, [VULNERABLE], vulnerabilities=late).problems
    assert problem.endswith("; the exception ended on 2026-11-28")


def test_missing_answers_are_said() -> None:
    """A package without a license here, and a package that the database does not know."""
    report = [{"name": "django", "version": "5.2.0", "vulns": []}, {"name": "typing-extensions", "skip_reason": "?"}]

    text = "\n".join(audit.lines(_audit({"django": "MIT"}, report), offline=False))

    assert "License not read, because the package is not installed here: typing-extensions" in text
    assert "Vulnerabilities unknown, because the database has no such package: typing-extensions" in text
    assert "0 problems; 1 packages checked for vulnerabilities." in text


def test_audit_that_checked_nothing_does_not_pass() -> None:
    """Unless it was asked for, and then it says so."""
    result = _audit({"django": "MIT", "typing-extensions": "MIT"}, [])

    assert (2, 0) == (audit.exit_code(result, offline=False), audit.exit_code(result, offline=True))
    assert "No vulnerability database responded" in "\n".join(audit.lines(result, offline=True))
    assert 1 == audit.exit_code(_audit({}, [VULNERABLE]), offline=True)


def test_licenses_of_the_locked_packages_are_accepted() -> None:
    """With the policy of this repository, and the packages that are installed here."""
    tool = Path(sys.executable).with_name("pip-licenses")
    command = [tool, "--python", sys.executable, "--from=mixed", "--with-system", "--format=json"]
    installed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    locked = audit._PIN.findall(audit.LOCKED.read_text(encoding="utf-8"))
    policy = tomllib.loads(audit.POLICY.read_text(encoding="utf-8"))

    result = audit.audit(policy, locked, {item["Name"]: item["License"] for item in installed}, [], TODAY)

    assert () == result.problems
    assert len(locked) - len(result.without_license) > 100
