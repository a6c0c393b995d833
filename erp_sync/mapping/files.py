"""The files of a mapping: found, read, their parameters put in, their models checked, what they include at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from erp_sync.errors import FixMapping
from erp_sync.mapping.compiling import Fragment, Report, Scope, Spot
from erp_sync.mapping.complaints import complaints, suggest
from erp_sync.mapping.language import FieldExpression, MappingFile
from erp_sync.mapping.reading import YamlFile, read_yaml

_ATTEMPTS = 8  # some problems only show once others are out of the way
_NAMED_EXPRESSIONS = ("key", "fields", "with", "columns", "on", "fragments")
_PARAMETER = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Group:
    """A set of fields, and where it stands."""

    fields: Mapping[str, FieldExpression]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file. ``scope`` and ``groups`` hold its own and what it includes, its own first."""

    path: Path
    model: MappingFile
    spot: Spot
    scope: Scope
    groups: Mapping[str, Group]
    main: bool  # it lies in the folder, and is not there to be included only


def load_files(folder: Path, parameters: Mapping[str, str], report: Report) -> tuple[list[Loaded], str]:
    """Every file of the folder and what they include, and the digest of all of it. Raises FixMapping for no files."""
    main = _in_folder(folder, report)
    read = _read_all(main, report)
    defaults: dict[str, str] = {}
    for file in read.values():
        given = file.data.get("parameters") if isinstance(file.data, dict) else None
        defaults |= {k: v for k, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}
    known = {**defaults, **parameters}
    models = {path: _model(_with_parameters(file, known, report), report) for path, file in read.items()}
    loaded = []
    for path, file in read.items():
        model = models[path]
        if model is not None:
            loaded.append(_assemble(path, model, read, models, report, path in main))
        _refuse_lost_entity(path, file, model, path in main, report)
    return loaded, _digest(folder, read, known)


def add_code(digest: str, report: Report) -> str:
    """The digest with the Python files of custom transforms."""
    if not report.code:
        return digest
    content = [path.name.encode() + b"\0" + path.read_bytes() for path in sorted(report.code)]
    return "sha256:" + sha256(b"\0".join([digest.encode(), *content])).hexdigest()


def _in_folder(folder: Path, report: Report) -> list[Path]:
    if not folder.is_dir():
        raise FixMapping(f"there is no folder {folder}", advice="correct `mappings` in the project file")
    for path in sorted(folder.glob("*.yml")):
        report.add(YamlFile(path.name, None, None).place(()), "the name ends in .yml", "rename it to .yaml")
    found = [
        p for p in sorted(folder.glob("*.yaml")) if not p.name.startswith("_") and not p.name.endswith(".test.yaml")
    ]
    if not found and not report.problems:
        raise FixMapping(f"{folder} holds no mapping", advice="a mapping is a file named ENTITY.yaml")
    return found


def _read_all(main: list[Path], report: Report) -> dict[Path, YamlFile]:
    read: dict[Path, YamlFile] = {}
    waiting = list(main)
    while waiting:
        path = waiting.pop(0)
        if path in read:
            continue
        try:
            file = read[path] = read_yaml(path)
        except FixMapping as cause:
            report.problems += cause.problems or [cause]
            continue
        for number, other in _includes(file):
            beside = (path.parent / other).resolve()
            target = next((p for p in (*main, *read) if p.resolve() == beside), beside)
            if _is_file(target):
                waiting.append(target)
            else:
                report.add(file.place(("include", number)), f"there is no file {other}",
                           suggest(other, [p.name for p in path.parent.glob("*.yaml")], "files there"))  # fmt: skip
    return read


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that no file can have
        return False


def _includes(file: YamlFile) -> Iterator[tuple[int, str]]:
    listed = file.data.get("include") if isinstance(file.data, dict) else None
    for number, name in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(name, str):
            yield number, name


