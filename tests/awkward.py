"""Values that programs mistake for syntax, for another type, or for nothing."""

AWKWARD = {
    "sql": "'; DROP TABLE application; --",
    "sql quoted": '"; DELETE FROM atmosphere_user; --',
    "sql union": "x' UNION SELECT password FROM atmosphere_user --",
    "like": "%",
    "shell": "$(touch pwned) `id` ; rm -rf / && echo $HOME | cat > x",
    "option": "--yes",
    "assignment": "a=b=c",
    "template": "{0} %s %(name)s {{ x }}",
    "quotes": 'it\'s "quoted" `so`',
    "backslashes": "\\\\server\\x\\0\\n",
    "markup": "<script>alert(1)</script> | **bold** [x](y)",
    "line break": "two\nlines",
    "carriage return": "two\rlines",
    "tab": "a\tb",
    "NUL": "a\0b",
    "escape": "\x1b[31mred",
    "blank": " ",
    "leading blank": " joetest",
    "no-break space": "joe\u00a0test",
    "line separator": "a\u2028b",
    "zero width": "joe\u200btest",
    "not ASCII": "zoë ß 漢字 Ω",
    "combining": "zoe\u0308",
    "right to left": "\u202ejoetest",
    "hebrew": "שלום",
    "emoji": "🧬🖥️",
    "not a character": "joe\udcfftest",
    "long": "n" * 300,
    "very long": "n" * 100_000,
}
NOT_NUMBERS = [
    "abc",
    "1.5",
    "4.0",
    "-4",
    "0",
    "+4",
    " 4",
    "4 ",
    "4;",
    "1e3",
    "0x10",
    "\N{FULLWIDTH DIGIT FOUR}",
    "nan",
    "True",
    "9" * 30,
    "",
]
# For each kind of parameter, good and bad.
TIMESTAMPS = [
    *("2026-01-15T18:00-07:00", "2026-01-15 18:00:01.25Z", "2026-01-15T18:00", "2026-01-15", "2026-02-30T10:00Z"),
    *("2024-02-29T10:00Z", "2023-02-29T10:00Z", "2000-02-29T00:00Z", "1900-02-29T00:00Z", "2026-01-15T24:00Z"),
    *("2026-01-15T10:60Z", "2026-01-15T10:00+24:00", "2026-13-01T10:00Z", "0000-01-01T10:00Z", "2026-04-31T10:00Z"),
    *("2026-01-15T10:00+23:59", "2026-01-15T10:00+05:60", "2026-W03-4T10:00Z", "20260115T1000Z", "nan"),
]
REFERENCES = ["env:NAME", "env:1NAME", "file:/a b", "file:relative", "prompt", "prompt ", "hunter2hunter2", "env:A\n"]
NUMBERS = ["1", "0042", "2147483647", "2147483648", "00000000001", "5,7", "5, 7", "5,5", "5,,7", ",", "5;7", "1.10"]
FLAGS = ["True", "false", "YES", "no", "1", "0", "on", "None"]
TIMESTAMPS += [
    *("today 18:00", "tomorrow 7:30", "25:00", "2026-02-30 10:00", "2026-01-15T18:00:07", "next 18:00"),
    *("18:00", "7:30", "2026-01-15T18:00 UTC", "2026-01-15 18:00GMT", "2026-01-15T18:00-07", "2026-01-15T18:00-0700"),
    *("2026-01-15T18:00 +05:30", "2026-01-15T18:00+05:", "2026-01-15T18:00Z07", "2026-01-15T18:00 +0560"),
]
UUIDS = [
    *("118AFF3C-434b-5acf-bea2-1b7fc3e2dc24", "118aff3c434b5acfbea21b7fc3e2dc24", "1111-222-3344-4567"),
    *(" {118aff3c-434b-5acf-bea2-1b7fc3e2dc24}\n", "urn:uuid:118aff3c-434b-5acf-bea2-1b7fc3e2dc24", "118aff3c-434b "),
]
PARAGRAPHS = ["one\n\ntwo\n", "\r\none\r\ntwo", "one \ntwo", "one\n \n", "\n one", "one\rtwo"]
TEXTS = ["1.10", "0042", "nan", "-x", "a  b", "b ", "\u00a0b", "a\u3000b", "\ue000", "'", "--", "n" * 256]
PARAMETER_TEXTS = [*TIMESTAMPS, *REFERENCES, *NUMBERS, *NOT_NUMBERS, *FLAGS, *TEXTS, *UUIDS, *PARAGRAPHS]
