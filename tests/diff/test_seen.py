from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from erp_sync.diff import Seen, hash_keys, vanished
from erp_sync.model.catalog import Entity, KeyPart, Leaving
from erp_sync.model.change import Action, Baseline
from erp_sync.ports import LedgerReader
from tests.diff.readers import DictReader


def keys(*names: str) -> np.ndarray:
    return hash_keys(pa.array(names, pa.string()))


def product(leaving: Leaving) -> Entity:
    return Entity(
        "product", "products_Update", 20, "products.product", (KeyPart("product", "id"),), "",
        leaving=leaving, retired_status="inactive",
    )  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 2)), max_size=30), st.integers(1, 7))
def test_repeats_and_conflicts_are_those_of_a_dict(rows: list[tuple[str, int]], size: int) -> None:
    seen, contents, fresh = Seen(), dict[str, list[int]](), []
    for at in range(0, len(rows), size):
        part = rows[at : at + size]
        fresh += seen.add(
            keys(*(k for k, _ in part)), np.array([p for _, p in part], np.int64), "f.csv",
            pd.RangeIndex(at + 1, at + 1 + len(part)),
        ).tolist()  # fmt: skip
    expected = []
    for key, content in rows:
        expected.append(content not in contents.setdefault(key, []))
        contents[key] += [content] if expected[-1] else []
    assert fresh == expected
    assert seen.collapsed == expected.count(False)
    doubled = {key for key, found in contents.items() if len(found) > 1}
    assert set(seen.conflicts()) == {int(h) for h in keys(*doubled)}
    assert all(seen.holds(keys(*contents))) if contents else True
    assert not seen.holds(keys("z")).any()


def test_a_conflict_says_where_its_rows_stand() -> None:
    seen = Seen()
    seen.add(keys("a", "b"), np.array([1, 1]), "one.csv", pd.Index([7, 9]))
    seen.add(keys("c", "a"), np.array([1, 2]), "two.csv", pd.Index([2, 5]))
    assert seen.conflicts() == {int(keys("a")[0]): ("one.csv:7", "two.csv:5")}


def test_a_rejected_row_has_not_vanished() -> None:
    seen = Seen()
    seen.add_rejected(keys("a"))
    assert seen.holds(keys("a", "b")).tolist() == [True, False]


def leave(leaving: Leaving, *, absences: int = 0, retire_after: int | None = 1, **state: bool) -> list[Action | None]:
    known = Baseline("gone", {"status": "active"}, absences=absences, **state)
    reader = cast(LedgerReader, DictReader({"gone": known}))
    found = vanished(product(leaving), reader, Seen(), retire_after=retire_after)
    return [v.change.action if v.change else None for v in found]


def test_how_a_vanished_record_leaves() -> None:
    assert leave(Leaving.RETIRE) == [Action.RETIRE]
    assert leave(Leaving.UNLINK) == [Action.UNLINK]
    assert leave(Leaving.NEVER) == [None]
    assert leave(Leaving.RETIRE, retire_after=None) == [None]
    assert leave(Leaving.RETIRE, retire_after=3, absences=1) == [None]
    assert leave(Leaving.RETIRE, retire_after=3, absences=2) == [Action.RETIRE]
    assert leave(Leaving.RETIRE, retired=True) == []
    assert leave(Leaving.RETIRE, exists=False) == [Action.RETIRE], "it may have arrived: the reply was lost"


def test_what_is_inactive_already_is_not_sent_to_leave() -> None:
    def found(doubtful: frozenset[str]) -> list[bool]:
        known = Baseline("gone", {"status": "inactive"}, doubtful)
        reader = cast(LedgerReader, DictReader({"gone": known}))
        return [v.change is not None for v in vanished(product(Leaving.RETIRE), reader, Seen(), retire_after=1)]

    assert found(frozenset()) == [False]
    assert found(frozenset({"status"})) == [True]
