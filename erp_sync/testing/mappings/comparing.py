"""What came out beside what was expected, field by field, each with the place of the expectation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from erp_sync.errors import Place
from erp_sync.model.extract import Rejection
from erp_sync.model.key import show_key
from erp_sync.report.text import shown
from erp_sync.testing.mappings.files import TestsFile
from erp_sync.testing.mappings.gathering import Made, Outcome
from erp_sync.testing.mappings.language import MappingTest, Refused

Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """``lines`` are pairs of a word and a text: expected, got, where it comes from."""

    place: Place
    what: str
    lines: Lines = ()


def differences(file: TestsFile, number: int, test: MappingTest, outcome: Outcome, xml: str) -> Iterator[Difference]:
    """``xml`` is what the records are in XML, where that is expected."""
    expect = test.expect
    here = ("tests", number, "expect")
    if expect is None or not expect.model_fields_set:
        place = file.place(*here, key=True) if expect else file.place("tests", number, "name")
        yield Difference(place, "nothing is expected: --update writes what comes out")
        return
    for entity, wanted in (expect.records or {}).items():
        yield from _records(file, (*here, "records", entity), entity, wanted, outcome)
    yield from _rejections(file, number, expect.rejections or [], outcome)
    if expect.xml is not None and expect.xml.rstrip("\n") != xml.rstrip("\n"):
        yield _documents(file.place(*here, "xml", key=True), expect.xml.splitlines(), xml.splitlines())


def _records(
    file: TestsFile,
    here: tuple[str | int, ...],
    entity: str,
    wanted: dict[str, dict[str, str | None]],
    outcome: Outcome,
) -> Iterator[Difference]:
    made = {show_key(key): record for key, record in outcome.records[entity].items()}
    for key, fields in wanted.items():
        record = made.get(key)
        if record is None:
            others = f"made of {entity}: {', '.join(made)}" if made else f"no {entity} is made"
            yield Difference(file.place(*here, key, key=True), f"{entity} {key} is not made", (("", others),))
            continue
        for path, text in fields.items():
            got = record.fields.get(path)
            if got != text:
                place = file.place(*here, key, path, key=True)
                lines: Lines = (("expected", shown(text)), ("got", shown(got)), ("from", _source(file, record, path)))
                yield Difference(place, f"{entity} {key}, {path}", lines)
    for key, record in made.items():
        if key not in wanted:
            fields = {p: t for p, t in record.fields.items() if t is not None}
            lines = (*((path, shown(text)) for path, text in fields.items()), ("from", _source(file, record)))
            yield Difference(file.place(*here, key=True), f"{entity} {key} is made and not expected", lines)


def _source(file: TestsFile, record: Made, path: str = "") -> str:
    """The row, and the line of the mapping."""
    at = next((str(plan.place) for plan in record.unit.fields if plan.path == path), record.unit.at)
    return f"{record.origin}, {at}"


def _rejections(file: TestsFile, number: int, wanted: list[Refused], outcome: Outcome) -> Iterator[Difference]:
    here = ("tests", number, "expect", "rejections")
    left = list(outcome.rejections)
    missing: list[tuple[int, Refused]] = []
    for at, refused in enumerate(wanted):
        found = next((r for r in left if _is(refused, r, whole=True)), None)
        if found is None:
            missing.append((at, refused))
        else:
            left.remove(found)
    for at, refused in missing:
        place = file.place(*here, at)
        near = next((r for r in left if _is(refused, r, whole=False)), None)
        if near is None:
            what = f"{_called(refused.entity, refused.field)}{refused.row} is not rejected"
            yield Difference(place, what, (("expected", refused.reason),))
            continue
        left.remove(near)
        lines: Lines = (("expected", refused.reason), ("got", near.reason), ("from", near.mapping_at or ""))
        yield Difference(file.place(*here, at, "reason", key=True),
                         f"{_called(near.entity, near.field)}{near.origin} is rejected", lines)  # fmt: skip
    for rejection in left:
        lines = (("got", rejection.reason), ("from", rejection.mapping_at or ""))
        what = f"{_called(rejection.entity, rejection.field)}{rejection.origin} is rejected, which is not expected"
        yield Difference(_row_place(file, number, rejection), what, lines)


def _is(wanted: Refused, got: Rejection, *, whole: bool) -> bool:
    return (
        wanted.row == str(got.origin)
        and wanted.entity in (None, got.entity)
        and wanted.field in (None, got.field)
        and (not whole or wanted.reason == got.reason)
    )


def _called(entity: str | None, field: str | None) -> str:
    named = ", ".join(n for n in (entity, field) if n)
    return f"{named}: " if named else ""


def _row_place(file: TestsFile, number: int, rejection: Rejection) -> Place:
    """Where the test gives the row."""
    origin = rejection.origin
    own = ("tests", number, "rows") if origin.place in file.model.tests[number].rows else ("rows",)
    at = origin.at - 1 if isinstance(origin.at, int) else 0
    return file.place(*own, origin.place, at)


def _documents(place: Place, wanted: list[str], got: list[str]) -> Difference:
    """From the first line that differs."""
    same = next((n for n, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got)))
    lines = (("expected", _line(wanted, same)), ("got", _line(got, same)))
    at = Place(place.file, place.line + 1 + same, place.column) if place.line else place
    return Difference(at, f"xml, line {same + 1}", lines)


def _line(lines: list[str], number: int) -> str:
    return lines[number].strip() if number < len(lines) else "(nothing more)"
