"""papermill's engine for our notebooks: it checks the parameters before anything is run or saved.

papermill loads this module at its own import, so heavy modules are imported at their first use. It becomes the default
engine, and passes every notebook of another project unchanged to papermill's own engine.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, papermill_engines


class RunbookEngine(NBClientEngine):
    """papermill's default engine; for notebooks with our mark, it adds checks before and the archive after a run."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run a notebook; for ours, check the parameters first.

        Raises:
            ParamError, InvalidProcedure, Defect: The check failed. Nothing was run or written.
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
            papermill_run.archive(nb)  # filled in place; the run can have applied changes before its kernel died


papermill_engines.register(None, RunbookEngine)
