"""Statements that may write never reach a server."""

from __future__ import annotations

import pytest

from erp_sync.errors import FixSettings
from erp_sync.sources.sql.guard import refuse_writing


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t",
        "  select 1;\n-- done\n",
        "-- DROP TABLE t\nSELECT 1 /* ; DELETE */",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "(SELECT 1) UNION (SELECT 2)",
        "SELECT 'it''s; DROP TABLE t' AS a, \"update\", [Delete], `insert` FROM t",
        "SELECT t.Update, replace(a, 'x', 'y'), created_at, Comment, :update FROM t",
        "SELECT $$ DROP; $$, $tag$ ; DELETE $tag$",
        "VALUES (1, 2)",
        "SELECT Lösung, [a]]b; DROP] FROM t",
    ],
)
def test_what_only_reads_passes(sql: str) -> None:
    refuse_writing(sql, "q.sql")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM t", r"q\.sql:1:1: a statement that begins with 'DELETE' may write"),
        ("SET x = 1", "begins with 'SET'"),
        ("PRAGMA writable_schema = 1", "begins with 'PRAGMA'"),
        ("{call x}", "begins with '{'"),
        ("SELECT 1;\nDROP TABLE t", r"q\.sql:2:1: more than one statement"),
        ("SELECT 1\n  DROP TABLE t", r"q\.sql:2:3: 'DROP' in a query may write or lock"),
        ("SELECT * INTO copy FROM t", "'INTO'"),
        ("SELECT a INTO OUTFILE '/x' FROM t", "'INTO'"),
        ("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", "'DELETE'"),
        ("SELECT * FROM t FOR UPDATE", "'UPDATE'"),
        ("SELECT * FROM t LOCK IN SHARE MODE", "'LOCK'"),
        ("SELECT 1 /*! ; DROP TABLE t */", r"/\*! opens what nothing closes, or what a server would run"),
        ("SELECT 'open", "' opens what nothing closes"),
        ("SELECT 1 /* open", r"/\* opens"),
        ("-- nothing\n", r"q\.sql: there is no statement"),
        ("SELECT 1; ;", "more than one statement"),
        ("EXEC sp_who", "begins with 'EXEC'"),
    ],
)
def test_what_may_write_is_refused_where_it_stands(sql: str, message: str) -> None:
    with pytest.raises(FixSettings, match=message):
        refuse_writing(sql, "q.sql")


def test_a_backslash_before_a_quote() -> None:
    """In MySQL it keeps the text open, elsewhere it does not: both ways what hides behind it is seen."""
    sql = r"SELECT 'a\'; DROP TABLE t; -- '"
    refuse_writing(sql, "q", backslashes=True)
    with pytest.raises(FixSettings, match="more than one statement"):
        refuse_writing(sql, "q")
    with pytest.raises(FixSettings, match="more than one statement"):
        refuse_writing(r"SELECT 'a\\'; DROP TABLE t", "q", backslashes=True)
