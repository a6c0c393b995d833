"""What came out becomes what is expected. Only the expectations of tests that differ are written; all else in the file
stays to the letter, comments and quotes within these expectations too."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from textwrap import dedent, indent
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    LiteralScalarString,
    ScalarString,
    SingleQuotedScalarString,
)
from ruamel.yaml.tag import Tag

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.explaining import Cells
from erp_sync.model.catalog import Catalog
from erp_sync.model.extract import Rejection
from erp_sync.model.key import show_key
from erp_sync.testing.mappings.documents import documents
from erp_sync.testing.mappings.files import TestsFile
from erp_sync.testing.mappings.running import Done

_LIKE_A_NUMBER = re.compile(r"[-+]?[.0-9][-+.0-9eE_:]*\Z|(true|false|null|yes|no|on|off|~|)\Z", re.IGNORECASE)
_ODD_BREAK = re.compile("[\r\x85\u2028\u2029]")
_SHORT = 100  # characters of what stands on one line


def update(file: TestsFile, done: Iterable[Done], catalog: Catalog) -> int:
    """Returns how many tests were written. Raises FixMapping for one whose expectations have no lines of their own."""
    differing = [one for one in done if one.differences]
    if not differing:
        return 0
    text = file.path.read_bytes().decode("utf-8-sig")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if found := next((n for n, line in enumerate(lines, 1) if _ODD_BREAK.search(line)), 0):
        raise FixMapping("a character that YAML takes for the end of a line", place=Place(file.name, found),
                         advice="write it as an escape in double quotes, such as \"\\u2028\"")  # fmt: skip
    root = YAML(typ="safe", pure=True).compose("\n".join(lines) + "\n")
    for one in sorted(differing, key=lambda one: -one.number):
        _write(lines, _child(_child(root, "tests"), one.number), one, file, catalog)
    file.path.write_bytes((end.join(lines) + end).encode())
    return len(differing)


def _write(lines: list[str], test: Node, one: Done, file: TestsFile, catalog: Catalog) -> None:
    assert isinstance(test, MappingNode)
    if test.flow_style:
        raise FixMapping("a test in braces cannot be written into", place=file.place("tests", one.number),
                         advice="write each of its keys on a line of its own")  # fmt: skip
    column = test.value[0][0].start_mark.column
    key = next((k for k, _ in test.value if k.value == "expect"), None)
    if key is None:
        start = end = _last_line(lines, test) + 1
        whole = CommentedMap({"expect": CommentedMap()})
        yaml = _yaml("")
    else:
        start, end = key.start_mark.line, _last_line(lines, _child(test, "expect")) + 1
        text = dedent("\n".join([" " * column + lines[start][column:], *lines[start + 1 : end]])) + "\n"
        yaml = _yaml(text)
        try:
            whole = yaml.load(text)
        except MarkedYAMLError as cause:
            raise FixMapping("expectations with an alias cannot be written into",
                             place=file.place("tests", one.number, "expect", key=True),
                             advice="write the values out") from cause  # fmt: skip
    if not isinstance(whole["expect"], CommentedMap):
        whole["expect"] = CommentedMap()
    _expect(whole["expect"], one, catalog)
    out = io.StringIO()
    yaml.dump(whole, out)
    lines[start:end] = indent(out.getvalue().rstrip("\n"), " " * column).splitlines()
    if key is not None and lines[start].lstrip() != lines[start]:
        lines[start] = _before(one, test, column) + lines[start][column:]


def _before(one: Done, test: MappingNode, column: int) -> str:
    """What stands before ``expect`` on its line: blanks, or the dash of a test that begins with it."""
    first = test.value[0][0]
    return " " * (column - 2) + "- " if first.value == "expect" else " " * column


def _child(node: Node, part: str | int) -> Node:
    found = node.value[part] if isinstance(part, int) else next(v for k, v in node.value if k.value == part)
    assert isinstance(found, Node)
    return found


def _last_line(lines: Sequence[str], node: Node) -> int:
    """The last line with something of the node on it. A block ends where the next thing begins: comments between
    belong to that."""
    in_block = isinstance(node, CollectionNode) and not node.flow_style
    end: int = min(node.end_mark.line - in_block, len(lines) - 1)
    while end > node.start_mark.line and re.match(r"\s*(#|$)", lines[end]):
        end -= 1
    if isinstance(node, ScalarNode) and node.style in ("|", ">") and end == node.end_mark.line:
        end -= 1
    return end


_STR = Tag(suffix="tag:yaml.org,2002:str")


class _AsWritten(VersionedResolver):
    """Every scalar is a text: 00123 and 1.50 stay what they are."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        return _STR if kind is ScalarNode else super().resolve(kind, value, implicit)


