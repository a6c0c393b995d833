"""YAML that knows where each of its words stands, and models checked against it with every problem said at once.

Plain scalars are read by YAML 1.2's core rules, as editors read them: only ``true`` and ``false`` are booleans, so
``NO`` is Norway and ``yes`` is a text. Keys are always text, exactly as written.
Aliases work; tags and merge keys do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from erp_sync.errors import ErpSyncError, FixMapping, Place
from erp_sync.mapping.complaints import complaints

M = TypeVar("M", bound=BaseModel)

_NULL = re.compile(r"(|~|null|Null|NULL)\Z")
_BOOLEAN = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CORE_TAGS = {f"tag:yaml.org,2002:{t}" for t in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")}


@dataclass(frozen=True)
class YamlFile:
    """``data`` is plain Python (dict, list, str, int, float, bool, None); ``name`` is how messages call the file."""

    name: str
    data: object
    _root: Node | None
    _lines: tuple[str, ...] = ()

    def place(self, path: Sequence[str | int], key: bool = False) -> Place:
        """Where the value at ``path`` begins, or with ``key`` its key; of the nearest ancestor where it is absent."""
        node, mark = self._root, self._root.start_mark if self._root else None
        for depth, part in enumerate(path):
            found = _child(node, part)
            if found is None:
                break
            key_node, node = found
            mark = (key_node if key and depth == len(path) - 1 and key_node else node).start_mark
        return Place(self.name, mark.line + 1, mark.column + 1) if mark else Place(self.name)

    def place_inside(self, path: Sequence[str | int], at: int) -> Place:
        """The place of a character of the text at ``path``; of the text's beginning where it is folded or escaped."""
        start, text = self.place(path), self.text(path)
        line = self._lines[start.line - 1] if 0 < start.line <= len(self._lines) else ""
        for column in (start.column, start.column + 1):  # plain, or behind a quote
            if text is not None and line[column - 1 :].startswith(text):
                return Place(start.file, start.line, column + at)
        return start

    def text(self, path: Sequence[str | int]) -> str | None:
        """The scalar at ``path`` as it is written, without its quotes; None where there is no scalar."""
        node = self._root
        for part in path:
            found = _child(node, part)
            if found is None:
                return None
            node = found[1]
        return str(node.value) if isinstance(node, ScalarNode) else None


def _child(node: Node | None, part: str | int) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        return next(((k, v) for k, v in node.value if k.value == part), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def shown_name(path: Path) -> str:
    """A file's name in messages: from the working directory when it is below it, else with its folder only."""
    absolute = path.absolute()
    if absolute.is_relative_to(Path.cwd()):
        return absolute.relative_to(Path.cwd()).as_posix()
    return f"{absolute.parent.name}/{absolute.name}"


def read_yaml(path: Path, error: type[ErpSyncError] = FixMapping, *, texts: bool = False) -> YamlFile:
    """Read one YAML file; with ``texts`` every scalar but null is a text, exactly as written.

    Raises ``error`` with all problems that can be told before the content is looked at.
    """
    name = shown_name(path)
    try:
        raw = path.read_bytes()
    except OSError as cause:
        raise error(f"cannot be read: {cause.strerror}", place=Place(str(path))) from cause
    return parse_yaml(_decode(raw, name, error), name, error, texts=texts)


def parse_yaml(text: str, name: str, error: type[ErpSyncError] = FixMapping, *, texts: bool = False) -> YamlFile:
    """As ``read_yaml``, from a text."""
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
    except RecursionError as cause:
        raise error(_TOO_DEEP, place=Place(name)) from cause
    except ReaderError as cause:
        before = text[: cause.position]
        place = Place(name, before.count("\n") + 1, cause.position - (before.rfind("\n") + 1) + 1)
        raise error(f"a character that YAML does not allow, U+{cause.character:04X}", place=place,
                    advice="delete it, or write it as an escape in double quotes") from cause  # fmt: skip
    except MarkedYAMLError as cause:
        raise _syntax(cause, text, name, error) from cause
    problems: list[ErpSyncError] = []
    scalar = _text if texts else _scalar
    data = _Plain(name, error, scalar, problems).of(root, ()) if root is not None else None
    if problems:
        raise_all(problems, error)
    return YamlFile(name, data, root, tuple(text.splitlines()))


def validate(file: YamlFile, model: type[M], error: type[ErpSyncError] = FixMapping) -> M:
    """The file's data as ``model``. Raises ``error`` holding one located message per problem, all at once."""
    try:
        return model.model_validate(file.data)
    except ValidationError as cause:
        problems = [
            error(c.message, advice=c.advice, place=file.place(c.path, c.at_key))
            for c in complaints(cause, model, file.data, file.text)
        ]
        raise_all(problems, error)


def raise_all(problems: Sequence[ErpSyncError], error: type[ErpSyncError]) -> NoReturn:
    """Raise one error that holds all ``problems``, in the order of their places."""
    ordered = sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column) if p.place else ("", 0, 0))
    if issubclass(error, FixMapping):
        raise error(problems=[p for p in ordered if isinstance(p, FixMapping)])
    if len(ordered) == 1:
        raise ordered[0]
    raise error("\n".join(str(p) for p in ordered))


