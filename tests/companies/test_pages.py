"""Each mapping set loads, and its page tells of exactly the entities that it makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erp_sync.centra.catalog import CATALOG
from erp_sync.mapping import load_mappings
from tests.companies.running import MAPPINGS

PAGES = Path(__file__).parents[2] / "docs" / "companies"
SETS = sorted(p.name for p in MAPPINGS.iterdir() if p.is_dir())


@pytest.mark.parametrize("name", SETS)
def test_a_page_lists_the_entities_of_its_set(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    table = page.partition("| entity | made of | how |\n|---|---|---|\n")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| (\w+) \|", table, re.MULTILINE)
    made = {unit.entity for unit in load_mappings(MAPPINGS / name, CATALOG, {}).units}
    assert listed == [entity.name for entity in CATALOG if entity.name in made]


@pytest.mark.parametrize("name", [n for n in SETS if n != "navision-csv"])
def test_a_page_names_the_source_of_its_tables(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    assert re.search(r"Source of [^:]+:\s[^|]*https://\S+", page)


def test_every_set_has_its_line_in_the_index() -> None:
    index = (PAGES / "README.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", index, re.MULTILINE)) == SETS


@pytest.mark.parametrize("name", SETS)
def test_the_parameters_that_a_page_names_are_those_of_the_set(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    table = page.partition("| parameter | here | is |\n|---|---|---|\n")[2].partition("\n\n")[0]
    named = {word for line in table.splitlines() for word in re.findall(r"`(\w+)`", line.split("|")[1])}
    text = "".join(p.read_text("utf-8") for p in (MAPPINGS / name).glob("*.yaml"))
    assert not named or named == set(re.findall(r"\$\{(\w+)\}", text))
