"""The image service of one provider: read images by UUID, set visibility, name and properties, delete images."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from runbook_lib.errors import CallUnsettled, NotConnected, Refused, ResponseLost, TargetNotFound
from runbook_lib.systems.gateway import Gateway, stale
from runbook_lib.systems.openstack import error_page
from runbook_lib.systems.openstack.image import from_json
from runbook_lib.systems.openstack.service import OpenStackService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from runbook_lib.model import Call, Json
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.systems.openstack.sdk import CloudResponse
    from runbook_lib.systems.openstack.sdk_image import ImageApi

# The older of Glance's two patch formats. Only in this one does adding a property fail if it was added meanwhile.
PATCH_TYPE = "application/openstack-images-v2.0-json-patch"
DELETED = "deleted"
PAGE = 1000  # images per response; Glance's default maximum
_PROPERTY = "property:"
_OK, _FORBIDDEN, _NOT_FOUND = range(200, 300), 403, 404


class Glance(OpenStackService["ImageApi"], Gateway):
    """The image service of one provider.

    A `Call` has ``system="glance:<provider id>"``, the image's UUID as ``target``, and one of these as ``action``:

    ``visibility``, ``name``
        ``before`` and ``after`` are texts.
    ``property:<name>``
        A custom property; None means that the image does not have it.
    ``status``
        ``after`` is ``deleted``, ``before`` is the status at the time of the plan; irreversible.
    """

    title = "Glance"

    def __init__(
        self,
        provider_id: int,
        cloud: str,
        *,
        config_file: Path | None = None,
        may_write: Callable[[], bool] = lambda: True,
    ) -> None:
        """Keep the cloud's name. Reads and sends nothing before the first use.

        Args:
            provider_id: Atmosphere's id of the provider, for messages.
            cloud: The name in ``clouds.yaml``.
            config_file: The ``clouds.yaml``; None means openstacksdk's default locations.
            may_write: Called before every write; False prevents it.
        """
        super().__init__(provider_id, cloud, config_file=config_file)
        self.may_write = may_write

    def image(self, image_id: str) -> Image | None:
        """Return one image by its UUID; None when it does not exist or this account can't see it.

        Raises:
            NotConnected: Glance or Keystone does not respond, or rejects this account.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong, or Glance rejects the request.

        A list omits images that the admin project does not see, so the lookup in the staff guide returns ``None`` for
        them. A request for the UUID finds them.
        """
        if not image_id:
            return None  # an empty id would form the address of the list
        answer = self._open().request("GET", _path(image_id))
        if answer.status == _NOT_FOUND:
            return None
        if answer.status not in _OK:
            raise self._rejected(answer, f"to show image {image_id}", "")
        return self._read(answer, from_json)

    def images(self, image_ids: Iterable[str]) -> dict[str, Image | None]:
        """Return several images over one connection, in the order given; raises as `image` does."""
        return {image_id: self.image(image_id) for image_id in image_ids}

    def all_images(self) -> dict[str, Image]:
        """Return all images by UUID, with one request per thousand; raises as `image` does.

        An administrator's account sees the images of all projects. The list omits hidden images; `image` finds them.
        """
        result: dict[str, Image] = {}
        query: dict[str, Json] = {"visibility": "all", "sort": "id:asc", "limit": PAGE}
        while True:
            answer = self._open().request("GET", f"/images?{urlencode(query)}")
            if answer.status not in _OK:
                raise self._rejected(answer, "to list images", "get_images")
            page = self._read(answer, lambda body: {row["id"]: from_json(row) for row in body["images"]})
            fresh = page.keys() - result.keys()
            result |= page
            if not fresh or not answer.body.get("next"):
                return result
            query["marker"] = answer.body["images"][-1]["id"]

    def search(self, part: str) -> tuple[Image, ...]:
        """Return the images whose name contains `part` in any case, the earliest first; raises as `image` does.

        Glance compares only complete names, so this reads the list of all images.
        """
        hits = [image for image in self.all_images().values() if part.casefold() in image.name.casefold()]
        return tuple(sorted(hits, key=lambda image: (str(image.created), image.id)))

    def members(self, image_id: str) -> tuple[str, ...]:
        """Return the sorted ids of the projects that an image is shared with; none unless its visibility is shared.

        Raises:
            TargetNotFound: There is no such image.
            NotConnected, Refused: As `image` does.
        """
        image = self.image(image_id)
        if image is None:
            raise self._not_found(image_id)
        if image.visibility != "shared":
            return ()  # Glance rejects the request, although it keeps the members
        answer = self._open().request("GET", f"{_path(image_id)}/members")
        if answer.status not in _OK:
            raise self._rejected(answer, f"to show the members of image {image_id}", "")
        return self._read(answer, lambda body: tuple(sorted(str(row["member_id"]) for row in body["members"])))

    def current(self, call: Call) -> Json:
        """Return the current value of what `call` changes: a text, or None for an absent property.

        Raises:
            TargetNotFound: There is no such image (for ``status``, the value is ``deleted`` instead).
            NotConnected, Refused: As `image` does.
        """
        image = self.image(call.target)
        if call.action == "status":
            return image.status if image else DELETED
        if image is None:
            raise self._not_found(call.target)
        if call.action.startswith(_PROPERTY):
            return image.properties.get(call.action.removeprefix(_PROPERTY))
        return {"visibility": image.visibility, "name": image.name}[call.action]

    @staticmethod
    def _load() -> type[ImageApi]:
        from runbook_lib.systems.openstack.sdk_image import ImageApi  # noqa: PLC0415 - the SDK is slow to import

        return ImageApi

    def _send(self, call: Call) -> None:
        """Set the value, and read it back.

        Glance has no conditional update, so `perform` compares the value right before this write. Only adding and
        removing a property are safe against a concurrent write. The value is read back after every response.

        Raises:
            StalePlan: Another write changed the value first.
            TargetNotFound: There is no such image.
            Refused: Glance requires another role, the image is protected, or the value is not allowed; and the value
                read back is unchanged.
            NotConnected: The request did not reach Glance.
            CallUnsettled: The response was lost and the value is not the wanted one, or it can't be read back.
        """
        try:
            self._request(call)
        except ResponseLost as lost:
            self._settle(call, lost)
        else:
            self._judge_accepted(call, self.name)

    def _request(self, call: Call) -> None:
        """Send the one request of `call`. A rejection counts as one only if the value read back is unchanged."""
        if call.action == "status":
            if call.after != DELETED:
                msg = f"the status of an image can only be set to {DELETED!r}, not {call.after!r}"
                raise ValueError(msg)
            answer = self._open().request("DELETE", _path(call.target))
        else:
            patch = [_patch(call)]
            answer = self._open().request("PATCH", _path(call.target), json=patch, content_type=PATCH_TYPE)
        if answer.status in _OK:
            return
        if answer.status == _NOT_FOUND and call.action != "status":
            raise self._not_found(call.target)
        now = self._after_rejection(call, answer)
        if now not in (call.before, call.after):
            raise stale(call, now)
        if now == call.before:
            request = f"to set {call.action} of image {call.target} to {call.after!r}"
            raise self._rejected(answer, request, "publicize_image" if call.after == "public" else "modify_image")

    def _after_rejection(self, call: Call, answer: CloudResponse) -> Json:
        """Return the value after Glance rejected the call."""
        try:
            return self.current(call)
        except NotConnected as unreadable:
            text = f"{self.name} responded with HTTP {answer.status} to {call.action} of {call.target}"
            raise CallUnsettled(f"{text}, and the value can't be read back: {unreadable.what}") from unreadable

    def _rejected(self, answer: CloudResponse, request: str, policy: str) -> Refused:
        step = "correct the value that Glance rejects, then make a new plan"
        if answer.status == _FORBIDDEN:
            hint = f"; the relevant policy of Glance is {policy}" if policy else ""
            step = f"put an account with the admin role into the entry {self.cloud} of clouds.yaml{hint}"
        return Refused(
            what=f"{self.name} rejected the request {request}",
            why=f"HTTP {answer.status}: {error_page.message(answer.text)}",
            next_step=step,
        )

    def _not_found(self, image_id: str) -> TargetNotFound:
        return TargetNotFound(
            kind="image",
            key=image_id,
            where=self.name,
            next_step="compare the UUID with the machine in Atmosphere; a deleted image can't be restored",
        )


def _path(image_id: str) -> str:
    return f"/images/{quote(image_id, safe='')}"


def _patch(call: Call) -> dict[str, Json]:
    """Return the patch operation. Glance rejects adding a property that exists and replacing one that does not."""
    path = "/" + call.action.removeprefix(_PROPERTY).replace("~", "~0").replace("/", "~1")
    if call.after is None:
        return {"remove": path}
    return {"add" if call.before is None else "replace": path, "value": call.after}
