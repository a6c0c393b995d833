"""YAML with places, and models checked with every problem said at once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from erp_sync.errors import FixMapping, FixSettings
from erp_sync.mapping.reading import parse_yaml, read_yaml, validate


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    delimiter: str = ";"
    header: bool = True
    retries: int = 3


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)
    name: str
    source: str = Field(default="", alias="from")
    kind: Literal["csv", "sql"] = "csv"
    inner: Inner = Inner()
    many: dict[str, Inner] = {}
    either: str | Inner | None = None
    password: SecretStr = SecretStr("")
    listed: list[Inner] = []


def problems(text: str) -> list[str]:
    with pytest.raises(FixMapping) as caught:
        validate(parse_yaml(text, "f.yaml"), Outer)
    return [str(p).replace("\n  ", " | ") for p in caught.value.problems]


def syntax(text: str) -> str:
    with pytest.raises(FixMapping) as caught:
        parse_yaml(text, "f.yaml")
    return str(caught.value)


def test_scalars_are_read_by_the_core_rules_and_keys_stay_text() -> None:
    data = parse_yaml('{a: NO, b: true, 00: 1, c: 1.5, d: , e: "1", f: 2026-01-02, g: yes, on: -3}', "f").data
    assert data == {"a": "NO", "b": True, "00": 1, "c": 1.5, "d": None, "e": "1", "f": "2026-01-02", "g": "yes",
                    "on": -3}  # fmt: skip


def test_place_finds_values_keys_and_the_nearest_ancestor() -> None:
    file = parse_yaml("a:\n  - b: 1\n    c: {d: x}\n", "f.yaml")
    assert str(file.place(("a", 0, "c", "d"))) == "f.yaml:3:12"
    assert str(file.place(("a", 0, "c", "d"), key=True)) == "f.yaml:3:9"
    assert str(file.place(("a", 0, "nothing", "below"))) == "f.yaml:2:5"
    assert str(file.place(())) == "f.yaml:1:1"
    assert file.text(("a", 0, "b")) == "1"


def test_an_empty_file_is_nothing_at_no_line() -> None:
    file = parse_yaml("", "f.yaml")
    assert file.data is None
    assert str(file.place(("a",))) == "f.yaml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2:1: a tab"),
        ("a: b: c\n", 'f.yaml:1:5: a second ": " in one value: a: b: c'),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document"),
        ("a: *x\n", "f.yaml:1:4: found undefined alias"),
        ("a: {No_}-{Code}\n", "f.yaml:1:9: the indentation does not fit"),
        ("a: 'x\n", "f.yaml:1:4: a quote or bracket that is never closed"),
        ("a: [1, 2\n", "f.yaml:2:1: a bracket that is not closed"),
        ("a: @b\n", "f.yaml:1:4: found character '@' that cannot start any token"),
        ("a: 1\nb: \x07\n", "f.yaml:2:4: a character that YAML does not allow, U+0007"),
        ("a: &x [*x]\n", "f.yaml:1:4: an alias that contains itself"),
        ("a: !python/object x\n", "f.yaml:1:4: a tag"),
        ("{No_}: x\n", "f.yaml:1:1: a key that is no text"),
        ("? [a]\n: x\n", "f.yaml:1:3: a key that is no text"),
        ("<<: {a: 1}\n", "f.yaml:1:1: a merge key (<<)"),
        ("a: 1\nb: 2\na: 3\n", 'f.yaml:3:1: "a" stands twice, first in line 1'),
    ],
)
def test_what_is_wrong_with_the_yaml_is_said_with_its_place(text: str, said: str) -> None:
    assert syntax(text).startswith(said)


def test_every_duplicate_is_reported_at_once() -> None:
    with pytest.raises(FixMapping) as caught:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f")
    assert len(caught.value.problems) == 2


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "m.yaml"
    with pytest.raises(FixSettings, match="No such file"):
        read_yaml(file, FixSettings)
    file.write_bytes("a: 1\nb: ÄÖ\n".encode("cp1252"))
    with pytest.raises(FixMapping, match=r"m\.yaml:2:4: not UTF-8: byte 0xC4"):
        read_yaml(file)
    file.write_bytes("a: 1".encode("utf-16"))
    with pytest.raises(FixMapping, match="UTF-16"):
        read_yaml(file)
    file.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_yaml(file).data == {"a": 1}
    assert str(read_yaml(file).place(("a",))) == "m.yaml:1:4"


def test_a_valid_file_becomes_the_model() -> None:
    got = validate(parse_yaml("name: x\nfrom: y\nmany: {a: {retries: 1}}", "f"), Outer)
    assert (got.name, got.source, got.many["a"].retries) == ("x", "y", 1)


def test_all_problems_at_once_in_the_order_of_the_file() -> None:
    assert problems("form: x\nkind: cvs\nmany:\n  a: {delimeter: x, header: yes, retries: '4'}\n") == [
        'f.yaml:1:1: "name" is missing',
        'f.yaml:1:1: unknown key "form" | did you mean "from"?',
        'f.yaml:2:7: "kind": expected one of csv, sql, got "cvs" | did you mean "csv"?',
        'f.yaml:4:7: unknown key "delimeter" | did you mean "delimiter"?',
        'f.yaml:4:29: "header": expected true or false, got "yes" | write true',
        'f.yaml:4:43: "retries": expected a whole number, got "4" | take the quotes away: 4',
    ]


def test_a_number_where_text_is_wanted_is_shown_as_written() -> None:
    assert problems("name: 00123") == [
        'f.yaml:1:7: "name": expected text, got number 00123 | put it in quotes: "00123"'
    ]


def test_of_a_choice_the_form_that_was_begun_is_complained_about() -> None:
    assert problems("name: x\neither: {retry: 2}") == ['f.yaml:2:10: unknown key "retry" | did you mean "retries"?']
    assert problems("name: x\neither: 3") == [
        'f.yaml:2:9: "either": expected text or keys with values, got number 3 | put it in quotes: "3"'
    ]
    assert problems("name: x\nlisted: [{header: 1}, 3]") == [
        'f.yaml:2:19: "header": expected true or false, got number 1',
        "f.yaml:2:23: item 2: expected keys with values, got number 3",
    ]


def test_a_file_without_keys_and_secrets_are_not_shown() -> None:
    assert problems("just a text") == ['f.yaml:1:1: the file: expected keys with values, got "just a text"']
    assert problems("name: x\npassword: 12345") == [
        'f.yaml:2:11: "password": expected text, got a secret (not shown) | put it in quotes'
    ]


def test_another_error_class_holds_all_messages() -> None:
    with pytest.raises(FixSettings) as caught:
        validate(parse_yaml("kind: x\nfoo: 1", "f.yaml"), Outer, FixSettings)
    assert str(caught.value).count("f.yaml:") == 3