def _decode(raw: bytes, name: str, error: type[ErpSyncError]) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error("the file is in UTF-16", place=Place(name), advice="save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        before = raw[: cause.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        place = Place(name, before.count(b"\n") + 1, column)
        raise error(
            f"not UTF-8: byte 0x{raw[cause.start]:02X}", place=place, advice="save the file as UTF-8"
        ) from cause


_DEEPEST = 80
_TOO_DEEP = f"nested more than {_DEEPEST} deep"
_SYNTAX = (  # what the parser says -> what to do about it
    (r"'\\t'", "a tab", "indent with spaces"),
    (r"mapping values are not allowed", "a second \": \" in one value",
     "put the text in quotes, or begin a new line for the inner key"),
    (r"another document", "a second document (---)", "keep one document per file"),
    (r"undefined alias", None, "define it with & before it is used, or put the text in quotes"),
    (r"cannot start any token", None, "put the text in quotes"),
    (r"expected '?<block end>", "the indentation does not fit what stands above",
     "give keys of the same level the same indentation"),
    (r"end of stream", "a quote or bracket that is never closed", "close it"),
    (r"expected ',' or", "a bracket that is not closed, or a text with brackets in it",
     "close it; put texts that hold { } [ ] or , in quotes"),
)  # fmt: skip


def _syntax(cause: MarkedYAMLError, text: str, name: str, error: type[ErpSyncError]) -> ErpSyncError:
    mark = cause.problem_mark or cause.context_mark
    problem = str(cause.problem or "not YAML")
    message, advice = problem, "see the YAML quick reference in docs/mapping.md"
    for pattern, plain, do in _SYNTAX:
        if re.search(pattern, problem):
            message, advice = plain or problem, do
            break
    if cause.context_mark is not None and not isinstance(cause, ComposerError) and "never closed" in message:
        mark = cause.context_mark
    if mark is None:
        return error(message, place=Place(name), advice=advice)
    lines = text.splitlines()
    line = lines[mark.line].strip() if mark.line < len(lines) else ""
    return error(f"{message}: {line}" if line else message, place=Place(name, mark.line + 1, mark.column + 1),
                 advice=advice)  # fmt: skip


@dataclass(frozen=True)
class _Plain:
    """Nodes as plain Python; what is none of YAML's core becomes a problem."""

    name: str
    error: type[ErpSyncError]
    scalar: Callable[[ScalarNode], object]
    problems: list[ErpSyncError]

    def of(self, node: Node, above: tuple[Node, ...]) -> object:
        if len(above) > _DEEPEST:
            self._wrong(node, _TOO_DEEP, "give a part of it a name with `with`, or make it a fragment")
            return None
        if any(node is a for a in above):
            self._wrong(node, "an alias that contains itself", "write the value out")
            return None
        if str(node.tag) not in _CORE_TAGS:
            self._wrong(node, f"a tag, {node.tag}", "tags are not supported: write the plain value")
            return None
        if isinstance(node, ScalarNode):
            return self.scalar(node)
        below = (*above, node)
        if not isinstance(node, MappingNode):
            return [self.of(item, below) for item in node.value]
        return self._mapping(node, below)

    def _mapping(self, node: MappingNode, above: tuple[Node, ...]) -> dict[str, object]:
        out: dict[str, object] = {}
        first: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._wrong(key, "a key that is no text", 'put texts that begin with { or [ in quotes: "{No_}"')
            elif key.value == "<<" and key.style is None:
                self._wrong(key, "a merge key (<<)", "use a named fragment instead: use: NAME")
            elif key.value in out:
                self._wrong(key, f'"{key.value}" stands twice, first in line {first[key.value]}', "delete one of them")
            else:
                first[key.value] = key.start_mark.line + 1
                out[key.value] = self.of(value, above)
        return out

    def _wrong(self, node: Node, message: str, advice: str) -> None:
        place = Place(self.name, node.start_mark.line + 1, node.start_mark.column + 1)
        self.problems.append(self.error(message, place=place, advice=advice))


def _text(node: ScalarNode) -> str | None:
    text = str(node.value)
    return None if node.style is None and not str(node.tag).endswith(":str") and _NULL.match(text) else text


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    if node.style is not None or str(node.tag).endswith(":str"):
        return text
    if _NULL.match(text):
        return None
    if _BOOLEAN.match(text):
        return text.lower() == "true"
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text
