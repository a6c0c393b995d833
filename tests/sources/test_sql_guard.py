"""Statements that may write never reach a server."""

from __future__ import annotations

import pytest

from erp_sync.errors import FixSettings
from erp_sync.sources.sql.guard import MYSQL, POSTGRESQL, SQLITE, TSQL, Syntax, refuse_writing

STANDARD = Syntax()
EVERYWHERE = (STANDARD, MYSQL, POSTGRESQL, SQLITE, TSQL)


@pytest.mark.parametrize("syntax", EVERYWHERE)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM t",
        "  select 1;\n-- done\n",
        "-- DROP TABLE t\nSELECT 1 /* ; DELETE */",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "(SELECT 1) UNION (SELECT 2)",
        "SELECT 'it''s; DROP TABLE t' AS a, \"update\", `insert` FROM t",
        "SELECT t.Update, replace(a, 'x', 'y'), created_at, Comment, :update FROM t",
        "VALUES (1, 2)",
        "SELECT Lösung, 1e5, 0x1F, 1.5, t.begins FROM t",
        "SELECT 1 AS enable, x.for, 2 AS next FROM x",
    ],
)
def test_what_only_reads_passes(sql: str, syntax: Syntax) -> None:
    refuse_writing(sql, "q.sql", syntax)


@pytest.mark.parametrize(
    ("sql", "syntax"),
    [
        ("SELECT [Delete], [a]]b; DROP] FROM t", TSQL),
        ("SELECT [Delete], [a]]b; DROP] FROM t", SQLITE),
        ("SELECT * FROM t FOR JSON PATH", TSQL),
        ("SELECT $$ DROP; $$, $tag$ ; DELETE $tag$, E'it\\'s; DROP'", POSTGRESQL),
        ("SELECT a[1], ARRAY[2], x::text FROM t", POSTGRESQL),
        ("SELECT 'it\\'s; DROP', \"say \\\"; DROP\", 5--1 FROM t # ; DROP\n", MYSQL),
        ("SELECT IF(a, b, c), CAST(a AS CHAR CHARACTER SET utf8) FROM t", MYSQL),
    ],
)
def test_what_only_one_database_writes_so_passes_there(sql: str, syntax: Syntax) -> None:
    refuse_writing(sql, "q.sql", syntax)


@pytest.mark.parametrize(
    ("sql", "syntax", "message"),
    [
        ("SELECT 5--1 FROM t FOR UPDATE", MYSQL, "'UPDATE' in a query may write or lock"),
        ('SELECT "\\"", x FROM t FOR UPDATE -- "', MYSQL, "'UPDATE'"),
        ("SELECT 1 # it's\n; DROP TABLE t", MYSQL, "more than one statement"),
        ("SELECT E'\\'', x FROM t FOR UPDATE --'", POSTGRESQL, "'UPDATE'"),
        ("SELECT ARRAY[(WITH x AS (DELETE FROM t RETURNING 1) SELECT 1)]", POSTGRESQL, "'DELETE'"),
        ("SELECT 1 /* a /* b */ ; DROP TABLE t */", POSTGRESQL, "more than one statement"),
        ("SELECT 1DELETE FROM t", TSQL, "'DELETE'"),
        ("SELECT 1.UPDATE t SET a = 1", TSQL, "'UPDATE'"),
        ("SELECT 1 SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", TSQL, "'SET'"),
        ("SELECT 1 RECEIVE * FROM q", TSQL, "'RECEIVE'"),
        ("SELECT 1 DISABLE TRIGGER a ON t", TSQL, "'TRIGGER'"),
        ("SELECT * FROM t WITH (UPDLOCK, HOLDLOCK)", TSQL, "'UPDLOCK'"),
        ("SELECT NEXT VALUE FOR dbo.seq", TSQL, "'VALUE'"),
        ("SELECT $$ DROP; $$", TSQL, "'DROP'"),
    ],
)
def test_what_one_database_would_run_is_refused_there(sql: str, syntax: Syntax, message: str) -> None:
    with pytest.raises(FixSettings, match=message):
        refuse_writing(sql, "q.sql", syntax)


@pytest.mark.parametrize("syntax", EVERYWHERE)
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
        ("SELECT * FROM t FOR /* a */ SHARE", "'SHARE'"),
        ("SELECT * FROM t FOR NO KEY UPDATE", "'NO'"),
        ("SELECT nextval('numbers')", "'nextval'"),
        ("SELECT numbers.NEXTVAL FROM dual", "'NEXTVAL'"),
        ("SELECT 1 /*! ; DROP TABLE t */", r"/\*! opens what nothing closes, or what a server would run"),
        ("SELECT 'open", "' opens what nothing closes"),
        ("SELECT 1 /* open", r"/\* opens"),
        ("-- nothing\n", r"q\.sql: there is no statement"),
        ("SELECT 1; ;", "more than one statement"),
        ("EXEC sp_who", "begins with 'EXEC'"),
    ],
)
def test_what_may_write_is_refused_where_it_stands(sql: str, message: str, syntax: Syntax) -> None:
    with pytest.raises(FixSettings, match=message):
        refuse_writing(sql, "q.sql", syntax)


def test_a_backslash_before_a_quote() -> None:
    """In MySQL it keeps the text open, elsewhere it does not: both ways what hides behind it is seen."""
    sql = r"SELECT 'a\'; DROP TABLE t; -- '"
    refuse_writing(sql, "q", MYSQL)
    with pytest.raises(FixSettings, match="more than one statement"):
        refuse_writing(sql, "q")
    with pytest.raises(FixSettings, match="more than one statement"):
        refuse_writing(r"SELECT 'a\\'; DROP TABLE t", "q", MYSQL)
