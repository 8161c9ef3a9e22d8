"""Predict the rows that Atmosphere writes in consequence of a call of its API, with the source of each.

A value that Atmosphere reads from the cloud, such as an instance's address, is not predicted.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runbook_lib.model import quota
from runbook_lib.model.predictions import KEY_OF_NEW, TIME_OF_CALL, Prediction
from runbook_lib.systems.db.access import columns
from runbook_lib.systems.db.models.atmosphere.models import InstanceStatus, StatusType
from runbook_lib.systems.db.queries import imaging_requests, instances, quotas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.model import Json
    from runbook_lib.systems.db.models.atmosphere.models import (
        Identity,
        Instance,
        InstanceStatusHistory,
        MachineRequest,
        ResourceRequest,
    )

    _Row = Identity | InstanceStatusHistory | MachineRequest | ResourceRequest

# Kind of call → table → upstream's file and lines, all of Atmosphere v37-5.
SOURCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "imaging": {"machine_request": "service/tasks/machine.py:126-136"},
        "instance": {
            "instance_status_history": "core/models/instance_history.py:119-169, service/instance.py:98-121 and 361-370"
        },
        "quota": {
            "event_table": "core/events/serializers/quota_assigned.py:88-103",
            "identity": "core/hooks/quota.py:55-57",
            "quota": "core/hooks/quota.py:48-51",
        },
        "resource request": {"resource_request": "api/v2/views/resource_request.py:32-74"},
    }
)


def imaging_start(request: MachineRequest) -> tuple[Prediction, ...]:
    """Return the consequences of an approval: the status *started*, and the message without an earlier error."""
    values: dict[str, Json] = {}
    started = StatusType.objects.filter(name="started").order_by("pk").first()
    if started is not None:
        values["status_id"] = started.pk
    message = request.old_status or ""
    if "exception" in message.lower():
        values["old_status"] = imaging_requests.resume_point(message)
    return _update("imaging", request, values)


def instance_action(instance: Instance, status: str) -> tuple[Prediction, ...]:
    """Return the consequences of an action: the current row of the history ends, and one with `status` begins.

    Upstream writes neither if the current status is that one already.
    """
    last = instances.current_status(instance)
    names = InstanceStatus.objects.filter(name=status).order_by("pk").values_list("pk", flat=True)
    if last.status.name == status:
        return ()
    new = Prediction(
        table="instance_status_history",
        where={"instance_id": instance.pk, "status_id": names[0]} if names else {"instance_id": instance.pk},
        after={"start_date": TIME_OF_CALL, "size_id": last.size_id},
        source=SOURCES["instance"]["instance_status_history"],
    )
    return *_update("instance", last, {"end_date": TIME_OF_CALL}), new


def quota_assignment(identity: Identity, username: str, wanted: quotas.Values) -> tuple[Prediction, ...]:
    """Return the consequences of an assigned quota: an event, the row of the quota, and the identity that has it."""
    equal = quotas.find_equal(wanted)
    event = Prediction(
        table="event_table",
        where={"name": "quota_assigned", "entity_id": username},
        after={"timestamp": TIME_OF_CALL},
        source=SOURCES["quota"]["event_table"],
    )
    if equal is not None:
        return event, *_update("quota", identity, {"quota_id": equal.pk})
    limits = {name: wanted[name] for name in quota.FIELDS}
    new = Prediction(table="quota", where=limits, after={}, source=SOURCES["quota"]["quota"])
    return event, new, *_update("quota", identity, {"quota_id": KEY_OF_NEW})


def resource_request(request: ResourceRequest, decision: str, message: str = "") -> tuple[Prediction, ...]:
    """Return the consequences of a decision: the status, the end of a denied or closed request, and the message."""
    wanted = StatusType.objects.filter(name=decision).order_by("pk")[0]
    values: dict[str, Json] = {"status_id": wanted.pk}
    if decision in {"denied", "closed"}:
        values["end_date"] = TIME_OF_CALL
    if message and message != request.admin_message:
        values["admin_message"] = message
    return _update("resource request", request, values)


def _update(kind: str, row: _Row, values: Mapping[str, Json]) -> tuple[Prediction, ...]:
    """Return the prediction for an existing row; empty if it has the values already."""
    where = columns.locate(row)
    before = columns.read_values(row, values)
    after = {name: value for name, value in values.items() if before[name] != value}
    if not after:
        return ()
    source = SOURCES[kind][where["table"]]
    kept = {name: before[name] for name in after}
    return (Prediction(table=where["table"], where=where["pk"], before=kept, after=after, source=source),)
