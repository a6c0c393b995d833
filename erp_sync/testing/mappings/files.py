"""Files of tests: found beside the mappings, read, checked by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.reading import YamlFile, raise_all, read_yaml, shown_name, validate
from erp_sync.testing.mappings.language import MappingTests

SUFFIX = ".test.yaml"


@dataclass(frozen=True)
class TestsFile:
    """``mapping`` is the file that is tested."""

    __test__ = False  # for pytest

    path: Path
    yaml: YamlFile
    model: MappingTests
    mapping: Path

    @property
    def name(self) -> str:
        return self.yaml.name

    def place(self, *path: str | int, key: bool = False) -> Place:
        return self.yaml.place(path, key)


def test_files(folder: Path) -> list[Path]:
    """Every file of tests in a folder of mappings."""
    return sorted(folder.glob(f"*{SUFFIX}"))


test_files.__test__ = False  # type: ignore[attr-defined]  # for pytest


def read_tests(path: Path) -> TestsFile:
    """Raises FixMapping with everything that is wrong with the file itself."""
    file = read_yaml(path, texts=True)
    if file.data is None:
        raise FixMapping("the file is empty", place=file.place(()), advice="write a test, or delete it")
    model = validate(file, MappingTests)
    name = model.mapping or path.name.removesuffix(SUFFIX) + ".yaml"
    problems = list(_problems(file, model, path.parent / name, name))
    if problems:
        raise_all(problems, FixMapping)
    return TestsFile(path, file, model, path.parent / name)


def _problems(file: YamlFile, model: MappingTests, mapping: Path, name: str) -> Iterator[FixMapping]:
    if not mapping.is_file():
        beside = [p.name for p in sorted(mapping.parent.glob("*.yaml")) if not p.name.endswith(SUFFIX)]
        advice = suggest(name, beside, "files there") if model.mapping else "name the file that is tested with mapping"
        yield FixMapping(f"there is no {shown_name(mapping)}", place=file.place(("mapping",)), advice=advice)
    first: dict[str, int] = {}
    if (wrong := _not_a_day(model.today)) is not None:
        yield FixMapping(wrong, place=file.place(("today",)), advice="write it as 2026-11-24")
    for number, test in enumerate(model.tests):
        here = ("tests", number)
        if test.name in first:
            yield FixMapping(f'"{test.name}" stands twice, first in line {first[test.name]}',
                             place=file.place((*here, "name")), advice="give each test a name of its own")  # fmt: skip
        first.setdefault(test.name, file.place((*here, "name")).line)
        if (wrong := _not_a_day(test.today)) is not None:
            yield FixMapping(wrong, place=file.place((*here, "today")), advice="write it as 2026-11-24")


def _not_a_day(text: str | None) -> str | None:
    try:
        good = text is None or date.fromisoformat(text).isoformat() == text
    except ValueError:
        good = False
    return None if good else f'"{text}" is not a day'
