"""A column that no mapping reads may hold what is no text: pictures. It stands in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from erp_sync.errors import FixMapping, FixSource
from erp_sync.mapping import MappingSet, check_source
from erp_sync.ports import Chunk
from tests.mapping.conftest import NOW, Given

MAPPING = "entity: product\nfrom: items\nkey: {product: No}\nfields: {description: Name}\n"
ROWS = {"items": [{"No": "1", "Name": "Scarf", "Picture": "..."}]}


class WithPicture(Given):
    """As a database with a binary column does it."""

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        if columns is None or "Picture" in columns:
            raise FixSource("column 'Picture' holds binary data, which is no text")
        if "Nam" in columns:
            raise FixSource("there is no column 'Nam'")
        return super().chunks(dataset, columns)


def test_a_check_does_not_stumble_over_it(load: Callable[..., MappingSet]) -> None:
    assert check_source(load(MAPPING), WithPicture(ROWS), NOW) == []


def test_a_column_that_is_not_there_is_told_in_the_words_of_the_source(load: Callable[..., MappingSet]) -> None:
    mappings = load(MAPPING.replace("Name", "Nam"))
    assert "there is no column 'Nam'" in [f.message for f in check_source(mappings, WithPicture(ROWS), NOW)]
    (unit,) = mappings.units
    with pytest.raises(FixSource, match="there is no column 'Nam'"):
        list(mappings.prepare(WithPicture(ROWS), NOW).chunks(unit.dataset))


def test_where_all_can_be_read_the_nearest_name_is_told(load: Callable[..., MappingSet]) -> None:
    class Strict(Given):
        def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
            if columns is not None and "Nam" in columns:
                raise FixSource("there is no column 'Nam'")
            return super().chunks(dataset, columns)

    mappings = load(MAPPING.replace("Name", "Nam"))
    (finding,) = check_source(mappings, Strict(ROWS), NOW)
    assert (finding.message, finding.advice) == ('no column "Nam" in items', 'did you mean "Name"?')
    (unit,) = mappings.units
    with pytest.raises(FixMapping, match='did you mean "Name"'):
        list(mappings.prepare(Strict(ROWS), NOW).chunks(unit.dataset))
