"""Change the quota of a user on one provider: what is not given stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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

MINUTES = 4
NEEDS = ("atmosphere",)
TELLS_MORE = {"api": "with it OpenStack's own limits change too, in the same step"}
_MOCK = "mock"
_PARAMETERS = {"memory": "memory_gb", "storage": "storage_gb", "storage_count": "volume_count"}  # others: the column


@dataclass(frozen=True, kw_only=True)
class Params:
    """Whose quota, and its new limits; one that is not given stays."""

    username: str = USERNAME(example="joetest")
    provider_id: int = PROVIDER_ID("of the identity.", example=4)
    cpu: int | None = param("CPUs of all instances together.", default=None, example=44)
    memory_gb: int | None = param("Memory of all instances together, in GB.", default=None, example=120)
    storage_gb: int | None = param("All volumes together, in GB.", default=None, example=1000)
    instance_count: int | None = param("How many instances.", default=None, example=20)
    snapshot_count: int | None = param("How many snapshots.", default=None, example=20)
    volume_count: int | None = param("How many volumes.", default=None, example=20)
    floating_ip_count: int | None = param("How many floating addresses.", default=None, example=20)
    port_count: int | None = param("How many ports (fixed addresses).", default=None, example=20)

    def given(self) -> quotas.Values:
        """Return what was given, by column."""
        values = {name: getattr(self, _PARAMETERS.get(name, name)) for name in quota.FIELDS}
        return {name: value for name, value in values.items() if value is not None}


def plan(world: World, params: Params) -> Plan:
    """Return the call that sets the quota in Atmosphere and OpenStack; without the API, the identity's other quota row.

    A quota row is shared by many identities, so none is ever edited.

    Raises:
        TargetNotFound: No such user, or no identity there.
        Refused: Several identities; nothing given; through the API, a limit that it does not take.

    Source: core/hooks/quota.py, service/quota.py and api/v2/serializers/details/quota.py of Atmosphere v37.
    """
    identity = quotas.identity(accounts.atmosphere_user(params.username), params.provider_id)
    present, given = quotas.values(identity.quota), params.given()
    if not given:
        raise Refused(
            what="no limit is given, so there is nothing to change",
            why=f"the quota is now: {quotas.describe(present)}",
            next_step="give at least one, such as -p cpu=44",
        )
    wanted = present | given
    if wanted == present:
        because = f"the quota of {params.username} on provider {params.provider_id} is so already"
        return Plan(because=because, warnings=(f"it is: {quotas.describe(present)}",))
    sides = {"it is now": present, "it becomes": wanted}
    warnings = [f"{when}: {quotas.describe(side)}" for when, side in sides.items() if quotas.has_unlimited(side)]
    if world.endpoints.api_url:
        return _through_the_api(world, params.username, identity, wanted, warnings)
    warnings.append(
        "only Atmosphere's database is changed: OpenStack keeps the old limits, which are the ones that count in the "
        "cloud, until somebody sets them there; with RUNBOOK_API_URL set, this procedure does both"
    )
    relied_on = [row for row in (identity.quota, quotas.find_equal(wanted)) if row is not None]
    expects = tuple(edits.expect(row, *quota.FIELDS) for row in relied_on)
    return Plan(changes=tuple(_rows(identity, wanted)), warnings=tuple(warnings), expects=expects)


def _rows(identity: Identity, wanted: quotas.Values) -> list[RowChange]:
    """Return the other quota row for the identity: an equal one that is there, else a new one."""
    row = quotas.find_equal(wanted)
    if row is not None:
        return list(edits.update(identity, quota_id=row.pk))
    made = quotas.new_quota(wanted)
    key = KeyOf(table="quota", column="uuid", value=str(made.uuid))
    return [edits.insert(made, unless=("uuid",)), *edits.update(identity, quota_id=key)]


def _through_the_api(
    world: World, username: str, identity: Identity, wanted: quotas.Values, warnings: list[str]
) -> Plan:
    """Return the one call. It has no row to expect: the API writes them, and a lock here would keep it waiting."""
    present = quotas.values(identity.quota)
    if wrong := [name for name in quota.API_AT_LEAST_ONE if (wanted[name] or 0) < 1]:
        raise Refused(
            what=f"Atmosphere's API takes no quota whose {' or '.join(wrong)} is unlimited or less than 1",
            why=f"it would become: {quotas.describe(wanted)}",
            next_step="give these too: cpu, memory_gb, storage_gb, volume_count, each at least 1",
        )
    call = calls.quota(str(identity.uuid), username, before=present, after=wanted)
    now = world.api.current(call)
    if now != present:
        raise Refused(
            what=f"Atmosphere's API shows another quota for identity {identity.uuid} than the database",
            why=f"the API: {now}; the database: {present}",
            next_step="check that RUNBOOK_API_URL and RUNBOOK_ATMOSPHERE_DB are the same site",
        )
    if quotas.find_equal(wanted) is None:
        warnings.append("Atmosphere adds a row for these values to its table quota; it stays there after an undo")
    if not quotas.has_credentials(identity) or identity.provider.type.name.lower() == _MOCK:
        warnings.append(
            f"nothing is sent to a cloud: the identity has no credentials, or provider {identity.provider_id} has none"
        )
    warnings.append("Atmosphere writes a row quota_assigned to event_table for this, and another one for an undo")
    if any((present[name] or 0) < 1 for name in quota.API_AT_LEAST_ONE):
        warnings.append("an undo through the API will be refused: the present quota has a limit that it does not take")
    return Plan(changes=(call,), warnings=tuple(warnings))
