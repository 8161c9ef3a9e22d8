"""The image service of one provider: read images by UUID, set visibility, name and properties, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from runbook_lib.errors import NotConnected, Refused, TargetNotFound
from runbook_lib.systems.gateway import Gateway, stale
from runbook_lib.systems.openstack.error_page import own_words
from runbook_lib.systems.openstack.image import from_json
from runbook_lib.systems.openstack.service import OpenStackService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from runbook_lib.model import Call, Json
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.systems.openstack.sdk import CloudResponse
    from runbook_lib.systems.openstack.sdk_image import ImageApi

# The older of Glance's two forms: only here does adding a property fail when another writer was faster.
PATCH_TYPE = "application/openstack-images-v2.0-json-patch"
DELETED = "deleted"
PAGE = 1000  # images of one answer; Glance gives no more by default
_PROPERTY = "property:"
_OK, _FORBIDDEN, _NOT_FOUND, _CONFLICT = range(200, 300), 403, 404, 409


class Glance(OpenStackService["ImageApi"], Gateway):
    """The image service of one provider.

    A `Call` names ``system="glance:<provider id>"``, ``target`` the image's UUID, and as ``action`` one of

    ``visibility``, ``name``
        ``before`` and ``after`` are texts.
    ``property:<name>``
        A custom property; None means that the image does not have it.
    ``status``
        ``after`` is ``deleted``, ``before`` the status that the plan saw; can't be taken back.
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
        """Keep which cloud this is; nothing is read or sent before the first use.

        Args:
            provider_id: Atmosphere's id of the provider, for messages.
            cloud: The name in ``clouds.yaml``.
            config_file: The ``clouds.yaml``; None lets openstacksdk look in its usual places.
            may_write: Asked before every write; False refuses it.
        """
        super().__init__(provider_id, cloud, config_file=config_file)
        self.may_write = may_write

    def image(self, image_id: str) -> Image | None:
        """Return one image, asked for by its UUID; None when there is none, or none that this account may see.

        Raises:
            NotConnected: Glance or Keystone does not answer, or not to this account.
            Refused: The cloud's entry in ``clouds.yaml`` is missing or wrong, or Glance refuses the request.

        Source: a list would leave out images that the admin project does not see, which is how the staff guide's
        lookup comes to ``None``; a request for the UUID does not.
        """
        if not image_id:
            return None  # the address would be that of the list
        answer = self._open().request("GET", _path(image_id))
        if answer.status == _NOT_FOUND:
            return None
        if answer.status not in _OK:
            raise self._refused(answer, f"to show image {image_id}", "")
        return from_json(answer.body)

    def images(self, image_ids: Iterable[str]) -> dict[str, Image | None]:
        """Return several images over one connection, in the order given; raises as `image` does."""
        return {image_id: self.image(image_id) for image_id in image_ids}

    def every(self) -> dict[str, Image]:
        """Return all images by UUID, a request for each thousand; raises as `image` does.

        An administrator's account sees everybody's. Hidden ones are not among them: `image` finds those.
        """
        found: dict[str, Image] = {}
        query: dict[str, Json] = {"visibility": "all", "sort": "id:asc", "limit": PAGE}
        while True:
            answer = self._open().request("GET", f"/images?{urlencode(query)}")
            if answer.status not in _OK:
                raise self._refused(answer, "to list images", "get_images")
            page = {row["id"]: from_json(row) for row in answer.body["images"]}
            fresh = page.keys() - found.keys()
            found |= page
            if not fresh or not answer.body.get("next"):
                return found
            query["marker"] = answer.body["images"][-1]["id"]

    def members(self, image_id: str) -> tuple[str, ...]:
        """Return the ids of the projects that an image is shared with, sorted; none when its visibility is not shared.

        Raises:
            TargetNotFound: There is no such image.
            NotConnected, Refused: As `image` does.
        """
        image = self.image(image_id)
        if image is None:
            raise self._not_found(image_id)
        if image.visibility != "shared":
            return ()  # Glance refuses the question, although the members are kept
        answer = self._open().request("GET", f"{_path(image_id)}/members")
        if answer.status not in _OK:
            raise self._refused(answer, f"to show the members of image {image_id}", "")
        return tuple(sorted(row["member_id"] for row in answer.body["members"]))

    def current(self, call: Call) -> Json:
        """Return what `call` would change, as it is now: a text, or None for a property that is not there.

        Raises:
            TargetNotFound: There is no such image (for ``status`` that is the value ``deleted``).
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

        Glance has no conditional update, so the value is compared right before it is written; only adding and
        removing a property are safe against a writer in between. A lost answer is settled by reading back.

        Raises:
            StalePlan: Another writer was faster.
            TargetNotFound: There is no such image.
            Refused: Glance refuses: it needs another role, the image is protected, or the value is not allowed.
            NotConnected: As `image` does; after a lost answer that could not be settled, the text says so.
        """
        try:
            self._request(call)
        except NotConnected as error:
            self._settle(call, error)
            return
        now = self.current(call)
        if now == call.before:
            raise Refused(
                what=f"{self.name} accepted to set {call.action} of image {call.target}, and did not",
                why=f"reading it back shows {now!r} instead of {call.after!r}",
                next_step="check the image in the cloud; ask its operators",
            )
        if now != call.after:
            raise stale(call, now)

    def _request(self, call: Call) -> None:
        """Send the one request that `call` stands for."""
        if call.action == "status":
            if call.after != DELETED:
                msg = f"the status of an image can only be set to {DELETED!r}, not {call.after!r}"
                raise ValueError(msg)
            answer = self._open().request("DELETE", _path(call.target))
        else:
            patch = [_patch(call)]
            answer = self._open().request("PATCH", _path(call.target), json=patch, content_type=PATCH_TYPE)
        if answer.status == _NOT_FOUND:
            raise self._not_found(call.target)
        if answer.status == _CONFLICT and (now := self.current(call)) != call.before:
            raise stale(call, now)
        if answer.status not in _OK:
            what = f"to set {call.action} of image {call.target} to {call.after!r}"
            raise self._refused(answer, what, "publicize_image" if call.after == "public" else "modify_image")

    def _refused(self, answer: CloudResponse, what: str, policy: str) -> Refused:
        step = "correct what Glance objects to, then plan again"
        if answer.status == _FORBIDDEN:
            who = f"; Glance's policy {policy} decides" if policy else ""
            step = f"put an account with the admin role into the entry {self.cloud} of clouds.yaml{who}"
        return Refused(
            what=f"{self.name} refused {what}", why=f"HTTP {answer.status}: {own_words(answer.text)}", next_step=step
        )

    def _not_found(self, image_id: str) -> TargetNotFound:
        return TargetNotFound(
            kind="image",
            key=image_id,
            where=self.name,
            next_step="compare the UUID with the machine in Atmosphere; a deleted image can't be brought back",
        )


def _path(image_id: str) -> str:
    return f"/images/{quote(image_id, safe='')}"


def _patch(call: Call) -> dict[str, Json]:
    """Return the patch operation: Glance refuses to add a property that is there, or to replace one that is not."""
    path = "/" + call.action.removeprefix(_PROPERTY).replace("~", "~0").replace("/", "~1")
    if call.after is None:
        return {"remove": path}
    return {"add" if call.before is None else "replace": path, "value": call.after}
