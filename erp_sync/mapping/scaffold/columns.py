"""The columns of a dataset, with all their different texts and how often they are filled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.mapping.column import as_texts, is_empty
from erp_sync.ports import Chunk

SHOWN = 3


@dataclass(frozen=True)
class Column:
    """``texts`` are all cells, row by row; a null is the ERP's NULL."""

    name: str
    texts: pa.Array

    @cached_property
    def filled(self) -> int:
        return len(self.texts) - int(pc.sum(is_empty(self.texts), min_count=0).as_py())

    @cached_property
    def different(self) -> pa.Array:
        """The different texts that are not empty, in the order of their first row."""
        distinct = pc.unique(self.texts)
        return pc.filter(distinct, pc.invert(is_empty(distinct)))

    @property
    def share(self) -> float:
        return self.filled / len(self.texts) if len(self.texts) else 0.0

    @property
    def unique(self) -> bool:
        """Whether it is filled in every row, and each time by another text."""
        return 0 < self.filled == len(self.texts) == len(self.different)

    @property
    def samples(self) -> list[str]:
        found: list[str] = self.different.slice(0, SHOWN).to_pylist()
        return found

    @cached_property
    def looks_like_codes(self) -> bool:
        """Short texts without blanks: what an id looks like."""
        some = self.different.slice(0, 1000).to_pylist()
        return bool(some) and all(len(t) <= 40 and not re.search(r"\s", t) for t in some)

    @cached_property
    def says_nothing(self) -> bool:
        """Numbers, days and codes in capitals: nothing that would name a person."""
        plain = pc.match_substring_regex(self.different, r"^[A-Z0-9][A-Z0-9 .,:/_-]{0,24}$")
        return bool(pc.all(plain, min_count=0).as_py())

    @cached_property
    def leading_zeros(self) -> int:
        """How many of the different texts are digits that begin with a zero."""
        found = pc.match_substring_regex(self.different, r"^0[0-9]+$")
        return int(pc.sum(found, min_count=0).as_py())

    @cached_property
    def has_blanks_at_ends(self) -> bool:
        return bool(pc.any(pc.match_substring_regex(self.different, r"^\s|\s$"), min_count=0).as_py())

    @cached_property
    def looks_personal(self) -> bool:
        return bool(pc.any(pc.match_substring_regex(self.different, r"\S@\S+\.\S"), min_count=0).as_py())


def look_at(chunks: Iterable[Chunk]) -> list[Column]:
    """All columns of a dataset. Every row is looked at: what is proposed has to hold for all of them."""
    pieces: dict[str, list[pa.Array]] = {}
    for chunk in chunks:
        for name in chunk.frame.columns:
            pieces.setdefault(str(name), []).append(as_texts(pa.array(chunk.frame[name])))
    return [Column(name, pa.concat_arrays(arrays)) for name, arrays in pieces.items()]
