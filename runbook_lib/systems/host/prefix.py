"""The name of the prefix of commands that run on Atmosphere's host: the program and the host, but no secret."""

from __future__ import annotations

from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Command → its options whose value is the next argument. The first argument that is not an option is the host.
_OPTIONS_WITH_VALUE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ssh": frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOoPpQRSWw"),
        "exec": frozenset(
            {"-c", "-e", "-n", "-u", "-w", "--container", "--context", "--env", "--namespace", "--user", "--workdir"}
        ),
    }
)
_KUBERNETES = frozenset({"kubectl", "oc"})
_PLACES = frozenset({"-n", "--namespace", "--context"})  # options of Kubernetes that choose the host


def prefix_name(prefix: Sequence[str]) -> str:
    """Return the program and the host or container of a prefix, without its other arguments.

    An argument can be a secret, as in ``sshpass -p SECRET ssh host``.
    """
    if not prefix:
        return ""
    parts = [PurePath(prefix[0]).name]
    if parts[0] in _KUBERNETES:
        parts += _places(prefix)
    for index, argument in enumerate(prefix):
        command = PurePath(argument).name
        if command in _OPTIONS_WITH_VALUE:
            parts += [command] if index else []
            parts += _host(prefix[index + 1 :], _OPTIONS_WITH_VALUE[command])
    return " ".join(parts)


def _places(prefix: Sequence[str]) -> Iterator[str]:
    """Yield the options that name a Kubernetes cluster or namespace."""
    for option, value in zip(prefix, [*prefix[1:], ""], strict=True):
        if option in _PLACES:
            yield f"{option} {value}"
        elif option.partition("=")[0] in _PLACES:
            yield option


def _host(arguments: Sequence[str], with_value: frozenset[str]) -> Iterator[str]:
    """Yield the host among the arguments of a command, if there is one, without a user name."""
    following = iter(arguments)
    for argument in following:
        if not argument.startswith("-"):
            yield argument.rpartition("@")[2]
            return
        if argument in with_value:
            next(following, None)
