"""A command that can't exist here, played strictly: it takes what its table knows, in the surroundings it needs.

``stand_in.py NAME WORD…`` in a sandbox whose folder is in ``SANDBOX``: the paths of Atmosphere's host begin there.
Exit code 0 for what the table knows, 2 for everything else; a command in front of another one runs that one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import tables


def main(name: str, arguments: list[str]) -> int:
    """Check the words, the variables and the folder; then run what the command stands in front of."""
    root = os.environ["SANDBOX"]
    try:
        command = tables.check(name, [word.replace(root, "") for word in arguments])
        _surroundings(name, command, root)
    except tables.Refused as error:
        sys.stderr.write(f"the stand-in refuses this: {error}\n")
        return 2
    sys.stdout.write(f"{name} {' '.join(command.path)}".strip() + ": known\n")
    sys.stdout.flush()
    if command.then:
        rest = arguments[-len(command.then) :]
        if name == "docker-compose":  # a container starts in the folder of its site
            os.chdir(f"{root}/opt/dev/{arguments[-len(rest) - 1]}")
        if name == "python":  # takes its script from the folder, not from PATH
            rest[0] = str(Path(rest[0]).resolve())
        os.execvp(rest[0], rest)
    return 0


def _surroundings(name: str, command: tables.Known, root: str) -> None:
    """Check what the real command would not start without."""
    for variable, wanted in command.node.get("environment", {}).items():
        value = os.environ.get(variable, "").replace(root, "")
        if value != wanted:
            raise tables.Refused(f"{name} needs {variable}={wanted}, not {value!r}")
    folders = tables.table(name)["command"].get("folder")
    folder = str(Path.cwd()).replace(str(Path(root).resolve()), "")
    if folders and folder not in folders:
        raise tables.Refused(f"{name} is not in {folder}")
    if folders and (site := os.environ.get("VIRTUAL_ENV", "")) != f"{root}/opt/env/{_environment(folder)}":
        raise tables.Refused(f"{name} in {folder} needs that site's environment, not {site!r}")


def _environment(folder: str) -> str:
    """Return the name of the environment of a site's folder."""
    return "atmo" if folder.endswith("/atmosphere") else "troposphere"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
