"""Atmosphere's REST API as a gateway: read the value, make the change, read the value back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import CallUnsettled, NothingChanged, Refused, TargetNotFound
from runbook_lib.model import quota
from runbook_lib.systems.atmosphere_api import answers, calls, quota_call
from runbook_lib.systems.atmosphere_api.account import ApiAccount
from runbook_lib.systems.atmosphere_api.answers import NAME
from runbook_lib.systems.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.model import Call, Json
    from runbook_lib.systems.atmosphere_api.client import ApiResponse, Client
    from runbook_lib.systems.limited_http import Limits

_NOT_FOUND, _OK = 404, range(200, 300)
_MAX_PAGES = 200  # stop here when a server's list never ends
_EVENTS = ("redeploy", "reboot SOFT", "reboot HARD")
# Atmosphere checks this before a redeployment does anything; a reboot is sent to Nova before the same check.
# Source: service/instance.py of Atmosphere v37-5: 98-121 (reboot_instance), 361-387 (redeploy_instance).
_NOT_ACTIVE = "Cannot redeploy to an instance in a non-active state."


class AtmosphereApi(Gateway):
    """Atmosphere's API; `runbook_lib.systems.atmosphere_api.calls` builds its calls."""

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str],
        may_write: Callable[[], bool] = lambda: True,
        limits: Limits | None = None,
    ) -> None:
        """Keep the address. Sends nothing before the first use.

        Args:
            address: The root, which ends in ``/api``; empty when it is not configured.
            token: Returns the token of a staff user; called at each use.
            may_write: Called before every write; False prevents it.
            limits: How long to wait; None means 5 s to connect and 30 s for a response.
        """
        self.address = address
        self._token = token
        self.may_write = may_write
        self._limits = limits
        self._client: Client | None = None
        self._accepted: list[Call] = []  # accepted instance actions, which the API does not report later

    def account(self) -> ApiAccount:
        """Return the user of the token.

        This request creates the OpenStack accounts that the token's user lacks, if AUTO_CREATE_NEW_ACCOUNTS is on. No
        other request returns the user of a token without its secret.

        Source: api/v1/views/profile.py:52-53 of Atmosphere v37-5.

        Raises:
            NotConnected: The API does not respond, rejects this token, or is in maintenance.
            Refused: It is not configured.
        """
        body = self._read("v1/profile")
        names = ("username", "is_staff", "is_superuser")
        values = {name: self._field(body, name) for name in names}
        if [str, bool, bool] != [type(value) for value in values.values()]:
            raise answers.unexpected(self.address, "its response is not a user's profile")
        return ApiAccount(**values)

    @property
    def is_used(self) -> bool:
        """Whether a request was sent since the connection was opened."""
        return self._client is not None

    def status_id(self, name: str) -> int:
        """Return the id of the request status with this name.

        Raises:
            TargetNotFound: There is no such status, because this site never used it.
            Refused: Several statuses have this name; Atmosphere's own lookup fails on them.
            NotConnected: As `account` does.
        """
        rows = self._list("v2/status_types")
        ids = [self._field(row, "id") for row in rows if self._field(row, "name") == name]
        if not ids:
            raise TargetNotFound(
                kind="status",
                key=name,
                where="/api/v2/status_types",
                next_step=f"add it in Atmosphere's Django shell: get_status_type('{name}') of core.models.status_type",
            )
        if len(ids) > 1:
            raise Refused(
                what=f"the status {name} exists {len(ids)} times, with the ids {', '.join(map(str, ids))}",
                why="it is unknown which row Atmosphere uses, and its own lookup fails on duplicates",
                next_step="rename all but one of them in Atmosphere's Django shell (StatusType of core.models)",
            )
        return int(ids[0])

    def current(self, call: Call) -> Json:
        """Return the current value of what `call` changes.

        An instance action is an event: its value is ``before`` until the API accepts it from this process, then
        ``after``. The API does not report actions that another process requested.

        Raises:
            TargetNotFound: There is no such object, or this account can't see it.
            NotConnected, Refused: As `account` does.
        """
        if call.action in _EVENTS:
            return call.after if call in self._accepted else call.before
        body = self._read(f"v2/{call.target}")
        if call.action == "quota":
            return {name: self._field(body, "quota", name) for name in quota.FIELDS}
        if call.action in calls.FIELDS:
            return self._field(body, call.action)
        status = str(self._field(body, "status", "name"))
        return answers.progress(status, str(body.get("old_status") or "")) if call.action == "imaging" else status

    def _send(self, call: Call) -> None:
        """Make the call once, and read back the result.

        Raises:
            TargetNotFound: There is no such object.
            Refused: The API rejected the call before it did anything, or the value read back is unchanged.
            NotConnected: The request did not reach the API.
            CallUnsettled: The value changed, or might have changed.
        """
        answer = self._request(call, self._opened())
        if answer.is_early:
            raise answers.denied(answer, call.action, call.target)
        if call.action in _EVENTS:
            self._judge_event(call, answer)
        else:
            self._judge(call, answer)

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        if self._client:
            self._client.close()
            self._client = None

    def _request(self, call: Call, client: Client) -> ApiResponse:
        """Send the same request as the web interface."""
        if call.action in _EVENTS:
            verb, _, kind = call.action.partition(" ")
            action = {"action": verb} | ({"reboot_type": kind} if kind else {})
            return client.request("POST", f"v2/{call.target}/actions", body=action)
        if call.action in calls.FIELDS:
            return client.request("PATCH", f"v2/{call.target}", body={call.action: call.after})
        if call.action == "quota":
            return quota_call.send(client, call)
        status = self.status_id("approved" if call.action == "imaging" else call.after)
        if call.target.startswith("admin/"):
            return client.request("PATCH", f"v2/{call.target}", body={"status": {"id": status}})
        existing = self._read(f"v2/{call.target}")
        body = {"admin_message": self._field(existing, "admin_message")}
        for name in ("instance", "new_machine_owner", "new_machine_provider"):
            body[name] = self._field(existing, name, "id")
        return client.request("PATCH", f"v2/{call.target}", body={**body, "status": status})

    def _judge_event(self, call: Call, answer: ApiResponse) -> None:
        """Record that the API accepted the action, or raise the reason why it did not.

        The status of an error proves nothing: HTTP 403 is upstream's response to every exception of an action, also
        after the reboot was sent to Nova, or a redeployment wrote its history row. 401, 409 and 504 come from the
        same place. Only 404 is decided before the action.
        Source: api/v2/views/instance.py:154-195 of Atmosphere v37-5.
        """
        if answer.status in _OK:
            self._accepted.append(call)
            return
        is_unstarted = call.action == "redeploy" and _NOT_ACTIVE in answer.message
        if answer.status == _NOT_FOUND or is_unstarted:
            raise answers.denied(answer, call.action, call.target)
        raise CallUnsettled(
            f"{NAME}: {answer.reason}; it is unknown whether {call.action} of {call.target} started: "
            "check the instance's status before you try again"
        )

    def _judge(self, call: Call, answer: ApiResponse) -> None:
        """Read back, and return only if it took effect; see `_send`."""
        is_accepted = answer.status in _OK
        is_imaging = call.action == "imaging"
        consequence = _consequence(call)
        if is_accepted and not is_imaging:
            self._judge_accepted(call, NAME)
            return
        reason = f"{NAME}: {answer.reason}"
        try:
            now = self.current(call)
        except NothingChanged as error:
            raise CallUnsettled(f"{reason}; {call.target} can't be read back: it might have changed") from error
        if is_accepted:
            if now == call.before:
                raise CallUnsettled(f"{NAME} accepted {call.action} of {call.target}, but it is still {now!r}")
        elif now == call.before and call.action == "quota":
            raise quota_call.unsettled(call, answer)
        elif now == call.before:
            if not answer.is_lost:  # it responded, so it no longer works on the request
                raise answers.denied(answer, call.action, call.target)
            raise CallUnsettled(f"{reason}; {call.target} is unchanged so far: the request might still take effect")
        elif not answer.is_lost or consequence or now != call.after:
            raise CallUnsettled(
                f"{reason}; nevertheless {call.action} of {call.target} is now {now!r}{consequence}",
                changed=True if is_imaging or now == call.after else None,
            )

    def _read(self, path: str) -> Any:
        answer = self._opened().request("GET", path)
        if answer.status not in _OK:
            raise answers.denied(answer, "a read", path)
        return answer.body

    def _list(self, path: str) -> Iterator[Any]:
        """Yield every row of a list. Reads page by page."""
        page = path
        for _ in range(_MAX_PAGES):
            body = self._read(page)
            rows = body if isinstance(body, list) else self._field(body, "results")
            if not isinstance(rows, list):
                raise answers.unexpected(self.address, "its response is not a list")
            yield from rows
            next_page = body.get("next") if isinstance(body, dict) else None
            if not next_page:
                return
            page = f"{path}?{str(next_page).partition('?')[2]}"
        raise answers.unexpected(self.address, f"its list does not end after {_MAX_PAGES} pages")

    def _opened(self) -> Client:
        if not self.address:
            raise Refused(
                what=f"{NAME} is not configured",
                why="only the API can do this: a changed row in the database starts nothing",
                next_step="set RUNBOOK_API_URL to its root, which ends in /api, and RUNBOOK_API_TOKEN to the token of "
                "a staff user",
            )
        if self._client is None:
            from runbook_lib.systems.atmosphere_api.client import LIMITS, Client  # noqa: PLC0415 - requests is slow to import

            self._client = Client(self.address, token=self._token, limits=self._limits or LIMITS)
        return self._client

    def _field(self, body: Any, *path: str) -> Any:
        return answers.field(self.address, body, *path)


def _consequence(call: Call) -> str:
    """Return what Atmosphere does after it saved the value, as the end of a sentence; empty for nothing.

    Source: api/v2/views/resource_request.py:33-72 of Atmosphere v37-5 for the email.
    """
    if call.action == "imaging":
        return "; it is unknown whether a task was queued: check Flower"
    if call.action == "status" and call.target.startswith("admin/") and call.after != "closed":
        return "; it is unknown whether the user gets the email: Atmosphere sends it last"
    return ""
