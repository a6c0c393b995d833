"""Is this text one statement that only reads? Looked at before any server sees it.

The session is read-only as well where the server knows that (servers.py); where it does not, this and a login
without rights to write are what protects somebody's books.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from erp_sync.errors import FixSettings, Place

_BEGINS = ("SELECT", "WITH", "VALUES", "TABLE")
# Also what would be a second statement: SQL Server needs no semicolon between two.
_WORDS = """
    INSERT UPDATE DELETE MERGE UPSERT INTO LOCK TRUNCATE CREATE ALTER DROP RENAME GRANT REVOKE DENY EXEC EXECUTE DECLARE
    COMMIT ROLLBACK BACKUP RESTORE DBCC KILL SHUTDOWN RECONFIGURE WAITFOR OPENROWSET OPENQUERY OPENDATASOURCE WRITETEXT
    UPDATETEXT UPDLOCK XLOCK TABLOCK TABLOCKX HOLDLOCK
"""
_WRITES = frozenset(_WORDS.split())
# What writes or locks only behind another word.
_PAIRS = {"FOR": ("SHARE", "KEY", "NO"), "NEXT": ("VALUE",), "ENABLE": ("TRIGGER",), "DISABLE": ("TRIGGER",)}
_SEQUENCES = ("NEXTVAL", "SETVAL")  # behind a sequence and a dot, too


@dataclass(frozen=True, slots=True)
class Syntax:
    """Where one database's text differs from the standard's. Read wrongly, a text could hide what is run."""

    backslashes: bool = False  # \' is a quote inside text, and "text" is text
    hashes: bool = False  # a comment begins with #, and with -- only before a blank
    brackets: bool = False  # [a name]
    dollars: bool = False  # $tag$text$tag$, and E'it\'s'
    begins: frozenset[str] = frozenset()  # words that begin another statement, wherever they stand


MYSQL = Syntax(backslashes=True, hashes=True)
POSTGRESQL = Syntax(dollars=True)
SQLITE = Syntax(brackets=True)
TSQL = Syntax(brackets=True, begins=frozenset({"SET", "BEGIN", "IF", "WHILE", "RECEIVE", "SEND"}))


@cache
def _token(syntax: Syntax) -> re.Pattern[str]:
    """Order counts: what is opaque comes before what it could hold."""
    line_comment = r"--(?=\s|$)[^\n]*|\#[^\n]*" if syntax.hashes else r"--[^\n]*"
    text, name = r"'(?:[^']|'')*'", r'"(?:[^"]|"")*"'
    if syntax.backslashes:
        text, name = (rf"{q}(?:[^{q}\\]|\\.|{q}{q})*{q}" for q in "'\"")
    dollars = r"|(?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)|(?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')"
    brackets = r"|\[(?:[^\]]|\]\])*\]"
    return re.compile(
        rf"""(?P<hint>/\*M?!)
          | (?P<comment>{line_comment}|/\*.*?\*/)
          | (?P<text>{text}){dollars if syntax.dollars else ""}
          | (?P<name>{name}|`(?:[^`]|``)*`{brackets if syntax.brackets else ""})
          | (?P<word>[^\W\d]\w*)
          | (?P<number>0[xX][\da-fA-F]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
          | (?P<end>;)
          | (?P<open>'|"|`|/\*)
          | (?P<other>\S)""",
        re.VERBOSE | re.DOTALL,
    )


def refuse_writing(sql: str, file: str, syntax: Syntax = POSTGRESQL) -> None:
    """Raises FixSettings, with line and column, for anything but a single statement that reads."""
    first, ended, previous = "", False, ""
    for token in _token(syntax).finditer(sql):
        kind, text = token.lastgroup, token[0]
        if kind == "comment":
            continue
        place = Place(file, sql.count("\n", 0, token.start()) + 1, token.start() - sql.rfind("\n", 0, token.start()))
        if ended:
            raise FixSettings("more than one statement", advice="Give one SELECT; make a second dataset.", place=place)
        if kind in ("open", "hint"):
            raise FixSettings(f"{text} opens what nothing closes, or what a server would run", place=place)
        word = text.upper() if kind == "word" else ""
        if not first and text != "(":
            first = word or text
            if word not in _BEGINS:
                raise FixSettings(
                    f"a statement that begins with {text!r} may write",
                    advice="Only SELECT (and WITH … SELECT) is run on an ERP's database.",
                    place=place,
                )
        if _writes(word, previous, syntax):
            raise FixSettings(
                f"{text!r} in a query may write or lock",
                advice="Only SELECT is run on an ERP's database; put quotes around a column of that name.",
                place=place,
            )
        ended = kind == "end"
        previous = text
    if not first:
        raise FixSettings("there is no statement", place=Place(file))


def _writes(word: str, previous: str, syntax: Syntax) -> bool:
    if word in _SEQUENCES:
        return True
    if previous in (".", ":"):  # a column or a parameter may have such a name
        return False
    return word in _WRITES or word in syntax.begins or word in _PAIRS.get(previous.upper(), ())
