"""Password hashes in the form that Atmosphere's and Troposphere's Django stores and verifies."""

from __future__ import annotations

import re

from django.contrib.auth.hashers import PBKDF2PasswordHasher

# The iteration count of Django 1.11, which both sites run. A hash with a higher count also verifies there, but the
# first login replaces it by one with this count (PBKDF2PasswordHasher.must_update of 1.11 compares for equality).
ITERATIONS = 36000
_FORM = re.compile(r"pbkdf2_sha256\$[0-9]{1,9}\$[^$]+\$.+")  # Django fails on a damaged hash


def make_hash(secret: str) -> str:
    """Return the hash of `secret` as ``pbkdf2_sha256$36000$salt$hash``, with a new random salt."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(secret, hasher.salt(), iterations=ITERATIONS)


def is_usable(encoded: str) -> bool:
    """Return whether any password can match a stored value."""
    return bool(encoded) and not encoded.startswith("!")


def matches(secret: str, encoded: str) -> bool:
    """Return whether the stored value `encoded` is a hash of `secret`, in the form that `make_hash` returns."""
    return bool(_FORM.fullmatch(encoded)) and PBKDF2PasswordHasher().verify(secret, encoded)
