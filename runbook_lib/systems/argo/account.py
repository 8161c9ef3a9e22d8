"""Find the account for a cluster in kubeconfig: of one address only, over an encrypted line only, never shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kubernetes.config import ConfigException, kube_config

from runbook_lib.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class KubeAccount:
    """One context of kubeconfig.

    Attributes:
        context: Its name.
        namespace: Its namespace.
        client: The client that logs in with its user.
    """

    context: str
    namespace: str
    client: Any


def default_file() -> str:
    """Return where kubectl looks: ``$KUBECONFIG`` or ``~/.kube/config``."""
    return str(kube_config.KUBE_CONFIG_DEFAULT_LOCATION)


def load(url: str, file: str) -> KubeAccount:
    """Read kubeconfig and return the account for `url`; sends nothing, and writes nothing back.

    Raises:
        Refused: The address is not encrypted; the file can't be read, or has no context for this address.
    """
    _check_encrypted(url)
    context, namespace = _context(url, file)
    try:
        client = kube_config.new_client_from_config(file, context, persist_config=False)
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        raise _unusable(file, error) from error
    if urlsplit(url).hostname in _LOOPBACK:
        client.configuration.proxy = None  # as kubectl: this machine is never asked for through a proxy
    return KubeAccount(context, namespace, client)


def _check_encrypted(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise Refused(
            what=f"RUNBOOK_ARGO_URL is {url}, which is not encrypted",
            why="the account's token would be readable on the way; kubectl sends none there either",
            next_step="give the https address that 'kubectl config view' shows as the cluster's server",
        )


def _context(url: str, file: str) -> tuple[str, str]:
    """Return name and namespace of the context for this address: the current one if it fits, else the first that does.

    An account is for one cluster; it is never sent to another address.
    """
    try:
        config = kube_config.KubeConfigMerger(file).config.value
        servers = {one["name"]: _of(one, "cluster", "server").rstrip("/") for one in config["clusters"]}
        places = {one["name"]: _of(one, "context", "cluster") for one in config["contexts"]}
        namespaces = {one["name"]: _of(one, "context", "namespace") for one in config["contexts"]}
        current = config.get("current-context")
    except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unusable(file, error) from error
    except Exception as error:  # yaml's own errors, which quote the file: that may hold the token
        if type(error).__module__.split(".")[0] != "yaml":
            raise
        raise _unusable(file, error) from None
    fitting = [name for name, cluster in places.items() if servers.get(cluster) == url.rstrip("/")]
    if not fitting:
        raise Refused(
            what=f"kubeconfig has no context for {url}",
            why=f"searched: {file}; its clusters are at {', '.join(sorted(set(servers.values()))) or 'no address'}",
            next_step="add the cluster, a user and a context with Argo's namespace, or correct RUNBOOK_ARGO_URL",
        )
    name = current if current in fitting else fitting[0]
    return name, namespaces[name] or "default"


def _of(entry: Mapping[str, Any], part: str, key: str) -> str:
    """Return a text of an entry of kubeconfig, whose parts the client wraps; empty when it is not there."""
    inner = getattr(entry[part], "value", entry[part])
    return str(inner.get(key) or "")


def _unusable(file: str, error: BaseException) -> Refused:
    """Return the refusal of a kubeconfig, of which nothing is quoted: it holds the account's secrets."""
    return Refused(
        what=f"the kubeconfig {file} can't be used",
        why=f"reading it ends with {type(error).__name__}",
        next_step="make it work for kubectl first: kubectl auth can-i list workflows.argoproj.io",
    )
