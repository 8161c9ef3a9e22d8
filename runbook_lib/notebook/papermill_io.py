"""papermill's access to our notebooks: ``runbook://NAME``, and ``NAME.py`` by any path.

papermill loads this module at its own import, so heavy modules are imported at their first use.
"""

from __future__ import annotations

from typing import Any

from runbook_lib.notebook.folder import folder

SCHEME = "runbook://"


class ProcedureHandler:
    """Reads a procedure's py:percent file as a notebook; every other path is an ordinary file of papermill's."""

    @classmethod
    def read(cls, path: str) -> str:
        """Return the notebook's JSON."""
        from pathlib import Path

        import nbformat

        if not path.startswith(SCHEME) and not cls._is_procedure(path):
            return str(cls._local().read(path))
        from runbook_lib.notebook import notebook_files

        if path.startswith(SCHEME):
            file = notebook_files.path(path.removeprefix(SCHEME).removesuffix(".ipynb"))
        else:
            file = Path(path).expanduser()
        return str(nbformat.writes(notebook_files.for_jupyter(file)))

    @classmethod
    def write(cls, buf: str, path: str) -> None:
        """Write an executed notebook to an ordinary file; never overwrite a procedure."""
        if path.startswith(SCHEME) or cls._is_procedure(path):
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
    def _is_procedure(path: str) -> bool:
        """Return whether a path ends in the file name of one of our notebooks, or is one of an extension."""
        from pathlib import Path

        from runbook_lib.config import extensions

        if not path.endswith(".py"):
            return False
        if (folder() / path.rpartition("/")[2]).is_file():
            return True
        parent = Path(path).expanduser().absolute().resolve().parent
        return any(parent == extension.notebooks.resolve() for extension in extensions.usable())

    @staticmethod
    def _local() -> Any:
        from papermill.iorw import LocalHandler

        return LocalHandler()


def _register_file_names() -> None:
    """Register the bare file names, for papermill in the notebooks' folder; an entry point can't match them all."""
    from papermill.iorw import papermill_io

    for file in folder().glob("*.py"):
        papermill_io.register(file.name, ProcedureHandler)


_register_file_names()