def _yaml(text: str) -> YAML:
    """Lists stand as they stand in the text."""
    yaml = YAML()
    yaml.Resolver = _AsWritten
    yaml.preserve_quotes = True
    yaml.width = 10_000
    flat = re.search(r"^( *)\w+:\n\1- ", text, re.MULTILINE)
    yaml.indent(mapping=2, sequence=2 if flat else 4, offset=0 if flat else 2)
    return yaml


def _expect(expect: CommentedMap, one: Done, catalog: Catalog) -> None:
    outcome = one.outcome
    if not expect:
        for entity, made in outcome.records.items():
            if made:
                expect.setdefault("records", CommentedMap())[entity] = CommentedMap()
    records = expect.get("records")
    for entity, wanted in (records if isinstance(records, CommentedMap) else {}).items():
        _records(wanted, {show_key(key): record.fields for key, record in outcome.records[entity].items()})
    if outcome.rejections or expect.get("rejections"):
        _rejections(expect, outcome.rejections)
    if "xml" in expect:
        units = list({id(r.unit): r.unit for made in outcome.records.values() for r in made.values()}.values())
        expect["xml"] = LiteralScalarString(documents(outcome, units, catalog))


def _records(written: CommentedMap, made: Mapping[str, Cells]) -> None:
    """Of a record that is there already, the fields that are looked at."""
    for key in [k for k in written if k not in made]:
        del written[key]
    for key, fields in made.items():
        if key not in written:
            written[_text(key)] = _new_record(fields)
            continue
        for path, old in written[key].items():
            if _read(old) != fields.get(path):
                written[key][path] = _text(fields.get(path), old)


def _rejections(expect: CommentedMap, made: Sequence[Rejection]) -> None:
    """Those that are expected already stay as they are written, with their comments."""
    if not isinstance(expect.get("rejections"), CommentedSeq):
        expect["rejections"] = CommentedSeq()
    written, left = expect["rejections"], list(made)
    for at in reversed(range(len(written))):
        one = written[at]
        found = next((r for r in left if _same(one, r)), None)
        if found is None:
            del written[at]
        else:
            left.remove(found)
            if one["reason"] != found.reason:
                one["reason"] = _text(found.reason, one["reason"])
    for r in left:
        keys = {"row": str(r.origin), "entity": r.entity, "field": r.field, "reason": r.reason}
        written.append(_one_line(CommentedMap({name: _text(text) for name, text in keys.items() if text})))


def _same(written: CommentedMap, got: Rejection) -> bool:
    told = {"row": str(got.origin), "entity": got.entity, "field": got.field}
    return all(written[name] == text for name, text in told.items() if name in written)


def _new_record(fields: Cells) -> CommentedMap:
    return _one_line(CommentedMap({path: _text(text) for path, text in fields.items() if text is not None}))


def _one_line(keys: CommentedMap) -> CommentedMap:
    """In braces, where it is short enough."""
    if sum(len(name) + len(text) + 4 for name, text in keys.items()) < _SHORT:
        keys.fa.set_flow_style()
    return keys


def _read(written: object) -> str | None:
    """A scalar of the file as tests read it."""
    plain = not isinstance(written, ScalarString)
    return None if written is None or (plain and written in ("", "~", "null", "Null", "NULL")) else str(written)


def _text(text: str | None, old: object = "") -> str:
    """Quoted where it would be taken for something else, and as its place was quoted before."""
    if text is None:
        return "null"
    form: type[str] = str
    if isinstance(old, DoubleQuotedScalarString) or _LIKE_A_NUMBER.match(text):
        form = DoubleQuotedScalarString
    elif isinstance(old, SingleQuotedScalarString):
        form = SingleQuotedScalarString
    return form(text)
