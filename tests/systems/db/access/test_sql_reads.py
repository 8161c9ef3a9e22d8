"""Recognition of statements that only read, from their text alone."""

from __future__ import annotations

import pytest

from runbook_lib.systems.db.access.sql_reads import is_read_only

READS = [
    'SELECT COUNT(*) AS "__count" FROM "tag"',
    'SELECT "tag"."name" FROM "tag" WHERE UPPER("tag"."name"::text) LIKE UPPER(%s) ORDER BY 1 LIMIT 21;',
    "SELECT 'delete from tag; -- ' || name FROM tag",
    "SELECT E'it\\'s; update' AS x",
    'SELECT "update" FROM "delete" WHERE "into" IN (SELECT (1))',
    "SELECT REPLACE(name, 'a', 'b') FROM tag -- update\n",
    "/* delete */ SELECT django_date_trunc('day', %s, %s, %s)",
    "WITH t AS (SELECT 1 AS x) SELECT x FROM t",
    "EXPLAIN SELECT 1",
    "SHOW lock_timeout",
    "PRAGMA table_info(tag)",
    "SELECT c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c",
    "PRAGMA foreign_key_check",
    "BEGIN IMMEDIATE",
    'SAVEPOINT "s1"',
    'RELEASE SAVEPOINT "s1"',
    "ROLLBACK",
    "SET CONSTRAINTS ALL IMMEDIATE",
]


WRITES = [
    "",
    "UPDATE tag SET name = 'x'",
    "  -- a comment\n DELETE FROM tag",
    "INSERT INTO tag VALUES (1)",
    "WITH gone AS (DELETE FROM tag RETURNING *) SELECT * FROM gone",
    "EXPLAIN ANALYZE UPDATE tag SET name = 'x'",
    "SELECT * FROM tag FOR UPDATE",
    "SELECT * FROM tag FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT * FROM tag FOR SHARE",
    "SELECT * FROM tag FOR KEY SHARE",
    "SELECT * INTO copy_of_tag FROM tag",
    "SELECT nextval('tag_id_seq')",
    "SELECT \"nextval\"('tag_id_seq')",
    "SELECT pg_catalog.setval('tag_id_seq', 1)",
    "SELECT ARRAY[nextval('tag_id_seq')]",
    "SELECT set_config('role', 'postgres', false)",
    "SELECT pg_terminate_backend(1)",
    "SELECT 1; DELETE FROM tag",
    "SELECT '\\'; DELETE FROM tag --'",
    "SELECT 1 /* open */; DROP TABLE tag",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA foreign_keys(0)",
    "PRAGMA writable_schema",
    "SELECT * FROM pragma_writable_schema(1)",
    "SET lock_timeout = 0",
    "COMMIT PREPARED 'other'",
    "REPLACE INTO tag VALUES (1)",
    "CREATE TABLE x (y int)",
    "VACUUM",
    "DO $$ BEGIN DELETE FROM tag; END $$",
    "COPY tag TO '/tmp/x'",
    "TRUNCATE tag",
    "LOCK TABLE tag",
    "CALL f()",
]


@pytest.mark.parametrize("sql", READS)
def test_reading_statements_are_recognized(sql: str) -> None:
    """These statements pass during a plan."""
    assert is_read_only(sql)


@pytest.mark.parametrize("sql", WRITES)
def test_other_statements_are_refused(sql: str) -> None:
    """These statements change rows, locks, sequences or the session, or might."""
    assert not is_read_only(sql)
