"""What is written from the code is current."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from erp_sync.cli.commands import Commands
from erp_sync.cli.program import program
from tests.docs.console import ROOT
from tests.docs.generate import PAGES, written


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_is_current(path: Path) -> None:
    page = (ROOT / path).read_text("utf-8")
    assert page == written(page, PAGES[path]()), "make docs writes it anew"


def groups(group: Commands, path: str) -> list[tuple[str, Commands]]:
    below = [(f"{path} {n}", group.get_command(click.Context(group), n)) for n in group.table]
    return [(path, group)] + [found for name, c in below if isinstance(c, Commands) for found in groups(c, name)]


def test_every_command_explains_itself_and_its_options() -> None:
    silent = []
    for path, group in groups(program, "erp-sync"):
        for name in group.table:
            command = group.get_command(click.Context(group), name)
            assert command is not None
            silent += [f"{path} {name}"] * (not command.help)
            silent += [
                f"{path} {name} {option.name}"
                for option in command.params
                if isinstance(option, click.Option) and not option.help
            ]
    assert silent == []
