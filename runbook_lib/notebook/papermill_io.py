"""papermill's access to our notebooks: ``runbook://NAME`` and ``notebooks/NAME.py``.

papermill loads this module at its own import, so heavy modules are imported at their first use.
"""

from __future__ import annotations

from typing import Any

SCHEME = "runbook://"


class ProcedureHandler:
    """Reads a procedure's py:percent file as a notebook; every other path is an ordinary file."""

    @classmethod
    def read(cls, path: str) -> str:
        """Return the notebook's JSON."""
        from pathlib import Path

        import nbformat

        from runbook_lib.notebook import notebook_files

        if path.startswith(SCHEME):
            file = notebook_files.path(path.removeprefix(SCHEME).removesuffix(".ipynb"))
        elif path.endswith(".py"):
            file = Path(path)
        else:
            return str(cls._local().read(path))
        return str(nbformat.writes(notebook_files.read(file)))

    @classmethod
    def write(cls, buf: str, path: str) -> None:
        """Write an executed notebook to an ordinary file; never overwrite a procedure."""
        if path.startswith(SCHEME) or path.endswith(".py"):
            raise ValueError(f"{path} is a procedure; give another file for the executed notebook")
        cls._local().write(buf, path)

    @classmethod
    def listdir(cls, path: str) -> list[str]:
        """Return the entries of a folder, or the names of all procedures."""
        from runbook_lib import procedures

        return list(procedures.names()) if path.startswith(SCHEME) else cls._local().listdir(path)

    @classmethod
    def pretty_path(cls, path: str) -> str:
        """Return the path unchanged."""
        return path

    @staticmethod
    def _local() -> Any:
        from papermill.iorw import LocalHandler

        return LocalHandler()
