"""Check the licenses and the known vulnerabilities of the packages in constraints.txt against the policy.

    python -m authoring.audit [--offline]

pip-licenses reads the licenses of the installed packages, and pip-audit asks a database for vulnerabilities. A package
that one of them does not know is reported. With ``--offline``, missing answers of the database do not fail the audit.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
POLICY = Path(__file__).with_name("audit.toml")
LOCKED = ROOT / "constraints.txt"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_SEPARATOR = re.compile(r"\s*(?:;|\bAND\b)\s*")  # all of these licenses hold
_CHOICE = re.compile(r"\s*\bOR\b\s*")  # the user chooses one of these


@dataclass(frozen=True)
class AuditResult:
    """The results of an audit.

    Attributes:
        problems: What breaks the policy, one sentence each.
        without_license: The locked packages whose license was not read, because they are not installed here.
        unchecked: The locked packages whose vulnerabilities are unknown.
        checked: The number of packages whose vulnerabilities were looked up.
    """

    problems: tuple[str, ...]
    without_license: tuple[str, ...]
    unchecked: tuple[str, ...]
    checked: int


def audit(
    policy: Mapping[str, Any],
    locked: Sequence[str],
    licenses: Mapping[str, str],
    report: Sequence[Mapping[str, Any]],
    today: dt.date,
) -> AuditResult:
    """Return the results.

    Args:
        policy: The content of the policy file.
        locked: The names of the locked packages.
        licenses: Name of an installed package → its licenses.
        report: The ``dependencies`` of pip-audit's report.
        today: The day on which exceptions are compared.
    """
    names = {canonical(name): text for name, text in licenses.items()}
    present = [name for name in map(canonical, locked) if name in names]
    problems = [
        f"{name} has the license {names[name]}, which authoring/audit.toml does not accept"
        for name in present
        if name not in policy["packages"] and not is_accepted(names[name], policy["licenses"])
    ]
    problems += [
        f"authoring/audit.toml names {name}, which is not in constraints.txt"
        for name in policy["packages"]
        if name not in map(canonical, locked)
    ]
    for package in report:
        for vulnerability in package.get("vulns", ()):
            ids = [vulnerability["id"], *vulnerability.get("aliases", ())]
            exception = next((policy["vulnerabilities"][key] for key in ids if key in policy["vulnerabilities"]), None)
            if exception is None or exception["until"] < today:
                fixes = ", ".join(vulnerability.get("fix_versions", ())) or "no release"
                late = f"; the exception ended on {exception['until']}" if exception else ""
                problems.append(f"{package['name']} {package['version']} has {ids[0]}, fixed in {fixes}{late}")
    checked = {canonical(package["name"]) for package in report if "vulns" in package}
    return AuditResult(
        problems=tuple(problems),
        without_license=tuple(sorted({*map(canonical, locked)} - names.keys())),
        unchecked=tuple(sorted({*map(canonical, locked)} - checked)),
        checked=len(checked),
    )


def is_accepted(text: str, accepted: Sequence[str]) -> bool:
    """Return whether each license that holds is accepted, or one of those to choose from."""
    return all(any(choice in accepted for choice in _CHOICE.split(part)) for part in _SEPARATOR.split(text))


def canonical(name: str) -> str:
    """Return the name of a package in the form of constraints.txt."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(result: AuditResult, *, offline: bool) -> list[str]:
    """Return the report for people."""
    text = [*result.problems]
    if result.without_license:
        names = ", ".join(result.without_license)
        text.append(f"License not read, because the package is not installed here: {names}")
    if result.unchecked and not result.checked:
        text.append("No vulnerability database responded: no package was checked for vulnerabilities.")
        text += [] if offline else ["With network, run it again; to accept this, use: make audit OFFLINE=1"]
    elif result.unchecked:
        text.append(f"Vulnerabilities unknown, because the database has no such package: {', '.join(result.unchecked)}")
    text.append(f"{len(result.problems)} problems; {result.checked} packages checked for vulnerabilities.")
    return text


def exit_code(result: AuditResult, *, offline: bool) -> int:
    """Return 1 for a broken policy, 2 if no package was checked for vulnerabilities, else 0."""
    if result.problems:
        return 1
    return 0 if result.checked or offline else 2


def _output(*command: str) -> Any:
    """Return the JSON that a tool printed; pip-audit exits with 1 if it found a vulnerability."""
    ended = subprocess.run([*command], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    try:
        return json.loads(ended.stdout)
    except ValueError:
        return {"failed": ended.stderr}


def main(arguments: Sequence[str]) -> int:
    """Print the report; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m authoring.audit", allow_abbrev=False)
    parser.add_argument("--offline", action="store_true")
    offline = parser.parse_args(arguments).offline
    bin_dir = Path(sys.executable).parent
    locked = _PIN.findall(LOCKED.read_text(encoding="utf-8"))
    installed = _output(
        str(bin_dir / "pip-licenses"), "--python", sys.executable, "--from=mixed", "--with-system", "--format=json"
    )
    report = _output(
        *(str(bin_dir / "pip-audit"), "-r", str(LOCKED), "--no-deps", "--disable-pip"),
        *("--progress-spinner", "off", "--format", "json"),
    )
    result = audit(
        tomllib.loads(POLICY.read_text(encoding="utf-8")),
        locked,
        {package["Name"]: package["License"] for package in installed},
        report.get("dependencies", ()),
        dt.datetime.now(dt.UTC).date(),
    )
    sys.stdout.writelines(f"{line}\n" for line in lines(result, offline=offline))
    return exit_code(result, offline=offline)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
