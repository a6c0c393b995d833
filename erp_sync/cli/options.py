"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from erp_sync.cli.terminal import wants_colour
from erp_sync.report import FORMS, write_report
from erp_sync.report.document import Document

F = TypeVar("F", bound=Callable[..., Any])

SHOWN = 10


def report_options(command: F) -> F:
    """How the report on stdout looks: ``form``, ``show_all``, ``show_personal``."""
    for option in (
        click.option("--show-personal", is_flag=True, help="Show personal data instead of •••."),
        click.option("--all", "show_all", is_flag=True, help=f"Show everything, not {SHOWN} of each kind."),
        click.option("--json", "form", flag_value="json", help="The same as --format json: one JSON value per line."),
        click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True,
                     help="The report's form."),
    ):  # fmt: skip
        command = option(command)
    return command


def override_option(command: F) -> F:
    return click.option("--override", "overrides", multiple=True, metavar="GUARD@DIGEST",
                        help="Let one guard's breach pass in this very plan, as its advice says.")(command)  # fmt: skip


def full_option(command: F) -> F:
    return click.option("--full", is_flag=True, help="Read every dataset whole, whatever its watermark.")(command)


def limit(form: str, show_all: bool) -> int | None:
    """JSON is for programs, and leaves nothing out."""
    return None if show_all or form == "json" else SHOWN


def show(document: Document, form: str) -> None:
    """The report on stdout, coloured where somebody is looking."""
    write_report(document, form, sys.stdout, colour=form == "text" and wants_colour(sys.stdout))
