"""Is this text one statement that only reads? Looked at before any server sees it.

The session is read-only as well where the server knows that (servers.py); where it does not, this and a login
without rights to write are what protects somebody's books.
"""

from __future__ import annotations

import re

from erp_sync.errors import FixSettings, Place

_BEGINS = ("SELECT", "WITH", "VALUES", "TABLE")
# Also what would be a second statement: SQL Server needs no semicolon between two.
_WRITES = {
    *("INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT", "INTO", "LOCK", "TRUNCATE", "CREATE", "ALTER", "DROP", "RENAME"),
    *(
        "GRANT",
        "REVOKE",
        "DENY",
        "EXEC",
        "EXECUTE",
        "DECLARE",
        "COMMIT",
        "ROLLBACK",
        "BACKUP",
        "RESTORE",
        "DBCC",
        "KILL",
    ),
    *("SHUTDOWN", "RECONFIGURE", "WAITFOR", "OPENROWSET", "OPENQUERY", "OPENDATASOURCE", "WRITETEXT", "UPDATETEXT"),
}
# Order counts: what is opaque comes before what it could hold.
_TOKEN = re.compile(
    r"""(?P<hint>/\*[!M])
      | (?P<comment>--[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:[^']|'')*')
      | (?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[(?:[^\]]|\]\])*\])
      | (?P<word>[^\W\d]\w*)
      | (?P<number>\d[\w.]*)
      | (?P<end>;)
      | (?P<open>'|"|`|/\*)
      | (?P<other>\S)""",
    re.VERBOSE | re.DOTALL,
)
_BACKSLASHED_TEXT = r"'(?:[^'\\]|\\.|'')*'"  # MySQL and MariaDB
_BACKSLASHED = re.compile(_TOKEN.pattern.replace(r"'(?:[^']|'')*'", _BACKSLASHED_TEXT), re.VERBOSE | re.DOTALL)


def refuse_writing(sql: str, file: str, *, backslashes: bool = False) -> None:
    """Raises FixSettings, with line and column, for anything but a single statement that reads."""
    first, ended, previous = "", False, ""
    for token in (_BACKSLASHED if backslashes else _TOKEN).finditer(sql):
        kind, text = token.lastgroup, token[0]
        if kind == "tag":
            kind = "dollar"
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
        if word in _WRITES and previous not in (".", ":"):  # a column or a parameter may have such a name
            raise FixSettings(
                f"{text!r} in a query may write or lock",
                advice="Only SELECT is run on an ERP's database; put quotes around a column of that name.",
                place=place,
            )
        ended = kind == "end"
        previous = text
    if not first:
        raise FixSettings("there is no statement", place=Place(file))
