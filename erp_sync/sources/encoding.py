"""Bytes of a file to UTF-8, block by block: the encoding is declared, or told by its marks and its bytes."""

from __future__ import annotations

import codecs
import re

from erp_sync.errors import FixSource

AUTO = "auto"
MARK = "\ufdd0"  # stands for a byte that is no text: a noncharacter, so no ERP can have meant it
_ON_ERROR = "erp_sync.mark"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HIGH = bytes(range(0x80, 0x100))
_LOW = bytes(range(0x80))
# Letters of DOS code pages 437 and 850 whose bytes are signs, or nothing, in Windows-1252.
_DOS_LETTER = re.compile(rb"[A-Za-z][\x81-\x89\x8b\x8d\x8f-\x91\x93-\x99\x9b](?=[a-z])")


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return MARK, error.end


codecs.register_error(_ON_ERROR, _mark)


def encoding_name(declared: str) -> str:
    """Python's own name of an encoding; raises LookupError for one that does not exist."""
    return codecs.lookup(declared).name


def marked(data: bytes) -> bytes | None:
    """None where ``data`` is UTF-8; else its text with MARK in place of what is not."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", _ON_ERROR).encode()
    return None


class ToUtf8:
    """Feed it the blocks of one file. Blocks that are UTF-8 already pass unchecked (see ``marked``)."""

    def __init__(self, declared: str, place: str) -> None:
        self.name = "" if declared == AUTO else encoding_name(declared)
        self.note = ""  # what was found out rather than told
        self._place, self._declared = place, declared
        self._decoder: codecs.IncrementalDecoder | None = None
        self._first, self._ascii_is_itself = True, False

    def feed(self, block: bytes, *, final: bool = False) -> bytes:
        if self._first and block:
            self._first = False
            block = self._begin(block)
        if not self.name:
            if block.isascii():
                return block
            name, doubt = _told_by_bytes(block, self._place)
            self._settle(name)
            self.note += doubt
        if self._decoder is None or (self._ascii_is_itself and block.isascii()):
            return block
        return self._decoder.decode(block, final).encode()

    def _begin(self, block: bytes) -> bytes:
        for bom, name in _BOMS:
            if block.startswith(bom):
                if self.name not in ("", name, "utf-16", "utf-8-sig"):
                    self.note = f"encoding {name}, told by its byte order mark; the settings say {self._declared}"
                elif not self.name:
                    self.note = f"encoding {name}, told by its byte order mark"
                self._settle(name)
                return block[len(bom) :]
        wide = _wide(block) if self.name in ("", "utf-16") else None
        if wide is not None or self.name == "utf-16":
            wide = wide or "utf-16-le"
            self.note = f"encoding {wide}, told by its zero bytes"
            self._settle(wide)
        elif self.name:
            self._settle(self.name)
        return block

    def _settle(self, name: str) -> None:
        if not self.name and not self.note:
            self.note = f"encoding {'windows-1252' if name == 'cp1252' else name}, told by its bytes"
        self.name = name
        if name not in ("utf-8", "utf-8-sig", "ascii"):  # what is not ASCII is then found by ``marked``
            self._decoder = codecs.getincrementaldecoder(name)(_ON_ERROR)
            self._ascii_is_itself = _single_bytes(name)


def _single_bytes(name: str) -> bool:
    """Every byte is a character, and the lower half is ASCII."""
    lower, upper = _LOW.decode(name, "replace"), _HIGH.decode(name, "replace")
    return len(upper) == len(_HIGH) and lower == _LOW.decode("ascii")


def _wide(block: bytes) -> str | None:
    """UTF-16 without a mark: in western text every other byte is zero."""
    even, odd = block[0:4096:2], block[1:4096:2]
    if odd.count(0) > 0.4 * len(odd) > 0 and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) > 0 and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def _told_by_bytes(block: bytes, place: str) -> tuple[str, str]:
    """The encoding, and what speaks against it."""
    decoded = codecs.getincrementaldecoder("utf-8")(_ON_ERROR).decode(block)
    wrong = decoded.count(MARK)
    right = len(decoded) - len(block.translate(None, _HIGH)) - wrong
    if right > wrong:  # a few broken bytes in UTF-8 text are broken rows, not another encoding
        return "utf-8", ""
    high = block.translate(None, _LOW)
    letters = sum(byte >= 0xC0 for byte in high)
    if len(_DOS_LETTER.findall(block)) > letters:
        raise FixSource(
            f"{place}: the encoding cannot be told: not UTF-8, and its letters would be signs in Windows-1252",
            advice="Declare it: `encoding: cp850` (DOS, Western Europe) or `encoding: cp437` (DOS, US) are likely.",
        )
    return (
        "cp1252",
        f"; but {right} characters would be UTF-8: were files of two encodings put together?" if right else "",
    )
