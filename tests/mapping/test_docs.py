"""The reference and the cookbook: every example is run, and every word of the language stands in the reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from erp_sync.centra.catalog import CATALOG
from erp_sync.cli.program import program
from erp_sync.mapping import language, load_mappings
from erp_sync.mapping.explaining import preview
from erp_sync.mapping.reading import parse_yaml
from erp_sync.mapping.scaffold import look_at, propose, written
from erp_sync.mapping.transforms import TRANSFORMS
from erp_sync.model.key import show_key
from erp_sync.testing.mappings.language import Expected, MappingTest, MappingTests, Refused
from erp_sync.testing.mappings.schema import json_schema
from tests.mapping.conftest import NOW, Given

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "mapping.md").read_text(encoding="utf-8")
COOKBOOK = (DOCS / "cookbook.md").read_text(encoding="utf-8")

Cells = dict[str, str | None]


@dataclass
class Example:
    """A mapping, the files beside it, and the tables that follow: data, and what comes out (columns with an arrow)."""

    line: int
    mapping: str
    beside: dict[str, str] = field(default_factory=dict)
    tests: str = ""  # the file of tests that follows, and what the program says of it
    said: str = ""
    tables: list[tuple[str, list[str], list[list[str]]]] = field(default_factory=list)


def examples(text: str) -> Iterator[Example]:
    """Fenced YAML and what follows it, up to the next heading or fence. A fence below a file's name is that file."""
    caption, now, beside = "", None, dict[str, str]()
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("```"):
            end = lines.index("```", number + 1)
            body = "\n".join(lines[number + 1 : end]) + "\n"
            if caption.endswith(".test.yaml"):
                assert now is not None
                now.tests = body
            elif line == "```text":
                assert now is not None
                now.said = body
            elif caption.endswith((".py", ".yaml")):
                beside[caption] = body
            elif line == "```yaml":
                if now is not None:
                    yield now
                now, beside = Example(number + 1, body, beside), {}
            number, caption = end, ""
        elif line.startswith("|") and now is not None:
            end = next(n for n in range(number, len(lines) + 1) if n == len(lines) or not lines[n].startswith("|"))
            rows = [[c.strip() for c in re.split(r"(?<!\\)\|", one)[1:-1]] for one in lines[number:end]]
            now.tables.append((caption, rows[0], rows[2:]))
            number, caption = end - 1, ""
        elif line.startswith("#"):
            if now is not None:
                yield now
            caption, now = "", None
        elif found := re.fullmatch(r"`([^`]+)`", line):
            caption = found[1]
        number += 1
    if now is not None:
        yield now


def cell(text: str) -> str | None:
    if text in ("NULL", "(unset)"):
        return None
    return "" if text == "(empty)" else text.strip("`").replace("\\|", "|") if text.startswith("`") else text


def whole(example: Example) -> str:
    """Fields alone become a mapping of products from items."""
    if re.search(r"^entity:", example.mapping, re.M):
        return example.mapping
    indented = "".join(f"  {line}\n" for line in example.mapping.splitlines())
    return f"entity: product\nfrom: items\nkey: {{product: No_}}\nfields:\n{indented}"


EXAMPLES, RECIPES = list(examples(TEXT)), list(examples(COOKBOOK))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"line {e.line}")
def test_the_example_makes_what_its_table_says(example: Example, tmp_path: Path) -> None:
    check(example, tmp_path)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda e: f"line {e.line}")
def test_the_recipe_makes_what_its_table_says(recipe: Example, tmp_path: Path) -> None:
    check(recipe, tmp_path)


