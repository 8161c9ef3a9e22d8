"""Password hashes as Atmosphere's and Troposphere's own Django stores and verifies them."""

from __future__ import annotations

import re

from django.contrib.auth.hashers import PBKDF2PasswordHasher

# Django 1.11's count, which both sites run. A higher one would verify there as well, and be lowered to this again at
# the first login (PBKDF2PasswordHasher.must_update of 1.11 compares for equality).
ITERATIONS = 36000
_FORM = re.compile(r"pbkdf2_sha256\$[0-9]{1,9}\$[^$]+\$.+")  # Django fails on a damaged hash


def make(secret: str) -> str:
    """Return ``pbkdf2_sha256$36000$salt$hash`` of `secret`, with a new random salt."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(secret, hasher.salt(), iterations=ITERATIONS)


def usable(encoded: str) -> bool:
    """Tell whether a stored value is a hash that some password can match."""
    return bool(encoded) and not encoded.startswith("!")


def matches(secret: str, encoded: str) -> bool:
    """Tell whether `encoded`, as stored, is a hash of `secret` of the kind that `make` returns."""
    return bool(_FORM.fullmatch(encoded)) and PBKDF2PasswordHasher().verify(secret, encoded)
