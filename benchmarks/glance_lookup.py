"""How long one image takes through the gateway: first use (the SDK's import, a token, the catalog), then repeated.

``python benchmarks/glance_lookup.py`` measures against the fixture's stand-in, so the network costs nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from runbook_lib.fixture.rows.glance import IMAGES
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.fixture.stand_ins.glance.server import serve
from runbook_lib.systems.openstack import Clouds

REPEATS = 100


def main() -> None:
    """Print one line a measurement, in milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder, begin = Path(name), time.perf_counter()
        glance_store.seed(folder / "state", IMAGES)
        with serve(folder / "state") as server:
            file = server.clouds_yaml(folder)
            report(f"seed {len(IMAGES)} images and start the stand-in", begin)
            clouds = Clouds(server.cloud_names(), config_file=file)
            image = next(image for image in IMAGES if image.provider_id == min(server.cloud_names()))
            begin = time.perf_counter()
            clouds.glance(image.provider_id).image(image.id)
            report("first image, SDK's import included", begin)
            begin = time.perf_counter()
            clouds.glance(max(server.cloud_names())).image(image.id)
            report("first image of another provider", begin)
            begin = time.perf_counter()
            for _ in range(REPEATS):
                clouds.glance(image.provider_id).image(image.id)
            report(f"{REPEATS} more", begin)
            clouds.close()


def report(what: str, begin: float) -> None:
    """Print how long something took since `begin`."""
    sys.stdout.write(f"{(time.perf_counter() - begin) * 1000:8.1f} ms  {what}\n")


if __name__ == "__main__":
    main()
