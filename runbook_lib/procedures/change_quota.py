"""Change the quota of a user on one provider; limits that you do not give stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis import consequences
from runbook_lib.errors import Refused
from runbook_lib.model import KeyOf, RowChange, quota
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import PROVIDER_ID, USERNAME
from runbook_lib.systems.atmosphere_api import calls
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import accounts, quotas

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import Identity
    from runbook_lib.world.world import World

GROUP = "Quotas and allocations"
MINUTES = 4
NEEDS = ("atmosphere",)
OPTIONAL = {"api": "OpenStack's own limits change in the same step"}
_MOCK = "mock"
_PARAMETERS = {
    "memory": "memory_gb",
    "storage": "storage_gb",
    "storage_count": "volume_count",
}  # others: the column's name


@dataclass(frozen=True, kw_only=True)
class Params:
    """The user and provider, and the new limits; a limit that is not given stays."""

    username: str = USERNAME(example="joetest")
    provider_id: int = PROVIDER_ID("of the identity.", example=4)
    cpu: int | None = param("Limit on the CPUs of all instances together.", default=None, example=44)
    memory_gb: int | None = param("Limit on the memory of all instances together, in GB.", default=None, practice=120)
    storage_gb: int | None = param("Limit on the size of all volumes together, in GB.", default=None, practice=1000)
    instance_count: int | None = param("Limit on the number of instances.", default=None, practice=20)
    snapshot_count: int | None = param("Limit on the number of snapshots.", default=None, practice=20)
    volume_count: int | None = param("Limit on the number of volumes.", default=None, practice=20)
    floating_ip_count: int | None = param("Limit on the number of floating IP addresses.", default=None, practice=20)
    port_count: int | None = param("Limit on the number of ports (fixed IP addresses).", default=None, practice=20)

    def given(self) -> quotas.Values:
        """Return the limits that were given, by column."""
        values = {name: getattr(self, _PARAMETERS.get(name, name)) for name in quota.FIELDS}
        return {name: value for name, value in values.items() if value is not None}


def plan(world: World, params: Params) -> Plan:
    """Return the call that sets the quota in Atmosphere and OpenStack; without the API, a change of the identity's row.

    Many identities share a quota row, so the plan never edits one: it points the identity to another quota row.

    Raises:
        TargetNotFound: The user does not exist, or has no identity on the provider.
        Refused: The user has several identities there; no limit is given; the API rejects one of the limits.

    Source: core/hooks/quota.py, service/quota.py and api/v2/serializers/details/quota.py of Atmosphere v37.
    """
    identity = quotas.identity(accounts.atmosphere_user(params.username), params.provider_id)
    present, given = quotas.values(identity.quota), params.given()
    if not given:
        raise Refused(
            what="no limit is given, so there is nothing to change",
            why=f"the quota is now: {quotas.describe(present)}",
            next_step="give at least one limit, such as -p cpu=44",
        )
    wanted = present | given
    if wanted == present:
        because = f"the quota of {params.username} on provider {params.provider_id} already has these limits"
        return Plan(because=because, warnings=(f"quota now: {quotas.describe(present)}",))
    sides = {"quota now": present, "quota after": wanted}
    warnings = [f"{when}: {quotas.describe(side)}" for when, side in sides.items() if quotas.has_unlimited(side)]
    if world.endpoints.api_url:
        return _through_the_api(world, params.username, identity, wanted, warnings)
    warnings.append(
        "this changes only Atmosphere's database: OpenStack keeps and enforces the old limits until somebody sets them "
        "there; with RUNBOOK_API_URL set, this procedure changes both"
    )
    relied_on = [row for row in (identity.quota, quotas.find_equal(wanted)) if row is not None]
    expects = tuple(edits.expect(row, *quota.FIELDS) for row in relied_on)
    return Plan(changes=tuple(_rows(identity, wanted)), warnings=tuple(warnings), expects=expects)


def _rows(identity: Identity, wanted: quotas.Values) -> list[RowChange]:
    """Return the changes that give the identity an existing quota row with these limits, or else a new one."""
    row = quotas.find_equal(wanted)
    if row is not None:
        return list(edits.update(identity, quota_id=row.pk))
    new = quotas.new_quota(wanted)
    key = KeyOf(table="quota", column="uuid", value=str(new.uuid))
    return [edits.insert(new, unless=("uuid",)), *edits.update(identity, quota_id=key)]


def _through_the_api(
    world: World, username: str, identity: Identity, wanted: quotas.Values, warnings: list[str]
) -> Plan:
    """Return the single call. The plan expects no row: the API writes them, and a lock held here would block it."""
    present = quotas.values(identity.quota)
    if rejected := [name for name in quota.API_AT_LEAST_ONE if (wanted[name] or 0) < 1]:
        raise Refused(
            what=f"Atmosphere's API rejects a quota whose {' or '.join(rejected)} is unlimited or less than 1",
            why=f"the quota would become: {quotas.describe(wanted)}",
            next_step="also give cpu, memory_gb, storage_gb and volume_count, each at least 1",
        )
    call = calls.quota(str(identity.uuid), username, before=present, after=wanted)
    current = world.api.current(call)
    if current != present:
        raise Refused(
            what=f"Atmosphere's API and the database show different quotas for identity {identity.uuid}",
            why=f"the API: {current}; the database: {present}",
            next_step="check that RUNBOOK_API_URL and RUNBOOK_ATMOSPHERE_DB belong to the same site",
        )
    if quotas.find_equal(wanted) is None:
        warnings.append("Atmosphere adds a row with these values to its table quota; undo does not delete it")
    if not quotas.has_credentials(identity) or identity.provider.type.name.lower() == _MOCK:
        warnings.append(
            "Atmosphere sends nothing to a cloud: the identity has no credentials, or provider "
            f"{identity.provider_id} has none"
        )
    warnings.append("Atmosphere writes a row quota_assigned to event_table for this change, and another for an undo")
    if any((present[name] or 0) < 1 for name in quota.API_AT_LEAST_ONE):
        warnings.append("the API will reject an undo: the present quota has a limit that it does not accept")
    predictions = consequences.quota_assignment(identity, username, wanted)
    return Plan(changes=(call,), warnings=tuple(warnings), predictions=predictions)
