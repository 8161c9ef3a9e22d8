"""papermill's engine for our notebooks: parameters are checked before anything is run or saved.

papermill loads this module at its own import: everything heavy is imported when it is needed. It becomes the default
engine, and passes every notebook that is not ours to papermill's own engine untouched.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, papermill_engines


class RunbookEngine(NBClientEngine):
    """papermill's default engine, with our checks before and our archive after, for notebooks with our mark."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run a notebook; ours only with parameters that are what was meant.

        Raises:
            ParamError, InvalidProcedure, Defect: Before anything was run or written.
        """
        if "runbook" not in nb.metadata:
            return NBClientEngine.execute_notebook(nb, kernel_name, **options)
        from runbook_lib.errors import Defect, RunbookError
        from runbook_lib.notebook import papermill_run

        try:
            papermill_run.check_injected(nb)
        except RunbookError:
            raise
        except Exception as error:
            raise Defect.from_exception(
                error, what="checking the notebook's parameters failed because of a defect"
            ) from error
        try:
            with papermill_run.private_transport() as config:
                return super().execute_notebook(nb, kernel_name, config=config, **options)
        except BaseException:
            papermill_run.mark_interrupted(nb, output=options.get("output_path"))
            raise
        finally:
            papermill_run.archive(nb)  # filled in place; it may have applied something before its kernel died


papermill_engines.register(None, RunbookEngine)
