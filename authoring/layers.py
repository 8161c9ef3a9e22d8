"""Read the layers of `runbook_lib` from the table that the import test checks, and draw them."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "layers.toml"


@dataclass(frozen=True)
class Layers:
    """The table in ``tests/layers.toml``, which describes each of its parts.

    Attributes:
        layers: Layer → its packages, from the bottom up.
        packages: Package → the packages that it may import at runtime.
        annotations: Package → the packages that it may import beyond that, for annotations.
        libraries: Library → the packages that may import it.
    """

    layers: Mapping[str, Sequence[str]]
    packages: Mapping[str, Sequence[str]]
    annotations: Mapping[str, Sequence[str]]
    libraries: Mapping[str, Sequence[str]]

    @property
    def order(self) -> tuple[str, ...]:
        """All packages, from the bottom up."""
        return tuple(package for layer in self.layers.values() for package in layer)


@functools.cache
def read() -> Layers:
    """Return the table."""
    return Layers(**tomllib.loads(TABLE.read_text(encoding="utf-8")))


def drawing(layers: Layers, systems: Sequence[str]) -> str:
    """Return the layers as text, from the top down.

    Args:
        layers: The table.
        systems: The packages of `runbook_lib.systems`, which replace their folder in the drawing.
    """
    width = max(map(len, layers.layers)) + 2
    lines = []
    for layer, packages in reversed(list(layers.layers.items())):
        drawn = systems if packages == ["systems"] else packages
        lines.append(f"{layer:<{width}}{'  '.join(drawn)}")
    return "\n".join(lines) + "\n"


def systems(package: Path = ROOT / "runbook_lib") -> tuple[str, ...]:
    """Return the names of the packages of `runbook_lib.systems`, sorted."""
    return tuple(sorted(path.parent.name for path in (package / "systems").glob("*/__init__.py")))
