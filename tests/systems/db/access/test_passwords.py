"""Password hashes: made as Django 1.11 makes them, and tried on Django 1.11 itself."""

from __future__ import annotations

import pytest

from runbook_lib.fixture.rows.users import KNOWN_PASSWORD, KNOWN_PASSWORD_TEXT, unusable_password
from runbook_lib.systems.db.access import passwords
from tests.services import django_1_11

SECRETS = ("correct horse battery", "zoë ☃ \"quotes\" $HOME 'x' \\n", " " * 8, "p" * 1000)


def test_the_oracle_is_the_django_that_both_sites_run() -> None:
    """The hashes are tried on Django 1.11, not on our own."""
    assert "1.11.29" == django_1_11.run("import django; print(django.get_version())")


@pytest.mark.parametrize("secret", SECRETS)
def test_a_hash_that_we_make_opens_the_account_on_django_1_11(secret: str) -> None:
    """Django 1.11 verifies it, refuses another password, and would not rewrite it at the first login."""
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
def test_a_hash_that_django_1_11_made_is_recognised(secret: str) -> None:
    """A password that is set already is seen, so that setting it again is nothing to do."""
    encoded = django_1_11.run("print(hashers.make_password(sys.argv[1]))", secret)

    assert passwords.is_usable(encoded)
    assert passwords.matches(secret, encoded)
    assert not passwords.matches(secret + "x", encoded)


def test_what_django_1_11_stores_for_no_password_is_unusable() -> None:
    """``set_unusable_password`` there is an unusable hash here, and no password matches it."""
    encoded = django_1_11.run("print(hashers.make_password(None))")

    assert not passwords.is_usable(encoded)
    assert not passwords.matches("anything", encoded)


def test_a_hash_with_another_count_would_be_rewritten() -> None:
    """The count is what keeps Django 1.11 from rewriting: the oracle says so of a hash with another one."""
    encoded = passwords.make_hash("correct horse battery").replace("$36000$", "$36001$")

    assert "True" == django_1_11.run("print(hashers.get_hasher().must_update(sys.argv[1]))", encoded)


def test_each_hash_has_a_salt_of_its_own() -> None:
    """Two hashes of one password do not look alike, and fit the column of 128 characters."""
    first, second = passwords.make_hash("correct horse battery"), passwords.make_hash("correct horse battery")

    assert first != second
    assert first.startswith("pbkdf2_sha256$36000$")
    assert max(len(first), len(second)) <= 128


def test_the_fixture_has_a_password_that_opens() -> None:
    """The one usable password of the fixture is known, the others are none."""
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
def test_what_is_no_such_hash_matches_nothing(encoded: str) -> None:
    """A damaged or foreign value is answered with no, never with an error."""
    assert passwords.matches("anything", encoded) is False


@pytest.mark.parametrize(("encoded", "usable"), [("", False), ("!x", False), ("plain", True), (KNOWN_PASSWORD, True)])
def test_only_what_can_be_logged_in_with_is_usable(encoded: str, *, usable: bool) -> None:
    """Nothing, and what begins with an exclamation mark, opens no account; all else may."""
    assert usable is passwords.is_usable(encoded)
