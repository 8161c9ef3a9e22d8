"""Show one user's account: rights on both sites, clouds, quotas and what is used, allocations, instances, requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.account import evidence, tables
from runbook_lib.diagnosis.instance import limits
from runbook_lib.model.inspection import Inspection, Step, Table, page, to_inspect
from runbook_lib.params.common import USERNAME
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.diagnosis.account.evidence import AccountEvidence
    from runbook_lib.diagnosis.account.tables import Line
    from runbook_lib.model.inspection import Part
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("atmosphere or troposphere",)
TELLS_MORE = {
    "atmosphere": "the account there, its identities and quotas",
    "troposphere": "the account there",
    "nova": "what is really used on each provider",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """Whose account."""

    username: str = USERNAME(example="joetest")


def inspect(world: World, params: Params) -> Inspection:
    """Return everything about an account. Reads both databases, and the user's projects in the clouds; no credential.

    Raises:
        TargetNotFound: Neither site knows the name.
        NotConnected: Neither site's database answers.

    Source: core/models/user.py, identity.py, quota.py and allocation_source.py of Atmosphere v37.
    """
    of = evidence.gather(world, params.username)
    quotas = tables.lines(of)
    parts: list[Part] = [tables.rights(of), _emulation(of)]
    if of.atmosphere:
        parts += [
            tables.quota_table(quotas, of),
            tables.sources(of.atmosphere, world.now()),
            tables.instances(of.atmosphere),
            tables.requests(of.atmosphere),
            tables.identities(of.atmosphere),
        ]
    return Inspection(
        answer=_answer(of, quotas),
        parts=tuple(parts),
        gaps=of.gaps,
        steps=tuple(_steps(of, quotas)),
    )


def _answer(of: AccountEvidence, quotas: Sequence[Line]) -> str:
    words = [f"{of.username}: {_where(of)}."]
    if found := of.atmosphere:
        open_ = len(found.imaging_requests) + len(found.waiting_requests)
        words.append(
            f"{count(len(found.identities), 'identity', 'identities')}, "
            f"{count(len(found.instances.instances), 'living instance')}, {count(open_, 'open request')}."
        )
        full = sorted({one.provider for one in quotas if one.remark == tables.FULL})
        other = sorted({one.provider for one in quotas if one.remark == tables.DIFFERS})
        words += [f"A quota is used up on provider {', '.join(full)}."] if full else []
        words += [f"OpenStack has other limits than Atmosphere on provider {', '.join(other)}."] if other else []
    works = of.emulation.is_possible
    first = "" if works else f": {of.emulation.reasons[0]}"
    verdict = {True: "works", False: "does not work", None: "may not work"}[works]
    return " ".join([*words, f"Emulating the account {verdict}{first}."])


def _where(of: AccountEvidence) -> str:
    here = of.atmosphere.rights if of.atmosphere else None
    sites = {"atmosphere": here, "troposphere": of.troposphere}
    told = []
    for name, rights in sites.items():
        if name not in of.responded:
            told.append(f"{name.title()} did not tell")
        elif rights is None:
            told.append(f"no account on {name.title()}")
        else:
            told.append(f"{rights.flags}{'' if rights.can_act else ', disabled'} on {name.title()}")
    return ", ".join(told)


def _emulation(of: AccountEvidence) -> Table:
    words = {True: "yes", False: "no", None: "not known"}[of.emulation.is_possible]
    rows = tuple((words if number == 0 else "", why) for number, why in enumerate(of.emulation.reasons))
    may = of.atmosphere is not None and of.atmosphere.rights.is_superuser and of.atmosphere.rights.can_act
    note = f"the account itself may {'' if may else 'not '}emulate others"
    return Table("Can it be emulated", ("works", "what to know"), rows, note=note)


def _steps(of: AccountEvidence, quotas: Sequence[Line]) -> Iterator[Step]:
    found = of.atmosphere
    if found is None:
        yield Step("The account is made when the user logs in to Atmosphere for the first time.")
        return
    wrong = next((one for one in quotas if one.remark), None)
    if wrong:
        text = f"Change the quota on provider {wrong.provider}, in Atmosphere and in the cloud."
        yield Step(text, page=page("change_quota"))
    trouble = [one for one in found.instances.instances if one.status in {*limits.LIMITS, *limits.FAILED}]
    if trouble:
        yield Step(
            f"{count(len(trouble), 'instance is', 'instances are')} on the way or failed; inspect the latest.",
            *to_inspect("triage_instance", instance_id=trouble[0].instance_id),
        )
    if errored := next((one for one in found.imaging_requests if one.has_failed), None):
        yield Step(
            "Find out what to do about an imaging request that failed.",
            *to_inspect("triage_imaging_request", request_id=errored.key),
        )
    if of.emulation.is_possible:
        yield Step("Emulate the account only if nothing else shows what the user sees.", "", "tools/emulation.html")
