"""What needs all rows at once: groups with what they make of their columns, the first or last row of each group, an
order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import Place
from erp_sync.mapping import decimals
from erp_sync.mapping.column import Problem, any_of, is_empty
from erp_sync.mapping.lookups import KeyIndex
from erp_sync.mapping.rows import Rows, Run
from erp_sync.mapping.shapes import Shaped, concatenated, fatal_rows, refused
from erp_sync.model.key import SEPARATOR

_PIECE = 65_536  # rows per chunk that comes out


class Gathering(ABC):
    """Needs all rows of a dataset at once; holds the wanted columns of all of them in memory while it works."""

    place: Place

    @abstractmethod
    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        """The columns needed before, for these columns after."""

    @abstractmethod
    def gather(self, pieces: list[Rows], wanted: frozenset[str], run: Run, dataset: str) -> Iterator[Shaped]: ...


@dataclass(eq=False)
class Group(Gathering):
    by: tuple[str, ...]
    take: Mapping[str, tuple[str, str]]  # new column -> (function, old column)
    place: Place

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return frozenset(self.by) | {old for new, (_, old) in self.take.items() if new in wanted}

    def gather(self, pieces: list[Rows], wanted: frozenset[str], run: Run, dataset: str) -> Iterator[Shaped]:
        everything = _together(pieces, self.demand(wanted), run, dataset)
        index = KeyIndex(_key(everything.rows, self.by))
        firsts, problems = index.firsts(), list[Problem]()
        new: dict[str, pa.Array] = {}
        for name, (function, old) in self.take.items():
            if name in wanted:
                new[name] = self._made(function, old, everything.rows, index, problems)
        keys = {name: pc.take(everything.rows.column(name), pa.array(firsts)) for name in self.by}
        bad = np.zeros(len(firsts), dtype=bool)
        bad[index.codes[np.asarray(fatal_rows(problems, len(everything.rows)))]] = True
        if problems:  # a group that holds an unreadable row says nothing true
            yield Shaped(everything.rows.nothing(),
                         (refused(everything.rows, problems),))  # fmt: skip
        yield from everything.split(np.flatnonzero(~bad), firsts, keys | new)

    def _made(self, function: str, old: str, rows: Rows, index: KeyIndex, problems: list[Problem]) -> pa.Array:
        texts = rows.column(old, self.place)
        match function:
            case "first":
                return pc.take(texts, pa.array(index.firsts()))
            case "last":
                return pc.take(texts, pa.array(index.lasts()))
            case "count":
                filled = np.asarray(pc.invert(is_empty(texts)))
                return pc.cast(pa.array(np.bincount(index.codes[filled], minlength=len(index.distinct))), pa.string())
            case "join":
                return pa.array([_list(texts, index.rows(code)) for code in range(len(index.distinct))], pa.string())
        numbers, bad = decimals.parse(texts)
        if any_of(bad):
            problems.append(Problem(bad, decimals.NOT_A_NUMBER, self.place, texts, old))
        table = pa.table({"code": pa.array(index.codes), "number": numbers}).group_by("code", use_threads=False)
        result = table.aggregate([("number", function)]).sort_by("code").column(f"number_{function}").combine_chunks()
        return decimals.show(result)


@dataclass(eq=False)
class Pick(Gathering):
    """The first or last row of each group in the order of a column; of equals, the first or last as they come."""

    by: tuple[str, ...]
    order: str | None
    numeric: bool
    last: bool
    place: Place

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return wanted | set(self.by) | ({self.order} if self.order else set())

    def gather(self, pieces: list[Rows], wanted: frozenset[str], run: Run, dataset: str) -> Iterator[Shaped]:
        everything = _together(pieces, self.demand(wanted), run, dataset)
        rows = everything.rows
        index = KeyIndex(_key(rows, self.by))
        if self.order is None:
            chosen = index.lasts() if self.last else index.firsts()
        else:
            values = rows.column(self.order, self.place)
            if self.numeric:
                texts = values
                values, bad = decimals.parse(texts)
                if any_of(bad):
                    problem = Problem(bad, decimals.NOT_A_NUMBER, self.place, texts, self.order)
                    good = pc.invert(bad)
                    yield Shaped(rows.nothing(), (refused(rows, [problem]),))
                    everything = everything.where(good)
                    rows, values = everything.rows, pc.filter(values, good)
                    index = KeyIndex(_key(rows, self.by))
            chosen = self._chosen(index, values)
        yield from everything.split(np.sort(chosen), np.arange(len(rows)), {})

    def _chosen(self, index: KeyIndex, values: pa.Array) -> npt.NDArray[np.intp]:
        there = pc.cast(pc.is_valid(values), pa.int8())  # what is empty comes first
        table = pa.table({"code": index.codes, "there": there, "value": values, "row": np.arange(len(values))})
        order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names]).to_numpy()
        starts = np.searchsorted(index.codes[order], np.arange(len(index.distinct) + 1))
        return np.asarray(order[starts[1:] - 1] if self.last else order[starts[:-1]])


@dataclass(eq=False)
class Sort(Gathering):
    """All rows in the order of columns; of equals, as they come. What is empty comes first."""

    by: tuple[str, ...]
    place: Place

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return wanted | set(self.by)

    def gather(self, pieces: list[Rows], wanted: frozenset[str], run: Run, dataset: str) -> Iterator[Shaped]:
        everything = _together(pieces, self.demand(wanted), run, dataset)
        texts = {name: pc.fill_null(everything.rows.column(name, self.place), "") for name in self.by}
        rows = np.arange(len(everything.rows))
        table = pa.table({**texts, SEPARATOR: rows})
        order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names])
        yield from everything.split(order.to_numpy(zero_copy_only=False), rows, {})


@dataclass(slots=True)
class _Everything:
    """All rows of a dataset, each with its place."""

    rows: Rows
    places: pa.Array

    def where(self, keep: pa.Array) -> _Everything:
        return _Everything(self.rows.where(keep), pc.filter(self.places, keep))

    def split(
        self, chosen: npt.NDArray[np.intp], row_of: npt.NDArray[np.intp], new: Mapping[str, pa.Array]
    ) -> Iterator[Shaped]:
        """The chosen results in chunks of one place each. ``row_of`` a result is the row that it is said to be from."""
        at = row_of[chosen]
        places = pc.take(self.places, pa.array(at)).dictionary_encode()
        codes = places.indices.to_numpy(zero_copy_only=False)
        cuts = np.flatnonzero(np.diff(codes)) + 1 if len(codes) else np.empty(0, np.intp)
        for piece in np.split(np.arange(len(chosen)), cuts):
            for start in range(0, len(piece), _PIECE):
                part = piece[start : start + _PIECE]
                mine = pa.array(chosen[part])
                rows = self.rows.take(pa.array(at[part]), {name: pc.take(a, mine) for name, a in new.items()})
                rows.place = places.dictionary[codes[part[0]]].as_py()
                yield Shaped(rows)


def _together(pieces: list[Rows], wanted: frozenset[str], run: Run, dataset: str) -> _Everything:
    columns, places, index = concatenated(pieces, sorted(wanted))
    place = pieces[0].place if pieces else ""
    return _Everything(Rows(run, dataset, place, index, list(columns), columns.__getitem__), places)


def _key(rows: Rows, by: tuple[str, ...]) -> pa.Array:
    texts = [pc.fill_null(rows.column(name), "") for name in by]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, SEPARATOR)


def _list(texts: pa.Array, rows: npt.NDArray[np.intp]) -> str:
    return "; ".join(dict.fromkeys(t for t in pc.take(texts, pa.array(rows)).to_pylist() if t))
