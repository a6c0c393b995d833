"""pydantic's errors in the words of someone who writes YAML: what is wrong, what was expected, what was meant."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """``path`` leads to the value in the data, or to its key with ``at_key``."""

    path: _Path
    at_key: bool
    message: str
    advice: str = ""


_EXPECTED = {  # pydantic's error type -> what stands there when it is right
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "dataclass_type": "keys with values",
    "mapping_type": "keys with values",
    "none_required": "nothing",
    "is_instance_of": "another kind of value",
    "path_type": "a path",
}
_SECRET = "a secret (not shown)"
_ABSENT = object()
_YES_NO = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name that was probably meant, or the empty text. Case is forgiven first."""
    names = list(known)
    folded = {n.casefold(): n for n in reversed(names)}
    if word.casefold() in folded:
        return folded[word.casefold()]
    longer = [n for n in names if n.startswith(f"{word}.")]
    if longer:
        return longer[0]
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else ""


def suggest(word: str, known: Iterable[str], called: str = "known here", most: int = 20) -> str:
    """Advice about an unknown name: the nearest that exists, or else the ones that do."""
    names = list(known)
    meant = nearest(word, names)
    if meant:
        return f'did you mean "{meant}"?'
    listed = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    return f"{called}: {listed}" if names else f"{called}: none"


def complaints(
    cause: ValidationError, model: type[BaseModel], data: object, text: Callable[[_Path], str | None]
) -> list[Complaint]:
    """One complaint per wrong place. ``text`` gives a scalar as it is written (``00123``, which the data lost)."""
    by_path: dict[_Path, list[ErrorDetails]] = {}
    for detail in cause.errors(include_url=False):
        by_path.setdefault(_in_data(detail, data), []).append(detail)
    out = []
    for path, details in by_path.items():
        mismatches = [d for d in details if d["type"] in _EXPECTED]
        others = [d for d in details if d["type"] not in _EXPECTED]
        # of a choice between forms, the form that was begun is the one to complain about
        if all(d["type"] == "literal_error" for d in others) and any(
            p[: len(path)] == path and len(p) > len(path) for p in by_path
        ):
            continue
        shown = others[:1] or mismatches
        known, called = _candidates(model, tuple(shown[0]["loc"][:-1]))
        out.append(_complaint(path, shown, known, called, _shown(data, path, model, text)))
    return out


def _in_data(detail: ErrorDetails, data: object) -> _Path:
    """pydantic's location without the names of union branches, which are not in the YAML."""
    path: list[str | int] = []
    for number, part in enumerate(detail["loc"], start=1):
        found = _child(data, part)
        if found is not _ABSENT or (detail["type"] == "missing" and number == len(detail["loc"])):
            path.append(part)
            data = found
    return tuple(path)


def _child(data: object, part: str | int) -> object:
    if isinstance(data, dict) and part in data:
        return data[part]
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return _ABSENT


def _complaint(path: _Path, details: list[ErrorDetails], known: list[str], called: str, shown: str) -> Complaint:
    first = details[0]
    kind, context = first["type"], first.get("ctx", {})
    name = str(first["loc"][-1]) if first["loc"] else ""
    if kind == "missing":
        return Complaint(path[:-1], False, f'"{name}" is missing')
    if kind == "extra_forbidden":
        return Complaint(path, True, f'unknown {called} "{name}"', suggest(name, known, f"{called}s here"))
    if kind in ("literal_error", "enum"):
        words = [w.strip(" '") for w in str(context["expected"]).replace(" or ", ", ").split(", ")]
        longer = "".join(f", {{{key}: ...}}" for key in known) if name.startswith("literal[") else ""
        return Complaint(path, False, f"{_called(path)}: expected one of {', '.join(words)}{longer}, got {shown}",
                         _did_you_mean(str(first["input"]), words))  # fmt: skip
    if kind in _EXPECTED:
        wanted = list(dict.fromkeys(_EXPECTED[d["type"]] for d in details))
        return Complaint(path, False, f"{_called(path)}: expected {' or '.join(wanted)}, got {shown}",
                         _quoting(first["input"], wanted, shown))  # fmt: skip
    if kind == "string_too_short":
        return Complaint(path, False, f"{_called(path)}: expected a text, got an empty one")
    if kind in ("value_error", "assertion_error"):
        message, _, advice = str(context["error"]).partition("\n")
        return Complaint(path, False, message, advice.strip())
    said = first["msg"].removeprefix("Input should ").removeprefix("Value error, ")
    return Complaint(path, False, f"{_called(path)}: should {said}, got {shown}" if said != first["msg"] else said)


def _called(path: _Path) -> str:
    if not path:
        return "the file"
    return f"item {path[-1] + 1}" if isinstance(path[-1], int) else f'"{path[-1]}"'


def _did_you_mean(word: str, words: list[str]) -> str:
    meant = nearest(word, words)
    return f'did you mean "{meant}"?' if meant else ""


def _quoting(value: object, wanted: list[str], shown: str) -> str:
    if "true or false" in wanted and isinstance(value, str) and value.lower() in _YES_NO:
        return f"write {_YES_NO[value.lower()]}"
    if "text" in wanted and isinstance(value, bool | int | float):
        return f'put it in quotes: "{shown.split()[-1]}"' if shown != _SECRET else "put it in quotes"
    if "text" in wanted and isinstance(value, dict) and value and not any(value.values()):
        return f'put a text that begins with a brace in quotes: "{{{", ".join(value)}}}"'
    if "a list" in wanted and isinstance(value, str):
        return f"write [{value}]"
    if "keys with values" in wanted and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return f"write {{{', '.join(f'{v}: ...' for v in value)}}}"
    if "a whole number" in wanted and isinstance(value, str) and value.strip().isdigit():
        return f"take the quotes away: {value.strip()}"
    return ""


def _shown(data: object, path: _Path, model: type[BaseModel], text: Callable[[_Path], str | None]) -> str:
    """The offending text as it is written, unless the model calls it a secret."""
    if any(_holds_secret(a) for a in _annotations(model, path)):
        return _SECRET
    for part in path:
        data = _child(data, part)
    if data is None or data is _ABSENT:
        return "nothing"
    if isinstance(data, dict):
        return "keys with values"
    if isinstance(data, list):
        return "a list"
    written = text(path) or str(data)
    if isinstance(data, str):
        return f'"{written[:80]}"'
    return f"{'true/false' if isinstance(data, bool) else 'number'} {written}"


def _holds_secret(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, SecretStr)


def _candidates(model: type[BaseModel], loc: _Path) -> tuple[list[str], str]:
    """The keys that may stand below ``loc``, and what they are called there."""
    names: list[str] = []
    called = "key"
    for annotation in _annotations(model, loc):
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names += [f.alias or n for n, f in annotation.model_fields.items() if not f.exclude]
            called = getattr(annotation, "called", called)
    return list(dict.fromkeys(names)), called


def _annotations(model: type[BaseModel], path: _Path) -> list[Any]:
    """What the model allows at ``path``: several where it is a union."""
    here: list[Any] = [model]
    for part in path:
        inside = [leaf for annotation in here for below in _below(annotation, part) for leaf in _alternatives(below)]
        here = inside or here  # nothing inside: the part named a branch of a union
    return here


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [leaf for branch in get_args(annotation) for leaf in _alternatives(branch)]
    return [annotation]


def _below(annotation: Any, part: str | int) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [f.annotation for n, f in annotation.model_fields.items() if part in (n, f.alias)]
    arguments = get_args(annotation)
    if not arguments:
        return []
    return [arguments[0] if isinstance(part, int) else arguments[-1]]
