"""``${NAME}`` and ``${file:path}`` in a project file: the only ways for a secret to get in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from erp_sync.errors import FixSettings, Place

_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SECRET_KEY = re.compile(r"password|passwd|secret|token|api_?key", re.IGNORECASE)
_SECRET_IN_URL = re.compile(r"://[^/@\s:]*:(?!\$\{)[^/@\s]+@")

YamlPath = tuple[str | int, ...]


class Filled(str):
    """A text that variables were put into. Printed by accident it shows the variables, not what they hold."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, text: str, written: str) -> Filled:
        self = super().__new__(cls, text)
        self.written = written
        return self

    def __repr__(self) -> str:
        return repr(self.written)


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable that nobody has set, and the path of the value that wants it."""

    path: YamlPath
    what: str


def fill(data: object, environment: Mapping[str, str], folder: Path) -> tuple[object, list[Unset]]:
    """All variables put in; those that are not set stay as they are written and are listed.

    A file's last line end is dropped; a relative path starts in ``folder``. ``$${`` stands for ``${``.
    """
    unset: list[Unset] = []

    def value(found: re.Match[str], path: YamlPath) -> str:
        name = found.group(1)
        if name is None:
            return "${"
        if name.startswith("file:"):
            try:
                return (folder / name.removeprefix("file:").strip()).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as cause:
                why = cause.strerror if isinstance(cause, OSError) else "not UTF-8"
                unset.append(Unset(path, f"the file of {found.group()} cannot be read: {why}"))
        elif not _NAME.match(name):
            unset.append(Unset(path, f'"{found.group()}" is no variable: write ${{NAME}} or ${{file:path}}'))
        elif environment.get(name):
            return environment[name]
        else:
            unset.append(Unset(path, f"the environment variable {name} is not set, and this line wants it"))
        return found.group()

    def walk(node: object, path: YamlPath) -> object:
        if isinstance(node, dict):
            return {key: walk(below, (*path, key)) for key, below in node.items()}
        if isinstance(node, list):
            return [walk(below, (*path, number)) for number, below in enumerate(node)]
        if isinstance(node, str) and "${" in node:
            return Filled(_VARIABLE.sub(lambda found: value(found, path), node), node)
        return node

    return walk(data, ()), unset


def written_secrets(data: object, place: Callable[[YamlPath], Place]) -> Iterator[FixSettings]:
    """One error per secret that stands in the project file itself, where whoever sees the file sees it."""
    for path, text in _texts(data, ()):
        if _SECRET_KEY.search(str(path[-1])) and text and "${" not in text:
            yield FixSettings(f'"{path[-1]}" is written into the project file', place=place(path),
                              advice="take it from the environment, ${NAME}, or from a file, ${file:path}")  # fmt: skip
        elif _SECRET_IN_URL.search(text):
            yield FixSettings(f'"{path[-1]}" holds a password', place=place(path),
                              advice="take it from the environment: scheme://user:${PASSWORD}@host/…")  # fmt: skip


def _texts(node: object, path: YamlPath) -> Iterator[tuple[YamlPath, str]]:
    if isinstance(node, dict):
        for key, below in node.items():
            yield from _texts(below, (*path, key))
    elif isinstance(node, list):
        for number, below in enumerate(node):
            yield from _texts(below, (*path, number))
    elif isinstance(node, str) and path:
        yield path, node
