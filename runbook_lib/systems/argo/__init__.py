"""Argo's workflows through the Kubernetes API. Importing this package does not import the slow Kubernetes client."""

from runbook_lib.systems.argo.gateway import Argo
from runbook_lib.systems.argo.workflow import Pod, Workflow

__all__ = ["Argo", "Pod", "Workflow"]
