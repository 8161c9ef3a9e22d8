"""Argo's workflows through the Kubernetes API; importing this package does not import the client, which is slow."""

from runbook_lib.systems.argo.gateway import Argo
from runbook_lib.systems.argo.workflow import Pod, Workflow

__all__ = ["Argo", "Pod", "Workflow"]
