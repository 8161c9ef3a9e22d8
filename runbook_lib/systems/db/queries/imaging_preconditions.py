"""Preconditions that Atmosphere does not check before imaging: the providers' credentials, an existing instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.systems.db.models.atmosphere.models import AccountProvider, Credential, ProviderCredential
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

_PROVIDER_KEYS = ("admin_url", "auth_url", "region_name")
_ADMIN_KEYS = ("ex_project_name", "ex_tenant_name", "key", "secret")


def missing_credentials(request: MachineRequest) -> list[str]:
    """Return the missing credentials of a request's providers, one phrase each. Only names are read, no values.

    The check covers the provider of the instance and the provider of the new image.

    Source: drivers/openstack.py of chromogenic 0.5.4 and service/tasks/machine.py of Atmosphere v37. Without one of
    these credentials, ``start_machine_imaging`` fails after it has set the status to *started*.
    """
    problems = []
    for provider_id in sorted({request.instance.source.provider_id, request.new_machine_provider_id}):
        provider_keys = ProviderCredential.objects.filter(provider_id=provider_id).values_list("key", flat=True)
        if missing := sorted(set(_PROVIDER_KEYS) - set(provider_keys)):
            problems.append(f"provider {provider_id} has no credential {', '.join(missing)}")
        admin = AccountProvider.objects.filter(provider_id=provider_id).order_by("pk").first()
        if admin is None:
            problems.append(f"provider {provider_id} has no admin identity")
            continue
        admin_keys = Credential.objects.filter(identity_id=admin.identity_id).values_list("key", flat=True)
        if missing := sorted(set(_ADMIN_KEYS) - set(admin_keys)):
            problems.append(f"the admin identity of provider {provider_id} has no credential {', '.join(missing)}")
    return problems


def needs_snapshot(request: MachineRequest) -> bool:
    """Return whether an approval would begin with a snapshot of the instance, and not at a later step.

    Source: ``start_machine_imaging`` in service/tasks/machine.py of Atmosphere v37.
    """
    step = imaging_requests.resume_point(request.old_status or "")
    return "processing - " not in step and step != "validating"
