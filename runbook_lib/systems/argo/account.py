"""Find the account for a cluster in kubeconfig: for one address only, over TLS only, never shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kubernetes.config import ConfigException, kube_config
from kubernetes.config.exec_provider import ExecProvider

from runbook_lib.config.secrets import child_environment
from runbook_lib.errors import Refused
from runbook_lib.systems import limited_http
from runbook_lib.text import commands, waiting

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class KubeAccount:
    """One context of kubeconfig.

    Attributes:
        context: The context's name.
        namespace: The context's namespace.
        client: The client that logs in as the context's user.
    """

    context: str
    namespace: str
    client: Any


PLUGIN_SECONDS = 30.0
_EXEC_EXTENSION = "client.authentication.k8s.io/exec"
# The programs of kubeconfig that failed since the last `load` began, and why.
_failed: list[tuple[str, str]] = []


class _Plugin(ExecProvider):
    """A program of kubeconfig that gets the account's token.

    It does not get the runbook's own secrets, has no terminal, and is stopped after `PLUGIN_SECONDS`. The client's own
    class waits without a limit, and gives the program the terminal, where its text is shown.
    """

    def __init__(self, exec_config: Any, *args: Any) -> None:
        super().__init__(exec_config, *args)  # type: ignore[no-untyped-call]
        own = {entry["name"]: entry["value"] for entry in exec_config.safe_get("env") or ()}
        self.env = child_environment() | own

    def run(self, *_: Any) -> Any:
        """Return the account's data; record a failure, which the client only logs."""
        try:
            return self._status(self._output())
        except Exception as error:  # of any kind: the client only logs it, so it is recorded here and raised again
            is_late = isinstance(error, subprocess.TimeoutExpired)
            why = f"it did not end within {PLUGIN_SECONDS:g} s" if is_late else "it returned no account"
            _failed.append((self.args[0], why))
            raise

    def _output(self) -> str:
        """Run the program, and return what it writes to standard output."""
        spec: dict[str, Any] = {"interactive": False}
        if self.cluster:
            extensions = {entry["name"]: entry["extension"] for entry in self.cluster.value.get("extensions") or ()}
            spec["cluster"] = dict(self.cluster.value) | (
                {"config": extensions[_EXEC_EXTENSION]} if _EXEC_EXTENSION in extensions else {}
            )
        info = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec}
        with (
            waiting.reported(f"the program {self.args[0]} of kubeconfig"),
            subprocess.Popen(  # noqa: S603 - the operator's own kubeconfig names it
                self.args,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # it can contain secrets
                cwd=self.cwd,
                env=self.env | {"KUBERNETES_EXEC_INFO": json.dumps(info)},
                text=True,
                start_new_session=True,
            ) as process,
        ):
            try:
                output, _ = process.communicate(timeout=PLUGIN_SECONDS)
            except BaseException:  # Ctrl-C too: the program, and those that it started, must not hold the pipe
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode:
            raise ConfigException
        return output

    def _status(self, output: str) -> Any:
        """Return the account's data in the program's output."""
        data = json.loads(output)
        if data["kind"] != "ExecCredential" or data["apiVersion"] != self.api_version:
            raise ConfigException
        return data["status"]


# The client has no other way to set it. Its own class passes the complete environment.
kube_config.ExecProvider = _Plugin  # type: ignore[attr-defined]


def default_file() -> str:
    """Return the path that kubectl reads: ``$KUBECONFIG`` or ``~/.kube/config``."""
    return str(kube_config.KUBE_CONFIG_DEFAULT_LOCATION)


def load(url: str, file: str) -> KubeAccount:
    """Read kubeconfig and return the account for `url`. Sends nothing and writes nothing to the file.

    Raises:
        Refused: The address is not encrypted, the file can't be read, or it has no context for this address.
    """
    limited_http.check_encrypted(
        url,
        source="RUNBOOK_ARGO_URL",
        next_step="set it to the https address that 'kubectl config view' shows as the cluster's server",
    )
    context, namespace = _context(url, file)
    _failed.clear()
    try:
        client = kube_config.new_client_from_config(file, context, persist_config=False)
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        raise _unusable(file, error) from error
    if _failed:
        program, why = _failed[0]
        raise Refused(
            what=f"the program {program} of context {context} in kubeconfig failed",
            why=f"{why}; its output is not shown, because it can contain secrets",
            next_step=f"see its output with kubectl: {commands.kubectl('--context', context, 'auth', 'whoami')}",
        )
    if limited_http.is_loopback(urlsplit(url).hostname or ""):
        client.configuration.proxy = None  # like kubectl: no proxy for an address on this machine
    return KubeAccount(context, namespace, client)


def _context(url: str, file: str) -> tuple[str, str]:
    """Return name and namespace of the context for this address: the current context if it fits, else the first match.

    An account is for one cluster, and is never sent to another address.
    """
    try:
        config = kube_config.KubeConfigMerger(file).config.value
        servers = {entry["name"]: _text(entry, "cluster", "server").rstrip("/") for entry in config["clusters"]}
        clusters = {entry["name"]: _text(entry, "context", "cluster") for entry in config["contexts"]}
        namespaces = {entry["name"]: _text(entry, "context", "namespace") for entry in config["contexts"]}
        current = config.get("current-context")
    except (ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unusable(file, error) from error
    except Exception as error:  # yaml's own errors quote the file, which might hold the token
        if type(error).__module__.split(".")[0] != "yaml":
            raise
        raise _unusable(file, error) from None
    fitting = [name for name, cluster in clusters.items() if servers.get(cluster) == url.rstrip("/")]
    if not fitting:
        raise Refused(
            what=f"kubeconfig has no context for {url}",
            why=f"searched: {file}; its cluster addresses: {', '.join(sorted(set(servers.values()))) or 'none'}",
            next_step="add the cluster, a user and a context with Argo's namespace, or correct RUNBOOK_ARGO_URL",
        )
    name = current if current in fitting else fitting[0]
    return name, namespaces[name] or "default"


def _text(entry: Mapping[str, Any], part: str, key: str) -> str:
    """Return one text of a kubeconfig entry, whose parts the client wraps; empty when absent."""
    inner = getattr(entry[part], "value", entry[part])
    return str(inner.get(key) or "")


def _unusable(file: str, error: BaseException) -> Refused:
    """Return the error for an unusable kubeconfig. It quotes nothing from the file, which holds the secrets."""
    return Refused(
        what=f"the kubeconfig {file} can't be used",
        why=f"reading it raised {type(error).__name__}",
        next_step="make it work for kubectl first: kubectl auth can-i list workflows.argoproj.io",
    )