def _with_parameters(file: YamlFile, known: Mapping[str, str], report: Report) -> YamlFile:
    def put(data: object, path: tuple[str | int, ...]) -> object:
        if isinstance(data, dict):
            return {k: v if path == () and k == "parameters" else put(v, (*path, k)) for k, v in data.items()}
        if isinstance(data, list):
            return [put(v, (*path, n)) for n, v in enumerate(data)]
        if isinstance(data, str) and "${" in data:
            return _PARAMETER.sub(lambda found: one(found, path), data)
        return data

    def one(found: re.Match[str], path: tuple[str | int, ...]) -> str:
        name = found[1]
        if name not in known:
            report.add(file.place_inside(path, found.start()), f'no parameter "{name}"',
                       suggest(name, known, "parameters"))  # fmt: skip
        return known.get(name, "")

    return replace(file, data=put(file.data, ()))


def _model(file: YamlFile, report: Report) -> MappingFile | None:
    """The model, of what is right where not everything is: so that the rest is checked as well."""
    if file.data is None:
        report.add(file.place(()), "the file is empty", "map an entity, or delete it")
        return None
    data, told = file.data, list[tuple[str | int, ...]]()
    for _ in range(_ATTEMPTS):
        try:
            return MappingFile.model_validate(data)
        except ValidationError as cause:
            found = complaints(cause, MappingFile, data, file.text)
        for c in found:
            if not any(path[: len(c.path)] == c.path for path in told):  # else it is about what was taken out
                report.add(file.place(c.path, c.at_key), c.message, c.advice)
        told += [c.path for c in found]
        for path in told[-len(found) :]:
            data = _without(data, path)
    return None


def _without(data: object, path: tuple[str | int, ...]) -> object:
    """The data without what is wrong: an expression becomes a neutral one, so that it is not missed as well."""
    if not path:
        return {}
    for length in range(len(path), 1, -1):
        if path[length - 2] in _NAMED_EXPRESSIONS:
            return _replaced(data, path[:length], {"value": ""})
    return _replaced(data, path, None)


def _replaced(data: object, path: tuple[str | int, ...], new: object) -> object:
    first, rest = path[0], path[1:]
    if isinstance(data, dict) and first in data:
        if not rest and new is None:
            return {k: v for k, v in data.items() if k != first}
        return {**data, first: _replaced(data[first], rest, new) if rest else new}
    if isinstance(data, list) and isinstance(first, int) and first < len(data):
        if not rest and new is None:
            return [v for n, v in enumerate(data) if n != first]
        return [(_replaced(v, rest, new) if rest else new) if n == first else v for n, v in enumerate(data)]
    return data


def _assemble(
    path: Path,
    model: MappingFile,
    read: Mapping[Path, YamlFile],
    models: Mapping[Path, MappingFile | None],
    report: Report,
    main: bool,
) -> Loaded:
    fragments: dict[str, Fragment] = {}
    groups: dict[str, Group] = {}
    for other in _reachable(path, read):
        theirs, spot = models[other], Spot(read[other])
        if theirs is not None:
            for name, fragment in theirs.fragments.items():
                fragments.setdefault(name, Fragment(fragment, spot.down("fragments", name)))
            for name, fields in theirs.field_groups.items():
                groups.setdefault(name, Group(fields, spot.down("field_groups", name)))
    return Loaded(path, model, Spot(read[path]), Scope(report, path.parent, fragments), groups, main)


def _reachable(path: Path, read: Mapping[Path, YamlFile]) -> list[Path]:
    found, waiting = [], [path]
    while waiting:
        now = waiting.pop(0)
        if now in found:
            continue
        found.append(now)
        beside = [(now.parent / other).resolve() for _, other in _includes(read[now])]
        waiting += [p for p in read if p.resolve() in beside]
    return found


def _refuse_lost_entity(path: Path, file: YamlFile, model: MappingFile | None, main: bool, report: Report) -> None:
    if not main and model is not None and model.entity is not None:
        report.add(file.place(("entity",), key=True), "an included file maps an entity",
                   "only files of the mapping's folder do: move the entity to a file of its own there")  # fmt: skip


def _digest(folder: Path, read: Mapping[Path, YamlFile], parameters: Mapping[str, str]) -> str:
    home = folder.resolve()
    content = []
    for path in sorted(read):
        inside = path.resolve()
        name = inside.relative_to(home).as_posix() if inside.is_relative_to(home) else inside.name
        content.append(name.encode() + b"\0" + path.read_bytes())
    content.append(json.dumps(dict(parameters), sort_keys=True).encode())
    return "sha256:" + sha256(b"\0".join(content)).hexdigest()
