"""Atmosphere's REST API as a system that calls are made to: read the value now, make the change, read it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors import CallUnsettled, NotConnected, Refused, TargetNotFound
from runbook_lib.model import quota
from runbook_lib.systems.atmosphere_api import answers
from runbook_lib.systems.atmosphere_api.account import ApiAccount
from runbook_lib.systems.atmosphere_api.answers import NAME
from runbook_lib.systems.gateway import Gateway, stale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.model import Call, Json
    from runbook_lib.systems.atmosphere_api.client import ApiResponse, Client, Limits

_LOST, _FORBIDDEN, _NOT_FOUND, _OK = 0, 403, 404, range(200, 300)
_EVENTS = ("redeploy", "reboot SOFT", "reboot HARD")


class AtmosphereApi(Gateway):
    """Atmosphere's API. `runbook_lib.systems.atmosphere_api.calls` makes its calls."""

    def __init__(
        self,
        address: str,
        *,
        token: Callable[[], str],
        may_write: Callable[[], bool] = lambda: True,
        limits: Limits | None = None,
    ) -> None:
        """Keep where it is; nothing is sent before the first use.

        Args:
            address: The root, ends in ``/api``; empty when it is not configured.
            token: Returns the token of a staff user; called at each use.
            may_write: Asked before every write; False refuses it.
            limits: How long to wait; None is 5 s to connect, 30 s for an answer.
        """
        self.address = address
        self._token = token
        self.may_write = may_write
        self._limits = limits
        self._client: Client | None = None
        self._asked: list[Call] = []  # the instance actions that were accepted: no answer of the API tells it later

    def account(self) -> ApiAccount:
        """Return whose token it is.

        Raises:
            NotConnected: The API does not answer, or not to this token, or it is in maintenance.
            Refused: It is not configured.
        """
        body = self._read("v1/profile")
        names = ("username", "is_staff", "is_superuser")
        return ApiAccount(**{name: self._field(body, name) for name in names})

    def status_id(self, name: str) -> int:
        """Return the key of the request status of this name.

        Raises:
            TargetNotFound: There is none: it was never used on this site.
            Refused: Several have this name; Atmosphere's own lookup fails on them.
            NotConnected: As `account` does.
        """
        found = [row["id"] for row in self._list("v2/status_types") if row.get("name") == name]
        if not found:
            raise TargetNotFound(
                kind="status",
                key=name,
                where="/api/v2/status_types",
                next_step=f"Atmosphere makes the row when it is first needed; add {name} under /admin/core/statustype",
            )
        if len(found) > 1:
            raise Refused(
                what=f"the status {name} exists {len(found)} times: {', '.join(map(str, found))}",
                why="which of them Atmosphere takes is not known, and its own lookup fails on several",
                next_step="give all but one another name under /admin/core/statustype",
            )
        return int(found[0])

    def current(self, call: Call) -> Json:
        """Return what `call` would change, as it is now.

        An action on an instance is an event: ``before`` until it was accepted here, then ``after``. When another
        process asked for it, nothing in the API tells.

        Raises:
            TargetNotFound: There is no such object, or this account may not see it.
            NotConnected, Refused: As `account` does.
        """
        if call.action in _EVENTS:
            return call.after if call in self._asked else call.before
        body = self._read(f"v2/{call.target}")
        if call.action == "quota":
            return {name: self._field(body, "quota", name) for name in quota.FIELDS}
        if call.action in {"is_staff", "is_superuser"}:
            return self._field(body, call.action)
        status = str(self._field(body, "status", "name"))
        return answers.progress(status, body.get("old_status") or "") if call.action == "imaging" else status

    def _send(self, call: Call) -> None:
        """Make the call once, and read back what really happened.

        Raises:
            StalePlan: Reading back shows another value than the wanted one.
            TargetNotFound: There is no such object.
            Refused: The API refuses, and reading back shows that nothing was changed.
            NotConnected: It does not respond; reading back shows that nothing was changed.
            CallUnsettled: It refused or did not respond, and something was or may have been changed.
        """
        answer = self._request(call, self._opened())
        if answer.status in {_FORBIDDEN, _NOT_FOUND}:  # decided before anything is done
            raise answers.denied(answer, f"{call.action} of {call.target}")
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
        """Send what the web interface sends."""
        if call.action in _EVENTS:
            word, _, kind = call.action.partition(" ")
            action = {"action": word} | ({"reboot_type": kind} if kind else {})
            return client.request("POST", f"v2/{call.target}/actions", body=action)
        if call.action in {"is_staff", "is_superuser"}:
            return client.request("PATCH", f"v2/{call.target}", body={call.action: call.after})
        if call.action == "quota":
            made = client.request("POST", "v2/quotas", body=call.after)  # an equal row is used again
            if made.status not in _OK:
                return made
            chosen = {"quota": {"id": self._field(made.body, "id")}}
            return client.request("PATCH", f"v2/{call.target}", body=chosen)
        status = self.status_id("approved" if call.action == "imaging" else call.after)
        if call.target.startswith("admin/"):
            return client.request("PATCH", f"v2/{call.target}", body={"status": {"id": status}})
        shown = self._read(f"v2/{call.target}")
        body = {"admin_message": self._field(shown, "admin_message")}
        for name in ("instance", "new_machine_owner", "new_machine_provider"):
            body[name] = self._field(shown, name, "id")
        return client.request("PATCH", f"v2/{call.target}", body={**body, "status": status})

    def _judge_event(self, call: Call, answer: ApiResponse) -> None:
        """Keep that the action was accepted, or raise why it was not."""
        if answer.status in _OK:
            self._asked.append(call)
        elif answer.status == _LOST:
            raise CallUnsettled(
                f"{NAME}: {answer.words}; whether {call.target} was asked to {call.action} is not known: "
                "check its status before asking again"
            )
        else:
            raise answers.denied(answer, f"{call.action} of {call.target}")

    def _judge(self, call: Call, answer: ApiResponse) -> None:
        """Read back, and return only if it took effect; see `_send`."""
        said = answer.words if answer.status == _LOST else f"it answered HTTP {answer.status}: {answer.words}"
        try:
            now = self.current(call)
        except (NotConnected, TargetNotFound) as error:
            if answer.status in _OK:
                raise
            raise CallUnsettled(f"{NAME}: {said}; {call.target} could not be read back: it may be changed") from error
        if answer.status in _OK:
            self._judge_accepted(call, now)
        elif now == call.before and answer.status == _LOST:
            raise NotConnected(
                kind=answer.trouble,
                system=NAME,
                address=self.address,
                reason=f"{said}; {call.target} is as it was",
            )
        elif now == call.before:
            raise answers.denied(answer, f"{call.action} of {call.target}")
        elif answer.status != _LOST or call.action == "imaging" or now != call.after:
            tasks = "; whether a task was queued is not known: check Flower" if call.action == "imaging" else ""
            raise CallUnsettled(
                f"{NAME}: {said}; all the same {call.action} of {call.target} is now {now!r}{tasks}", changed=True
            )

    def _judge_accepted(self, call: Call, now: Json) -> None:
        if now == call.before:
            raise Refused(
                what=f"{NAME} accepted {call.action} of {call.target}, and did not do it",
                why=f"reading it back shows {now!r}",
                next_step="read atmosphere_api.log and atmosphere.log on its host",
            )
        if now != call.after and call.action != "imaging":  # imaging that failed at once: verifying tells
            raise stale(call, now)

    def _read(self, path: str) -> Any:
        answer = self._opened().request("GET", path)
        if answer.status not in _OK:
            raise answers.denied(answer, f"to show {path}")
        return answer.body

    def _list(self, path: str) -> Iterator[Any]:
        """Yield every row of a list, page by page."""
        page = path
        while page:
            body = self._read(page)
            yield from body if isinstance(body, list) else self._field(body, "results")
            following = body.get("next") if isinstance(body, dict) else None
            page = f"{path}?{following.partition('?')[2]}" if following else ""

    def _opened(self) -> Client:
        if not self.address:
            raise Refused(
                what=f"{NAME} is not configured",
                why="only it can do this: a row in the database would start nothing",
                next_step="set RUNBOOK_API_URL to its root, which ends in /api, and RUNBOOK_API_TOKEN to the token of "
                "a staff user",
            )
        if self._client is None:
            from runbook_lib.systems.atmosphere_api.client import Client, Limits  # noqa: PLC0415 - requests is slow to import

            self._client = Client(self.address, token=self._token, limits=self._limits or Limits())
        return self._client

    def _field(self, body: Any, *path: str) -> Any:
        return answers.field(self.address, body, *path)
