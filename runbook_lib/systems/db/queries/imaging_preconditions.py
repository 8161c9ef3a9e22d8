"""Preconditions that Atmosphere does not check before imaging: the providers' credentials, an existing instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.systems.db.models.atmosphere.models import AccountProvider, Credential, ProviderCredential
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

_PROVIDER_KEYS = ("admin_url", "auth_url", "region_name")
_ADMIN_KEYS = ("ex_project_name", "ex_tenant_name", "key", "secret")
_PROJECT_KEYS = ("ex_tenant_name", "ex_project_name")  # in upstream's order


def missing_credentials(request: MachineRequest) -> list[str]:
    """Return what a start needs and does not find, one phrase each. Only names are read, no values.

    The check covers the provider of the parent machine, the provider of the new image, and the identity of the
    instance. A key of a provider may stand with the provider or with its admin identity, because upstream merges them.

    Source: core/models/machine_request.py:277-296 and 342-351 of Atmosphere v37-5, drivers/openstack.py of chromogenic
    0.5.4. Without one of these, ``start_machine_imaging`` fails after it has set the status to *started*.
    """
    problems = []
    for provider_id in sorted({request.parent_machine.instance_source.provider_id, request.new_machine_provider_id}):
        keys = set(ProviderCredential.objects.filter(provider_id=provider_id).values_list("key", flat=True))
        admin = AccountProvider.objects.filter(provider_id=provider_id).order_by("pk").first()
        if admin is None:
            problems.append(f"provider {provider_id} has no admin identity")
            continue
        keys |= set(Credential.objects.filter(identity_id=admin.identity_id).values_list("key", flat=True))
        if missing := sorted(set(_PROVIDER_KEYS) - keys):
            problems.append(f"provider {provider_id} has no credential {', '.join(missing)}")
        if missing := sorted(set(_ADMIN_KEYS) - keys):
            problems.append(f"the admin identity of provider {provider_id} has no credential {', '.join(missing)}")
    return [*problems, *_missing_of_identity(request)]


def _missing_of_identity(request: MachineRequest) -> list[str]:
    identity = request.instance.created_by_identity_id
    if identity is None:
        return ["its instance has no identity (created_by_identity is NULL)"]
    if Credential.objects.filter(identity_id=identity, key__in=_PROJECT_KEYS).exists():
        return []
    return [f"identity {identity} of its instance has neither credential {' nor '.join(sorted(_PROJECT_KEYS))}"]


def storage_folder(request: MachineRequest) -> str:
    """Return the folder on the imaging host in which a run keeps its file, with a slash; LOCAL_STORAGE is the default.

    Source: ``_extract_file_location`` in core/models/machine_request.py:342-357 of Atmosphere v37-5.
    """
    rows = Credential.objects.filter(identity=request.instance.created_by_identity, key__in=_PROJECT_KEYS)
    values = dict(rows.order_by("-pk").values_list("key", "value"))
    project = next((values[key] for key in _PROJECT_KEYS if key in values), "PROJECT")
    return f"/storage/{project}/"


def is_validating_nothing(request: MachineRequest) -> bool:
    """Return whether an approval would resume with validation although no machine is recorded.

    With validation on, the start fails; with validation off, the request becomes *completed* without an image.

    Source: service/tasks/machine.py:184-185 and 213-214 of Atmosphere v37-5.
    """
    step = imaging_requests.resume_point(request.old_status or "")
    return step == "validating" and request.new_machine_id is None


def needs_snapshot(request: MachineRequest) -> bool:
    """Return whether an approval would begin with a snapshot of the instance, and not at a later step.

    Source: ``start_machine_imaging`` in service/tasks/machine.py of Atmosphere v37.
    """
    if request.old_status is None:  # the start fails
        return False
    step = imaging_requests.resume_point(request.old_status)
    return "processing - " not in step and step != "validating"
