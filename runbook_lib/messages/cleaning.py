"""Clean an untrusted text for display, and fold it for the search."""

from __future__ import annotations

import re

from runbook_lib.text.mask import mask

ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,64}+[ -/]{0,8}+[@-~]?+|\][^\n\x07\x1b]{0,2048}+(?:\x07|\x1b\\)?+)")
LINE_END = re.compile(r"\r{1,8}+\n")
OTHER_BREAK = re.compile(r"[\r\x0b\x0c\x85\u2028\u2029]")  # no editor counts these as lines
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# Quotes and dashes of emails and browsers; one character replaces one, so that positions do not change.
TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\t": " ",
        "\u0130": "I",  # the one letter whose lower case is two characters
    }
)
ENTITIES = {
    "lt": "<",
    "gt": ">",
    "quot": '"',
    "#34": '"',
    "apos": "'",
    "#39": "'",
    "#x27": "'",
    "nbsp": " ",
    "amp": "&",
}
ENTITY = re.compile(r"&(lt|gt|quot|apos|#39|#x27|#34|nbsp|amp);")
MAIL_QUOTE = re.compile(r"(?m:^)(?:> ?+){1,8}+")
QUOTED_QUOTE = re.compile(r"\\(?=['\"])")


def clean(text: str) -> str:
    """Return `text` in a form that is safe to display: no terminal escapes or invisible characters, secrets masked.

    Undo what transports do to a text: HTML entities, the marks of a quoted email, and the backslashes before quotes
    inside ``repr()``, so that the same rule matches every form. Line numbers do not change.
    """
    plain = ENTITY.sub(lambda entity: ENTITIES[entity[1]], ESCAPES.sub("", text))
    lines = MAIL_QUOTE.sub("", OTHER_BREAK.sub(" ", LINE_END.sub("\n", plain)))
    return mask(QUOTED_QUOTE.sub("", INVISIBLE.sub("", lines)))


def fold(text: str) -> str:
    """Return `text` for the search: lower case, plain quotes and dashes, all characters at the same positions."""
    return text.translate(TYPOGRAPHY).lower()
