"""Masking replaces likely secrets in untrusted text, in time proportional to the text."""

from __future__ import annotations

import pytest

from runbook_lib.text import mask as masking
from runbook_lib.text.mask import RULES, mask, masked_count

SECRET = "s3cr3t-Zulu-9"
KEY = "0123456789abcdef0123456789abcdef01234567"  # the form of a key of the REST framework

# Text with a secret → masked text.
MASKED = [
    (f"[EMULATE]User sgregory (Token: {KEY}) has emulated User joetest (Token:EMULATED-4f6dAB_c-9)",
     "[EMULATE]User sgregory (Token: (masked)) has emulated User joetest (Token:EMULATED-(masked))"),
    ("session got EMULATED-4f6d9ab2, ends at 18:00", "session got EMULATED-(masked), ends at 18:00"),
    (f"Authorization: Token {KEY}", "Authorization: Token (masked)"),
    ("Authorization: Token short", "Authorization: Token (masked)"),
    ("{'Authorization': 'Token short'}", "{'Authorization': 'Token (masked)'}"),
    (f'curl -H "Authorization: Bearer {SECRET}" https://argo', 'curl -H "Authorization: Bearer (masked)" https://argo'),
    ("Bearer abcdefgh sent", "Bearer (masked) sent"),
    ("Token abcdefghij0123456789 was refused", "Token (masked) was refused"),
    (f"connected with key {KEY}.", "connected with key (masked)."),
    (f"password={SECRET}", "password=(masked)"),
    (f"OS_PASSWORD={SECRET} nova list", "OS_PASSWORD=(masked) nova list"),
    ("{'key': 'admin', 'secret': u'two words', 'ex_tenant_name': 'admin'}",
     "{'key': 'admin', 'secret': u'(masked)', 'ex_tenant_name': 'admin'}"),
    ('{"password": "with \\" quote", "user": "joetest"}', '{"password": "(masked)", "user": "joetest"}'),
    ("u'{\\'secret\\': \\'ab\\', \\'a\\': 1}'", "u'{\\'secret\\': \\'(masked)\\', \\'a\\': 1}'"),
    ("'{\\\"token\\\": \\\"ab\\\"}'", "'{\\\"token\\\": \\\"(masked)\\\"}'"),
    (f"adminPass: {SECRET}, ansible_ssh_pass={SECRET}", "adminPass: (masked), ansible_ssh_pass=(masked)"),
    (f"<adminPass>{SECRET}</adminPass>", "<adminPass>(masked)</adminPass>"),
    ("access_token=ab&x", "access_token=(masked)"),
    ("X-Auth-Token: ab", "X-Auth-Token: (masked)"),
    ("celery flower --url_prefix=flower --logging=warn --basic_auth=flower_admin:flower_pass --port=5555",
     "celery flower --url_prefix=flower --logging=warn --basic_auth=(masked) --port=5555"),
    ("['celery', 'flower', '--basic_auth', 'a:b', '-x']", "['celery', 'flower', '--basic_auth', '(masked)', '-x']"),
    ("mysql --password 'a b' -x", "mysql --password '(masked)' -x"),
    ("curl -u flower_admin:hunter2 http://127.0.0.1:5555/", "curl -u flower_admin:(masked) http://127.0.0.1:5555/"),
    ("--irods-conn irods://rods:p@ss/word@data.example.org:1247/iplant",
     "--irods-conn irods://(masked)@data.example.org:1247/iplant"),
    ("redis://:hunter2@localhost:6379/0", "redis://(masked)@localhost:6379/0"),
    ("postgresql://atmo:p@ss@db/atmo_prod", "postgresql://(masked)@db/atmo_prod"),
    ("args: [u'--limit=vm1', u'--extra-vars={\"ATMOUSERNAME\": \"joetest\", \"K\": \"it\\'s\"}', u'x.yml']",
     "args: [u'--limit=vm1', u'--extra-vars=(masked)', u'x.yml']"),
    ("['-v', \"--extra-vars={'a': 'b'}\", 'x.yml']", "['-v', \"--extra-vars=(masked)\", 'x.yml']"),
    ("['--extra-vars', '{\"a\": 1}', 'x.yml']", "['--extra-vars', '(masked)', 'x.yml']"),
    ("ansible-playbook --extra-vars 'a=1 b=2' x.yml", "ansible-playbook --extra-vars '(masked)' x.yml"),
    ('ansible-playbook --extra-vars "a=1" x.yml', 'ansible-playbook --extra-vars "(masked)" x.yml'),
    ("ansible-playbook --extra-vars {a: 1, b: 2}", "ansible-playbook --extra-vars (masked)"),
    ("Cookie: tropo_sessionid=ab; other=cd", "Cookie: (masked)"),
    ("GET /application?ticket=ST-1856-Wk2nCzGH-cas", "GET /application?ticket=ST-(masked)"),
    (f"header gAAAAA{'Bk-_' * 20}= sent", "header (masked) sent"),
    ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2UifQ.abc-_1", "got (masked)"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nafter",
     "-----BEGIN RSA PRIVATE KEY-----(masked)\nafter"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "-----BEGIN PRIVATE KEY-----(masked)"),
]  # fmt: skip
PLAIN = [
    "2020-11-25 18:02:03,123 atmosphere-INFO [/opt/dev/atmosphere/service/x.py 42] Run check_networking.yml",
    "password authentication failed for user atmo",
    "Token has expired",
    "Basic operations of Atmosphere",
    "{'secret': None, 'token': null}",
    "https://jblb.jetstream-cloud.org:9292/v2/images/f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86",
    "see http://docs.example.org/a?to=joetest@example.org",
    "task 4f6d9ab2-0b4f-4b0e-9d3c-2f1f6f0d3c11 of joetest, checksum d41d8cd98f00b204e9800998ecf8427e",
    "Maximum number of instances exceeded",
    "compass: north",
]
HOSTILE = [
    "password=" * 20_000,
    "'password': '" * 20_000,
    "password='" + "\\" * 200_000,
    "--extra-vars=" * 20_000,
    "--extra-vars '" + "\\'" * 100_000,
    "irods://" * 25_000,
    "irods://" + "a@" * 100_000,
    "://" + "a:" * 100_000,
    "://" + "a@" * 100_000,
    "-" * 200_000,
    "--" + "a-" * 100_000,
    "-a" * 100_000,
    "-----BEGIN PRIVATE KEY-----" * 8_000,
    "Authorization: Token " * 10_000,
    "Token " * 40_000,
    "Token " + "a" * 200_000,
    "token" * 40_000,
    "Bearer " + "=" * 200_000,
    "gAAAAA" * 40_000,
    "eyJ" * 80_000,
    "eyJaaaaaaaa" * 20_000,
    "ST-1" * 50_000,
    "0123456789" * 20_000,
    "cookie: " * 25_000,
    "-u a" * 50_000,
    "\\" * 200_000 + "'",
    "secret" + "\\" * 200_000,
    "secret" + " " * 200_000,
    "EMULATED-" * 25_000,
]


