"""The parts of the documentation that are written from the code: each between two marks in its page.

``python -m tests.docs.generate`` writes them anew; a test holds the pages against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from erp_sync.cli import schemas
from erp_sync.cli.commands import Commands
from erp_sync.cli.program import program
from tests.docs.console import ROOT
from tests.docs.entities import entity_reference

BEGIN, END = "<!-- written from the code: make docs -->", "<!-- until here -->"


def command_reference() -> str:
    """Every command's help, as the program prints it at a width of 100."""
    return "\n".join(_commands(program, "erp-sync", None))


def _commands(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    names = {} if parent else {"help_option_names": ["-h", "--help"]}
    context = click.Context(command, parent, name, terminal_width=100, max_content_width=100, **names)
    path = context.command_path
    yield f"{'##' if parent is None else '###'} {path}\n"
    yield f"```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, Commands):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from _commands(found, below, context)


def project_reference() -> str:
    """A table per section of the project file: key, what it takes, default, what it means."""
    schema = json.loads(schemas.of_project())
    names = {id(section): name for name, section in schema["$defs"].items()}
    titles: dict[int, str] = {id(schema): "Top level"}
    sections = [schema]
    for path, section in _sections(schema, schema, ""):
        if id(section) in titles:  # in several places: by a name of its own
            titles[id(section)] = names[id(section)]
        else:
            titles[id(section)] = path
            sections.append(section)
    parts = []
    for section in sections:
        text = section.get("description", "").split("\n")[0].replace("``", "`")
        parts.append(f"## {titles[id(section)]}\n\n{text}\n\n{_table(section, schema, titles)}")
    return "\n\n".join(parts) + "\n"


def _sections(section: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path -> section, in the order in which they stand in a project file."""
    for name, key in section["properties"].items():
        found = _section(key, schema)
        if found is not None:
            below = f"{path}.{name}".lstrip(".") + (".NAME" if key.get("type") == "object" else "")
            yield below, found
            yield from _sections(found, schema, below)
            for kind in found.get("allOf", ()):
                options = schema["$defs"][kind["then"]["$ref"].rpartition("/")[2]]
                kind_path = f"{below}, kind {options['properties']['kind']['const']}"
                yield kind_path, options
                yield from _sections(options, schema, kind_path)


def _section(key: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any] | None:
    for place in (key, key.get("additionalProperties"), *key.get("anyOf", ())):
        if isinstance(place, dict) and "$ref" in place:
            section: dict[str, Any] = schema["$defs"][place["$ref"].rpartition("/")[2]]
            return section if "properties" in section else None
    return None


def _table(section: dict[str, Any], schema: dict[str, Any], titles: dict[int, str]) -> str:
    rows = ["| key | takes | default | meaning |", "|---|---|---|---|"]
    for name, key in section["properties"].items():
        below = _section(key, schema)
        title = titles[id(below)] if below else ""
        takes = (
            f"[{title}](#{title.lower().replace('.', '').replace(',', '').replace(' ', '-')})" if below else _takes(key)
        )
        default = "required" if name in section.get("required", ()) else _default(key)
        meaning = key.get("description", "").replace("|", r"\|")
        rows.append(f"| `{name}` | {takes} | {default} | {meaning} |")
    return "\n".join(rows)


def _default(key: dict[str, Any]) -> str:
    default = key.get("default")
    if isinstance(default, dict):
        default = {name: value for name, value in default.items() if value is not None}
    return "" if default in (None, {}, "**********") else f"`{json.dumps(default, ensure_ascii=False)}`"


def _takes(key: dict[str, Any]) -> str:
    if "anyOf" in key:
        return " or ".join(dict.fromkeys(t for k in key["anyOf"] if (t := _takes(k)) != "null" and "pattern" not in k))
    if "const" in key:
        return f"`{key['const']}`"
    if key.get("type") == "object":
        below = key.get("additionalProperties")
        return (
            f"by name: {_takes(below)}" if isinstance(below, dict) and ("$ref" in below or "type" in below) else "keys"
        )
    if key.get("type") == "array":
        return f"list of {_takes(key['items'])}"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}.get(
        key.get("type", ""), str(key.get("type", "anything"))
    )


PAGES: dict[Path, Callable[[], str]] = {
    Path("docs/cli.md"): command_reference,
    Path("docs/entities.md"): entity_reference,
    Path("docs/project-file.md"): project_reference,
}


def written(page: str, text: str) -> str:
    """The page with ``text`` between its marks."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    assert pattern.search(page), f"the page has no {BEGIN}"
    return pattern.sub(lambda _: f"{BEGIN}\n\n{text}\n{END}", page)


def main() -> None:
    for path, make in PAGES.items():
        page = (ROOT / path).read_text("utf-8")
        (ROOT / path).write_text(written(page, make()), "utf-8")


if __name__ == "__main__":
    main()
