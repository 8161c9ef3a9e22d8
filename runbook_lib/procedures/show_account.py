"""Show one user's account: rights on both sites, clouds, quotas and use, allocations, instances and requests."""

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

GROUP = "Staff and accounts"
MINUTES = 2
NEEDS = ("atmosphere or troposphere",)
OPTIONAL = {
    "atmosphere": "the account there, its identities and quotas",
    "troposphere": "the account there",
    "nova": "the real use on each provider",
}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The user."""

    username: str = USERNAME(example="joetest")


def inspect(world: World, params: Params) -> Inspection:
    """Return everything about an account. Reads both databases and the clouds' projects, but no credential.

    Raises:
        TargetNotFound: Neither site has an account of this name.
        NotConnected: Neither site's database responds.

    Source: core/models/user.py, identity.py, quota.py and allocation_source.py of Atmosphere v37.
    """
    account = evidence.gather(world, params.username)
    lines = tables.lines(account)
    parts: list[Part] = [tables.rights(account), _emulation(account)]
    if account.atmosphere:
        parts += [
            tables.quota_table(lines, account),
            tables.sources(account.atmosphere, world.now()),
            tables.instances(account.atmosphere),
            tables.requests(account.atmosphere),
            tables.identities(account.atmosphere),
        ]
    return Inspection(
        answer=_answer(account, lines),
        parts=tuple(parts),
        gaps=account.gaps,
        steps=tuple(_steps(account, lines)),
    )


def _answer(account: AccountEvidence, quotas: Sequence[Line]) -> str:
    sentences = [f"{account.username}: {_where(account)}."]
    if atmosphere := account.atmosphere:
        open_requests = len(atmosphere.imaging_requests) + len(atmosphere.waiting_requests)
        sentences.append(
            f"{count(len(atmosphere.identities), 'identity', 'identities')}, "
            f"{count(len(atmosphere.instances.instances), 'running instance')}, {count(open_requests, 'open request')}."
        )
        full = sorted({line.provider for line in quotas if line.remark == tables.FULL})
        different = sorted({line.provider for line in quotas if line.remark == tables.DIFFERS})
        if full:
            sentences.append(f"A quota is used up on provider {', '.join(full)}.")
        if different:
            sentences.append(f"OpenStack and Atmosphere have different limits on provider {', '.join(different)}.")
    works = account.emulation.is_possible
    reason = "" if works else f": {account.emulation.reasons[0]}"
    verdict = {True: "works", False: "does not work", None: "might not work"}[works]
    return " ".join([*sentences, f"Emulating the account {verdict}{reason}."])


def _where(account: AccountEvidence) -> str:
    rights_on_atmosphere = account.atmosphere.rights if account.atmosphere else None
    sites = {"atmosphere": rights_on_atmosphere, "troposphere": account.troposphere}
    texts = []
    for name, rights in sites.items():
        if name not in account.responded:
            texts.append(f"{name.title()} did not respond")
        elif rights is None:
            texts.append(f"no account on {name.title()}")
        else:
            texts.append(f"{rights.flags}{'' if rights.can_act else ', disabled'} on {name.title()}")
    return ", ".join(texts)


def _emulation(account: AccountEvidence) -> Table:
    works = {True: "yes", False: "no", None: "unknown"}[account.emulation.is_possible]
    rows = tuple((works if number == 0 else "", reason) for number, reason in enumerate(account.emulation.reasons))
    atmosphere = account.atmosphere
    can_emulate = atmosphere is not None and atmosphere.rights.is_superuser and atmosphere.rights.can_act
    note = f"the account itself {'can' if can_emulate else 'cannot'} emulate others"
    return Table("Emulation of the account", ("works", "reason"), rows, note=note)


def _steps(account: AccountEvidence, quotas: Sequence[Line]) -> Iterator[Step]:
    atmosphere = account.atmosphere
    if atmosphere is None:
        yield Step("The first login to Atmosphere creates the account.")
        return
    wrong = next((line for line in quotas if line.remark), None)
    if wrong:
        text = f"Change the quota on provider {wrong.provider}, in Atmosphere and in the cloud."
        yield Step(text, page=page("change_quota"))
    trouble = [i for i in atmosphere.instances.instances if i.status in {*limits.LIMITS, *limits.FAILED}]
    if trouble:
        yield Step(
            f"{count(len(trouble), 'instance is', 'instances are')} in a transition or failed; inspect the latest.",
            *to_inspect("triage_instance", instance_id=trouble[0].instance_id),
        )
    if errored := next((request for request in atmosphere.imaging_requests if request.has_failed), None):
        yield Step(
            "Find the cause of the failed imaging request, and the next step.",
            *to_inspect("triage_imaging_request", request_id=errored.key),
        )
    if account.emulation.is_possible:
        yield Step("Emulate the account only if nothing else shows what the user sees.", "", "tools/emulation.html")
