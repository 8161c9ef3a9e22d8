"""Extract facts from a text: user, instance, provider, time. Labels and formats decide; nothing is guessed."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAME = r"[a-z0-9_.@+\-]{1,150}+"
_IP = r"[0-9]{1,3}+\.[0-9]{1,3}+\.[0-9]{1,3}+\.[0-9]{1,3}+"
_IS = r"[ '\"=:#(]{1,6}+(?:u['\"])?+"  # between a name and its value, in Python, JSON, SQL or prose
_LABEL = r"(?m:^)[ *>\-]{0,8}+"
_TO_LINE_END = r"[^\n|]{1,200}+"
_STATUS_LINE = r"(?m:^)[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},"
TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ t][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9}+)?+)?+"
    r"(?:z|[+\-][0-9]{2}:?+[0-9]{2})?+"
)

# Field → patterns of its value (the group `v`), the most reliable first. They match a folded text.
PATTERNS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    field: tuple(re.compile(pattern) for pattern in patterns)
    for field, patterns in {
        "username": (
            rf"{_LABEL}user ?+name {{0,4}}+: {{0,4}}+(?P<v>{_NAME})",
            rf"{UUID}\|{_IP}\|(?P<v>{_NAME})",
            rf"atmosphere_deploy\.d/(?P<v>{_NAME})/",
            rf"\((?P<v>{_NAME})\) preemptive deploy failure",
            rf"\busername (?P<v>{_NAME}) does not exist as an",
            rf"{_STATUS_LINE}(?P<v>{_NAME}),{UUID},",
            rf"\busername{_IS}(?P<v>{_NAME})",
        ),
        "instance_id": (
            rf"{_LABEL}instance (?:id|uuid) {{0,4}}+: {{0,4}}+(?P<v>[0-9a-f\-]{{8,64}}+)",
            rf"(?P<v>{UUID})\|{_IP}\|",
            rf"atmosphere_deploy\.d/{_NAME}/(?P<v>{UUID})",
            rf"\binstance(?:[_ ]?+(?:uuid|id|alias))?+{_IS}(?P<v>{UUID})",
            rf"\bserver{_IS}(?P<v>{UUID})",
            rf"instance ip missing\? (?P<v>{UUID})",
            rf"chromosnapshot_(?P<v>{UUID})",
            rf"{_STATUS_LINE}{_NAME},(?P<v>{UUID}),",
        ),
        "ip_address": (
            rf"{_LABEL}(?:instance )?+ip(?: address)?+ {{0,4}}+: {{0,4}}+(?P<v>{_IP})",
            rf"{UUID}\|(?P<v>{_IP})\|",
            rf"\b(?:ip|ip_address|server-ip){_IS}(?P<v>{_IP})",
            rf"\| access_?+ipv4 {{1,80}}+\| (?P<v>{_IP})",
            rf"fatal: \[(?P<v>{_IP})\]",
        ),
        "provider": (rf"{_LABEL}(?:cloud )?+provider(?: location)?+ {{0,4}}+: {{0,4}}+(?P<v>{_TO_LINE_END})",),
        "provider_id": (
            rf"\bprovider_{{1,2}}+id{_IS}(?P<v>[0-9]{{1,9}}+)",
            r"\breplica provider (?P<v>[0-9]{1,9}+)",
        ),
        "image": (
            rf"{_LABEL}image(?:/application)?+(?: selected)?+ {{0,4}}+: {{0,4}}+(?P<v>{_TO_LINE_END})",
            rf"\| image {{1,80}}+\| (?P<v>{_TO_LINE_END})",
        ),
        "image_id": (
            rf"processing - (?P<v>{UUID})",
            rf"\bimage(?:[_ ]?+(?:uuid|id))?+{_IS}(?P<v>{UUID})",
            rf"\| image {{1,80}}+\| [^\n|()]{{0,150}}+\((?P<v>{UUID})",
            rf"{_STATUS_LINE}{_NAME},{UUID},(?P<v>{UUID}),",
        ),
        "volume_id": (rf"\bvolume(?:[_ ]?+(?:uuid|id))?+{_IS}(?P<v>{UUID})",),
        "size": (
            rf"{_LABEL}size(?: selected)?+ {{0,4}}+: {{0,4}}+(?P<v>{_TO_LINE_END})",
            rf"\| flavor[a-z:_]{{0,30}}+ {{1,80}}+\| (?P<v>{_TO_LINE_END})",
            r"\b(?P<v>m1\.[a-z]{1,12}+)",
        ),
        "request_id": (
            r"\b(?:machine_requests|imaging-requests|resource_requests|request_image)/(?P<v>[0-9]{1,9}+)",
            rf"\b(?:machine ?+request|request_id|imaging request|request id){_IS}(?P<v>[0-9]{{1,9}}+)\b",
        ),
        "application_id": (
            rf"\bapplication(?:_| )id{_IS}(?P<v>[0-9]{{1,9}}+)\b",
            r"\bapplication/images/(?P<v>[0-9]{1,9}+)",
        ),
        "task_id": (
            rf"\((?P<v>{UUID})\)\]",
            rf"[a-z_]\[(?P<v>{UUID})\]",
            rf"\btask(?:_| )?+id{_IS}(?P<v>{UUID})",
        ),
        "workflow": (r"\b(?P<v>ansible-deploy-[a-z0-9]{3,20}+)",),
        "fault": (
            rf"{_LABEL}fault message from nova {{0,4}}+: {{0,4}}+(?P<v>{_TO_LINE_END})",
            r"\| fault {1,80}+\| [^\n]{0,40}?\"message\": \"(?P<v>[^\"\n]{1,200}+)",
            r"\| fault {1,80}+\| [^\n]{0,40}?'message': '(?P<v>[^'\n]{1,200}+)",
            rf"\| fault {{1,80}}+\| (?P<v>{_TO_LINE_END})",
        ),
    }.items()
}
SERVER_TABLE = re.compile(rf"\| id {{1,80}}+\| (?P<v>{UUID})")
OTHER_ID = re.compile(
    r"\b(?:port|network|subnet|router|image|snapshot|project|tenant|user|group|request|task|provider|identity|node|host)"
    rf"(?:[_ ]?+(?:uuid|id|alias))?+{_IS}(?P<v>{UUID})"
)
ANY_UUID = re.compile(rf"(?<![0-9a-f\-]){UUID}(?![0-9a-f\-])")
# Values that are safe in a command for copying.
SAFE = {
    "username": re.compile(r"[A-Za-z0-9_.@+]{1}[A-Za-z0-9_.@+-]{0,149}"),
    "instance_id": re.compile(r"[0-9A-Fa-f][0-9A-Fa-f-]{7,63}"),
    "image_id": re.compile(r"[0-9A-Fa-f][0-9A-Fa-f-]{7,63}"),
    "volume_id": re.compile(r"[0-9A-Fa-f][0-9A-Fa-f-]{7,63}"),
    "workflow": re.compile(r"[a-z][a-z0-9-]{1,62}"),
    "task_id": re.compile(r"[0-9A-Fa-f][0-9A-Fa-f-]{7,63}"),
    **dict.fromkeys(("request_id", "application_id", "provider_id"), re.compile(r"[0-9]{1,9}")),
}


@dataclass(frozen=True)
class Facts:
    """The facts that a text contains.

    Attributes:
        values: Field → its value, as in the text.
        unlabeled: Fields whose value has the right format but no label; the operator must check them.
        times: The first and the last timestamp, as in the text: with a zone only if the text has one.
    """

    values: Mapping[str, str]
    unlabeled: frozenset[str] = frozenset()
    times: tuple[str, ...] = ()


def extract(text: str, folded: str) -> Facts:
    """Return the facts of a cleaned text; `folded` is its folded form."""
    values = {field: value for field in PATTERNS for value in _values(field, text, folded)}
    if "instance_id" not in values and "| flavor" in folded and (row := SERVER_TABLE.search(folded)):
        values["instance_id"] = text[slice(*row.span("v"))]
    unlabeled: set[str] = set()
    if "instance_id" not in values:
        others = {text[slice(*match.span("v"))] for match in OTHER_ID.finditer(folded)}
        candidates = {text[slice(*match.span())] for match in ANY_UUID.finditer(folded)}
        candidates -= {*values.values(), *others}
        if len(candidates) == 1:
            values["instance_id"] = candidates.pop()
            unlabeled.add("instance_id")
    times = [text[slice(*match.span())] for match in TIMESTAMP.finditer(folded)]
    first_and_last = tuple(dict.fromkeys([*times[:1], *times[-1:]]))
    return Facts(values=values, unlabeled=frozenset(unlabeled), times=first_and_last)


def is_safe(field: str, value: str) -> bool:
    """Return whether a value is safe in a shell command."""
    return field in SAFE and bool(SAFE[field].fullmatch(value))


def _values(field: str, text: str, folded: str) -> Iterator[str]:
    """Yield the value of a field, or nothing if the text has none."""
    for pattern in PATTERNS[field]:
        for match in pattern.finditer(folded):
            value = text[slice(*match.span("v"))].strip().rstrip(".,;")
            value = value if "(" in value else value.rstrip(")")
            if value and (field != "ip_address" or _is_address(value)):
                yield value
                return


def _is_address(value: str) -> bool:
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)
