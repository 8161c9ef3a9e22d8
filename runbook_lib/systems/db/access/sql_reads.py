"""Recognition of statements that only read, by an allow list: unknown statements count as writes."""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOKEN = re.compile(
    r"""
    (?P<blank> \s+ | --[^\n]* | /\*.*?\*/ )
  | (?P<text>  [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' )
  | (?P<name>  "(?:[^"]|"")*" )
  | (?P<word>  [^\W\d]\w* )
  | (?P<other> . )
    """,
    re.DOTALL | re.VERBOSE,
)
_QUERIES = frozenset({"select", "with", "values", "explain"})
_TRANSACTION = frozenset({"begin", "start", "commit", "end", "rollback", "savepoint", "release", "show"})
# INTO creates a table, FOR … locks rows; the other words can appear inside WITH or after EXPLAIN ANALYZE.
_WRITING = _words(
    """
    insert update delete merge replace into share copy truncate create alter drop grant revoke call do execute
    refresh reindex vacuum analyze cluster comment lock notify listen prepare set reset import attach detach
    """
)
_PRAGMAS = _words(
    """
    table_info table_xinfo table_list foreign_key_list foreign_key_check index_list index_info index_xinfo
    database_list compile_options integrity_check quick_check
    """
)
# Words that are allowed before a bracket: keywords, types, and functions that change nothing.
_BEFORE_BRACKET = _words(
    """
    all and any array as between by case cross distinct else except exists filter from group having in intersect
    is join lateral like ilike limit materialized not offset on or order over partition recursive row rows
    select some then union using values when where with within char character decimal nchar numeric
    precision time timestamp varchar varying abs avg bool_and bool_or cast ceil ceiling char_length coalesce
    concat concat_ws count date date_part date_trunc datetime dense_rank exp extract first_value floor format
    format_type greatest group_concat ifnull iif instr json_array_length json_build_object json_each
    json_extract json_object json_type jsonb_array_elements jsonb_array_length jsonb_build_object
    jsonb_extract_path jsonb_extract_path_text jsonb_typeof julianday lag last_value lead least left length
    lower lpad ltrim max md5 min mod now ntile nullif pg_get_constraintdef pg_get_expr pg_table_is_visible
    position power printf random range_agg rank regexp_replace replace reverse right round row_number rpad rtrim
    sign sqrt stddev strftime string_agg strpos substr substring sum timezone to_char to_date to_timestamp total
    translate trim trunc typeof unnest upper variance array_agg array_length current_schema current_schemas
    current_setting has_column_privilege has_schema_privilege has_table_privilege has_any_column_privilege
    obj_description pg_backend_pid pg_blocking_pids pg_is_in_recovery row_security_active sqlite_version to_regclass
    version
    """
)
_DJANGO_ON_SQLITE = "django_"  # functions that Django adds to an SQLite connection; they only compute


@functools.lru_cache(maxsize=1024)
def is_read_only(sql: str) -> bool:
    """Return whether `sql` changes neither rows, nor row locks, nor sequences, nor the session.

    Beginning and ending a transaction counts as reading, and so does ``SET CONSTRAINTS``. Several statements in one
    text do not count as reading. Neither does a call of any function outside the allow list, such as ``nextval``.
    """
    tokens = _tokens(sql)
    while tokens and tokens[-1] == ";":
        tokens.pop()
    if not tokens or ";" in tokens:
        return False
    first = tokens[0]
    if first in _QUERIES:
        return _WRITING.isdisjoint(_without_calls(tokens)) and _calls_are_known(tokens)
    if first == "pragma":
        return len(tokens) > 1 and tokens[1] in _PRAGMAS and "=" not in tokens
    if first in _TRANSACTION:
        return "prepared" not in tokens  # COMMIT PREPARED ends a transaction of another session
    return tokens[:2] == ["set", "constraints"]


def _tokens(sql: str) -> list[str]:
    """Return words in lower case, quoted names with their quotes, strings as ``''``, and other single characters."""
    matches = (match for match in _TOKEN.finditer(sql) if match.lastgroup != "blank")
    return ["''" if match.lastgroup == "text" else match[0].lower() for match in matches]


def _without_calls(tokens: Sequence[str]) -> list[str]:
    """Return the tokens without calls of ``replace(…)``, which is not ``REPLACE INTO``."""
    following = [*tokens[1:], ""]
    return [token for token, after in zip(tokens, following, strict=True) if (token, after) != ("replace", "(")]


def _calls_are_known(tokens: Sequence[str]) -> bool:
    """Return whether every name before a bracket is allowed; quoted names are not."""
    names = (token for token, after in itertools.pairwise(tokens) if after == "(")
    return all(_is_harmless(name) for name in names)


def _is_harmless(name: str) -> bool:
    """Return whether a token before a bracket is not a name, or a name in the allow list."""
    if not (name[0].isalpha() or name[0] in '_"'):
        return True
    return name in _BEFORE_BRACKET or name.startswith(_DJANGO_ON_SQLITE) or name.removeprefix("pragma_") in _PRAGMAS
