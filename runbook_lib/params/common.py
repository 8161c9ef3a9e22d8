"""The parameters that several procedures share, with one description for each kind."""

from __future__ import annotations

from typing import Any, Protocol

from runbook_lib.params.declaration import Form, param

MAX_REASON = 1000  # characters of the reason for a run, in every front end


class Declare(Protocol):
    """Declares a parameter of one kind."""

    def __call__(self, more: str = "", **options: Any) -> Any:
        """Return the field.

        Args:
            more: A sentence about this procedure's parameter, appended to the common one.
            options: ``example`` and ``default`` of `param`.
        """


def _kind(doc: str, *, where: str, form: Form = "line") -> Declare:
    def declare(more: str = "", **options: Any) -> Any:
        return param(f"{doc} {more}".strip(), where=where, form=form, **options)

    return declare


APPLICATION_ID = _kind(
    "The application (the web interface calls it an image).",
    where="the number in the address of its page, /application/images/ID",
)
IMAGING_REQUEST_ID = _kind(
    "The imaging request.", where="the number in the address of its page, /application/admin/imaging-requests/ID"
)
INSTANCE_ID = _kind(
    "The instance's UUID (Atmosphere calls it the alias).",
    where="the instance's page in the web interface, under Alias; or find_object",
    form="uuid",
)
PROVIDER_ID = _kind("The provider", where="the number in the address of its page, /admin/core/provider/ID")
RESOURCE_REQUEST_ID = _kind(
    "The resource request.", where="the number in the address of its page, /application/admin/resource-requests/ID"
)
USERNAME = _kind("The username, exactly as the user logs in.", where="Admin > Manage Users")
WORKFLOW = _kind(
    "The workflow's name.",
    where="find_workflows; argo list -n argo; the name of a saved log, ansible-deploy-xxxxx.log",
)
