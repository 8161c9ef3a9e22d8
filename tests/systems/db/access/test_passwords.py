"""Password hashes: made in the form of Django 1.11, and verified by Django 1.11 itself."""

from __future__ import annotations

import pytest

from runbook_lib.fixture.rows.users import KNOWN_PASSWORD, KNOWN_PASSWORD_TEXT, unusable_password
from runbook_lib.systems.db.access import passwords
from tests.services import django_1_11

SECRETS = ("correct horse battery", "zoë ☃ \"quotes\" $HOME 'x' \\n", " " * 8, "p" * 1000)


def test_oracle_is_the_django_of_both_sites() -> None:
    """Django 1.11 verifies the hashes, not this project's Django."""
    assert "1.11.29" == django_1_11.run("import django; print(django.get_version())")


@pytest.mark.parametrize("secret", SECRETS)
def test_hash_is_accepted_by_django_1_11(secret: str) -> None:
    """Django 1.11 verifies it, rejects another password, and would not rewrite it at the first login."""
    encoded = passwords.make_hash(secret)

    code = (
        "secret, encoded = sys.argv[1:]\n"
        "rewritten = []\n"
        "print(hashers.check_password(secret, encoded, setter=rewritten.append),\n"
        "      hashers.check_password(secret + 'x', encoded),\n"
        "      hashers.get_hasher().must_update(encoded), hashers.is_password_usable(encoded), rewritten)"
    )
    assert "True False False True []" == django_1_11.run(code, secret, encoded)


@pytest.mark.parametrize("secret", SECRETS)
def test_hash_of_django_1_11_is_recognized(secret: str) -> None:
    """A password that is already set is recognized, so that there is nothing to do."""
    encoded = django_1_11.run("print(hashers.make_password(sys.argv[1]))", secret)

    assert passwords.is_usable(encoded)
    assert passwords.matches(secret, encoded)
    assert not passwords.matches(secret + "x", encoded)


def test_unusable_password_of_django_1_11_is_recognized() -> None:
    """The value of ``set_unusable_password`` is unusable, and no password matches it."""
    encoded = django_1_11.run("print(hashers.make_password(None))")

    assert not passwords.is_usable(encoded)
    assert not passwords.matches("anything", encoded)


def test_hash_with_another_iteration_count_would_be_rewritten() -> None:
    """Only the right count keeps Django 1.11 from rewriting; the oracle shows it for another count."""
    encoded = passwords.make_hash("correct horse battery").replace("$36000$", "$36001$")

    assert "True" == django_1_11.run("print(hashers.get_hasher().must_update(sys.argv[1]))", encoded)


def test_each_hash_has_its_own_salt() -> None:
    """Two hashes of the same password differ, and both fit the column of 128 characters."""
    first, second = passwords.make_hash("correct horse battery"), passwords.make_hash("correct horse battery")

    assert first != second
    assert first.startswith("pbkdf2_sha256$36000$")
    assert max(len(first), len(second)) <= 128


def test_fixture_has_one_usable_password() -> None:
    """The password of the fixture is known; the other values are unusable."""
    assert passwords.matches(KNOWN_PASSWORD_TEXT, KNOWN_PASSWORD)
    assert not passwords.is_usable(unusable_password("joetest"))


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "!",
        "!abc",
        "plain text",
        "md5$salt$d41d8cd98f00b204e9800998ecf8427e",
        "pbkdf2_sha256$",
        "pbkdf2_sha256$36000$salt",
        "pbkdf2_sha256$many$salt$hash",
        "pbkdf2_sha256$36000$salt$zoë",
        "pbkdf2_sha256$0$salt$hash",
    ],
)
def test_malformed_hash_matches_nothing(encoded: str) -> None:
    """A damaged or foreign value returns False and never raises an error."""
    assert passwords.matches("anything", encoded) is False


@pytest.mark.parametrize(("encoded", "usable"), [("", False), ("!x", False), ("plain", True), (KNOWN_PASSWORD, True)])
def test_only_a_value_that_allows_a_login_is_usable(encoded: str, *, usable: bool) -> None:
    """An empty value and a value with an exclamation mark allow no login; any other value can."""
    assert usable is passwords.is_usable(encoded)
