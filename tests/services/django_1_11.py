"""The Django that Atmosphere and Troposphere run, beside our own, to try password hashes on.

``python -m tests.services.django_1_11 --install`` puts it into the repository's ``.cache``. It is older than Python
3.11; a few lines give it back the names that Python has taken away since. Only its password hashers are used.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

VERSION = "1.11.29"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "django-1.11"
_DONE = CACHE / f"complete-{VERSION}"
_SHIM = """
import collections, collections.abc, sys, warnings
warnings.simplefilter("ignore")
for name in ("Iterator", "Iterable", "Mapping", "MutableMapping", "Sequence", "Callable", "Hashable"):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
from django.conf import settings
settings.configure(SECRET_KEY="of the test")
from django.contrib.auth import hashers
"""


def install() -> None:
    """Fetch it, unless it is here already."""
    if _DONE.exists():
        return
    uv = Path(sys.executable).parent / "uv"
    packages = [f"django=={VERSION}", "pytz"]
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--target", CACHE, *packages], check=True)
    _DONE.touch()


def run(code: str, *arguments: str) -> str:
    """Run lines in a process of its own where ``hashers`` is Django 1.11's; return what they print.

    Raises:
        FileNotFoundError: It is not installed.
    """
    if not _DONE.exists():
        raise FileNotFoundError(f"Django {VERSION} is not here: run 'python -m {__spec__.name} --install'")
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, sys.argv.pop(1))\n{_SHIM}\n{code}"]
    done = subprocess.run([*command, str(CACHE), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Django {VERSION} failed:\n{done.stderr}")
    return done.stdout.strip()


if __name__ == "__main__":
    if "--install" in sys.argv:
        install()
    sys.stdout.write(f"Django {VERSION}: {'installed' if _DONE.exists() else 'missing'}, in {CACHE}\n")