def check(example: Example, tmp_path: Path) -> None:
    for name, text in (example.beside | {"m.yaml": whole(example)}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    mappings = load_mappings(tmp_path, CATALOG, {})
    data: dict[str, list[Cells]] = {}
    expected: list[tuple[str, list[dict[str, str]]]] = []
    for caption, header, rows in example.tables:
        inputs = [n for n, h in enumerate(header) if not h.startswith("→")]
        outputs = [n for n, h in enumerate(header) if h.startswith("→")]
        if inputs:
            name = caption or "items"
            data[name] = [
                {"No_": str(number)} | {header[n]: cell(row[n]) for n in inputs} for number, row in enumerate(rows)
            ]
        if outputs:
            shown = [{header[n].removeprefix("→").strip(): row[n] for n in outputs} for row in rows]
            expected.append((caption if not inputs else f"rows of {caption or 'items'}", shown))
    prepared = mappings.prepare(Given(data), NOW) if data else None
    for what, shown in expected:
        assert prepared is not None
        if what.startswith("rows of "):
            (unit,) = [u for u in mappings.units if u.dataset == what.removeprefix("rows of ")]
            for seen, wanted in zip(preview(prepared, unit), shown, strict=True):
                first = next(iter(wanted.values()))
                if first.startswith("rejected: "):
                    assert first.removeprefix("rejected: ") in [r.reason for r in seen.rejections]
                elif first == "left out":
                    assert seen.left_out
                else:
                    ((key, record),) = seen.records
                    found: Cells = {"key": show_key(key)} | record
                    assert {k: found[k] for k in wanted} == {k: cell(v) for k, v in wanted.items()}
        else:
            (unit,) = [u for u in mappings.units if u.entity == what]
            made = [{"key": show_key(k)} | r for seen in preview(prepared, unit) for k, r in seen.records]
            assert [{k: record[k] for k in shown[0]} for record in made] == [
                {k: cell(v) for k, v in wanted.items()} for wanted in shown
            ]


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.tests], ids=lambda e: f"line {e.line}")
def test_the_tests_say_what_the_page_says(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("product.yaml").write_text(example.mapping, encoding="utf-8")
    Path("product.test.yaml").write_text(example.tests, encoding="utf-8")
    program.main(["mapping", "test", "."], prog_name="erp-sync", standalone_mode=False)
    assert capsys.readouterr().out == example.said
    data = parse_yaml(example.tests, "product.test.yaml").data
    assert [e.json_path for e in Draft202012Validator(json_schema(CATALOG)).iter_errors(data)] == []


def test_a_page_of_each_kind_is_there() -> None:
    assert [bool(e.said) for e in EXAMPLES if e.tests] == [True]
    assert len([e for e in EXAMPLES if "# Proposed for" in e.mapping]) == 1


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if "# Proposed for" in e.mapping], ids=lambda e: f"line {e.line}"
)
def test_what_is_proposed_is_what_the_page_shows(example: Example) -> None:
    ((dataset, header, rows),) = example.tables
    given = [{h: cell(c) for h, c in zip(header, row, strict=True) if not h.startswith("→")} for row in rows]
    proposal = propose(CATALOG, "product", dataset, look_at(Given({dataset: given}).chunks(dataset)))
    assert written(proposal, "../mapping.schema.json") == example.mapping


def test_every_key_of_tests_stands_in_the_reference() -> None:
    section = TEXT.partition("\n## Tests\n")[2]
    keys = [n for m in (MappingTests, MappingTest, Expected, Refused) for n in m.model_fields]
    assert [k for k in keys if f"`{k}`" not in section] == []


def test_most_examples_have_a_table() -> None:
    assert len(EXAMPLES) >= 25
    assert [e.line for e in EXAMPLES if not e.tables and "vanish" not in e.mapping] == []


def test_the_cookbook_has_twenty_recipes_each_with_rows_and_records() -> None:
    assert len(RECIPES) == len(re.findall(r"^### ", COOKBOOK, re.M)) >= 20
    assert [e.line for e in RECIPES if not e.tables] == []


def words() -> Iterator[str]:
    """Every key of the language, every transform and every option."""
    for name, model in vars(language).items():
        if isinstance(model, type) and issubclass(model, BaseModel) and name not in ("Strict", "Step"):
            yield from (f.alias or n for n, f in model.model_fields.items())
    for transform in TRANSFORMS.values():
        yield transform.name
        options: Any = transform.options
        yield from (f.alias or n for n, f in options.model_fields.items())


def test_every_word_of_the_language_stands_in_the_reference() -> None:
    assert [w for w in dict.fromkeys(words()) if not re.search(rf"\b{w}\b", TEXT)] == []
    assert [t for t in TRANSFORMS if f"`{t}`" not in TEXT] == []


def test_links_within_the_page_lead_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in re.findall(r"^#+ (.*)$", TEXT, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors
