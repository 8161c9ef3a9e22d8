"""Count the instances per provider; a helper that procedures of this folder share."""

from __future__ import annotations

from django.db.models import Count

from runbook_lib.systems.db.models.atmosphere.instances import Instance


def count_instances() -> tuple[tuple[str, int], ...]:
    """Return the location of each provider with instances that have not ended, and their number."""
    location = "source__provider__location"
    counts = Instance.objects.filter(end_date=None).values(location).annotate(number=Count("pk")).order_by(location)
    return tuple((row[location], row["number"]) for row in counts)
