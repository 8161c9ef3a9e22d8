"""A strict stand-in for Atmosphere's ``service.driver``: only what the shell blocks use, going to the fixture's Glance.

``get_account_driver(provider).image_manager.glance.images.update(uuid, visibility=...)`` is glanceclient's call there.
Everything else is refused, so that no block passes here that would fail, or do more, in the real shell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.db.models.atmosphere.models import Provider

if TYPE_CHECKING:
    from runbook_lib.world.world import World

_worlds: list[World] = []


def connect(world: World) -> None:
    """Let the drivers reach the image services of this world."""
    _worlds.append(world)


@dataclass(frozen=True)
class _Images:
    provider_id: int

    def update(self, image_id: Any, **values: Any) -> None:
        """Set an image's visibility.

        Raises:
            TypeError: Anything but a UUID in text and a visibility; or there is no such image.
        """
        if type(image_id) is not str or set(values) != {"visibility"} or values["visibility"] != "public":
            raise TypeError(f"the stand-in knows update(uuid, visibility='public'), not {image_id!r}, {values!r}")
        glance = _worlds[-1].glance(self.provider_id)
        image = glance.image(image_id)
        if image is None:
            raise TypeError(f"Glance of provider {self.provider_id} has no image {image_id}")
        if image.visibility != values["visibility"]:
            call = Call(
                system=SystemId(System.GLANCE, self.provider_id),
                target=image_id,
                action="visibility",
                before=image.visibility,
                after=values["visibility"],
            )
            glance.perform(call)


@dataclass(frozen=True)
class _Glance:
    images: _Images


@dataclass(frozen=True)
class _ImageManager:
    glance: _Glance


@dataclass(frozen=True)
class _AccountDriver:
    image_manager: _ImageManager


def get_account_driver(provider: Provider) -> _AccountDriver:
    """Return the admin's driver of one provider.

    Raises:
        TypeError: The argument is not a row of the table of providers.
    """
    if not isinstance(provider, Provider):
        raise TypeError(f"get_account_driver takes a Provider, not {provider!r}")
    return _AccountDriver(_ImageManager(_Glance(_Images(provider.pk))))