@pytest.mark.parametrize(("text", "shown"), MASKED)
def test_likely_secret_is_masked(text: str, shown: str) -> None:
    """Each kind of secret is replaced, and its context stays."""
    assert shown == mask(text)
    assert masked_count(text) >= 1


@pytest.mark.parametrize("text", PLAIN)
def test_harmless_text_stays(text: str) -> None:
    """Ids, addresses, checksums and sentences about passwords are useful in a log."""
    assert (text, 0) == (mask(text), masked_count(text))


@pytest.mark.parametrize("text", [text for text, _ in MASKED])
def test_masking_again_changes_nothing(text: str) -> None:
    """The mark itself is not a secret."""
    once = mask(text)

    assert (once, 0) == (mask(once), masked_count(once))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_is_required(rule: masking.MaskRule, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any of the rules, an example is masked differently."""
    monkeypatch.setattr(masking, "RULES", tuple(other for other in RULES if other is not rule))

    assert [] != [text for text, shown in MASKED if mask(text) != shown]


def test_secrets_are_counted() -> None:
    """Screens show the number of masked secrets."""
    assert 3 == masked_count(f"password={SECRET} secret: {SECRET} EMULATED-4f6d")
    assert 0 == masked_count("")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_takes_linear_time(text: str) -> None:
    """A rule that backtracks over these texts would take minutes."""
    once = mask(text)

    assert once == mask(once)
