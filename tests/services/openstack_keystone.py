"""Fill a new Keystone with what the tests need: accounts, projects, and the two regions' image services."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.services.openstack_config import REGIONS, Ports


def send(method: str, url: str, data: bytes, *, token: str, content_type: str) -> tuple[Any, Any]:
    """Send one request; return the headers and the JSON body of the answer.

    Raises:
        urllib.error.HTTPError: The answer is an error.
    """
    headers = {"Content-Type": content_type, "X-Auth-Token": token}
    request = urllib.request.Request(url, data=data or None, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        raw = answer.read()
        return answer.headers, json.loads(raw) if raw else None


class Keystone:
    """Keystone's API over plain HTTP: the services' tests don't test the gateway with itself."""

    def __init__(self, url: str, *, user: str = "admin", project: str = "admin") -> None:
        """Get a token; without a name, for the admin of the bootstrap."""
        self._url = url
        domain = {"id": "default"}
        password = {"user": {"name": user, "domain": domain, "password": f"{user}-secret"}}
        scope = {"project": {"name": project, "domain": domain}}
        body = {"auth": {"identity": {"methods": ["password"], "password": password}, "scope": scope}}
        headers, _ = self.call("POST", "/auth/tokens", body, token="")
        self.token = headers["X-Subject-Token"]

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[Any, Any]:
        """Send one request; return the headers and the JSON body of the answer."""
        data = b"" if body is None else json.dumps(body).encode()
        return send(
            method,
            self._url + path,
            data,
            token=self.token if token is None else token,
            content_type="application/json",
        )

    def create(self, kind: str, **fields: Any) -> str:
        """Create one object and return its id."""
        _, body = self.call("POST", f"/{kind}s", {kind: fields})
        return str(body[kind]["id"])


def populate(ports: Ports) -> str:
    """Create accounts, projects and the catalog; return the id of the member's project.

    ``glance`` is the account with which Glance checks tokens; ``joetest`` has only the member role.
    """
    keystone = Keystone(ports.keystone_url)
    _, roles = keystone.call("GET", "/roles")
    role_ids = {role["name"]: role["id"] for role in roles["roles"]}
    service, project = (keystone.create("project", name=n, domain_id="default") for n in ("service", "fixture-project"))
    for user, home, granted in (("glance", service, ("admin", "service")), ("joetest", project, ("member",))):
        user_id = keystone.create("user", name=user, password=f"{user}-secret", domain_id="default")
        for role in granted:
            keystone.call("PUT", f"/projects/{home}/users/{user_id}/roles/{role_ids[role]}")
    image_service = keystone.create("service", name="glance", type="image")
    keystone.call("POST", "/regions", {"region": {"id": REGIONS[1]}})  # the bootstrap made the first
    for number, region in enumerate(REGIONS):
        where = {"service_id": image_service, "region_id": region}
        keystone.create("endpoint", interface="public", url=ports.glance_url(number), **where)
    return project
