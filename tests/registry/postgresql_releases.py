"""The release of PostgreSQL that a statement requires: a site's own can be 9.6."""

from __future__ import annotations

import re

# Regular expressions of constructs that PostgreSQL 9.6 cannot parse, and the release that introduced each.
NEWER = {
    r"\bAS IDENTITY\b": 10,
    r"\bOVERRIDING (SYSTEM|USER)\b": 10,
    r"\bXMLTABLE\b": 10,
    r"^\s*CALL\b": 11,
    r"\bINCLUDE\s*\(": 11,
    r"\bwebsearch_to_tsquery\b": 11,
    r"\bAS (NOT )?MATERIALIZED\b": 12,
    r"\bjsonb_path_": 12,
    r"\bAND (NO )?CHAIN\b": 12,
    r"\bSTORED\b": 12,
    r"\bgen_random_uuid\b": 13,
    r"\bWITH TIES\b": 13,
    r"\bdate_bin\b": 14,
    r"\b(SEARCH|CYCLE) (BREADTH|DEPTH)\b": 14,
    r"\bUSING\s*\([^)]*\)\s+AS\b": 14,
    r"\bMERGE INTO\b": 15,
    r"\bNULLS NOT DISTINCT\b": 15,
    r"\bregexp_(count|instr|like|substr)\b": 15,
    r"\bIS JSON\b": 16,
    r"\bJSON_(ARRAY|OBJECT|ARRAYAGG|OBJECTAGG)\s*\(": 16,
    r"\bANY_VALUE\b": 16,
    r"\bJSON_(TABLE|EXISTS|QUERY|VALUE|SERIALIZE)\s*\(": 17,
    r"\bRETURNING\b.*\bWITH \((OLD|NEW)\b": 18,
}


def newer(sql: str) -> list[str]:
    """Return each construct of a statement that PostgreSQL 9.6 cannot parse."""
    return [
        f"{pattern} came with PostgreSQL {release}: {sql}"
        for pattern, release in NEWER.items()
        if re.search(pattern, sql, re.IGNORECASE | re.DOTALL)
    ]
