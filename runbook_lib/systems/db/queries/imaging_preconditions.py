"""What the start of an imaging needs and does not check: the providers' credentials, an instance that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.systems.db.models.atmosphere.models import AccountProvider, Credential, ProviderCredential
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

_OF_PROVIDER = ("admin_url", "auth_url", "region_name")
_OF_ADMIN = ("ex_project_name", "ex_tenant_name", "key", "secret")


def missing_credentials(of: MachineRequest) -> list[str]:
    """Return what the providers of a request lack, a phrase each; names only, no value is read.

    Concerned are the provider of the instance and the one that the image is made on.

    Source: drivers/openstack.py of chromogenic 0.5.4 and service/tasks/machine.py of Atmosphere v37: without one of
    these ``start_machine_imaging`` fails after it has set the status to *started*.
    """
    problems = []
    for provider_id in sorted({of.instance.source.provider_id, of.new_machine_provider_id}):
        there = ProviderCredential.objects.filter(provider_id=provider_id).values_list("key", flat=True)
        if lacking := sorted(set(_OF_PROVIDER) - set(there)):
            problems.append(f"provider {provider_id} has no credential {', '.join(lacking)}")
        admin = AccountProvider.objects.filter(provider_id=provider_id).order_by("pk").first()
        if admin is None:
            problems.append(f"provider {provider_id} has no admin identity")
            continue
        own = Credential.objects.filter(identity_id=admin.identity_id).values_list("key", flat=True)
        if lacking := sorted(set(_OF_ADMIN) - set(own)):
            problems.append(f"the admin identity of provider {provider_id} has no credential {', '.join(lacking)}")
    return problems


def begins_anew(of: MachineRequest) -> bool:
    """Tell whether an approval would begin with a snapshot of the instance, rather than resume later.

    Source: ``start_machine_imaging`` in service/tasks/machine.py of Atmosphere v37.
    """
    step = imaging_requests.resume_point(of.old_status or "")
    return "processing - " not in step and step != "validating"
