"""What every command on a project has: which project, how much to say, and where to."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from erp_sync.cli.terminal import draws, wants_colour
from erp_sync.report.progress import LineReporter, QuietReporter, TerminalReporter
from erp_sync.wiring import Project, open_project

F = TypeVar("F", bound=Callable[..., Any])
AnyReporter = TerminalReporter | LineReporter | QuietReporter


@dataclass
class Session:
    """One command's surroundings. Reports go to stdout, everything else to stderr."""

    project: Path
    environment: str | None
    verbosity: int

    @functools.cached_property
    def reporter(self) -> AnyReporter:
        if self.verbosity < 0:
            return QuietReporter(sys.stderr)
        if draws(sys.stderr):
            return TerminalReporter(sys.stderr, colour=wants_colour(sys.stderr))
        return LineReporter(sys.stderr)

    def open(self) -> Project:
        """Raises FixSettings."""
        return open_project(self.project, self.environment, os.environ)

    def title(self, project: Project) -> str:
        """What reports call the project: its name, and the environment where one was chosen."""
        return project.settings.name + (f" ({self.environment})" if self.environment else "")


def project_options(command: F) -> F:
    """Options of all commands that work on a project; the command gets a Session as ``session``."""

    @click.option("--project", type=click.Path(path_type=Path, dir_okay=False), default=Path("erp-sync.yaml"),
                  envvar="ERP_SYNC_PROJECT", show_default=True, show_envvar=True, help="The project file.")  # fmt: skip
    @click.option("--env", "environment", envvar="ERP_SYNC_ENV", show_envvar=True, metavar="NAME",
                  help="The environment of the project file to work in.")  # fmt: skip
    @click.option("--log-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                  help="Add what happens, tracebacks included, to this file.")  # fmt: skip
    @click.option("-v", "--verbose", count=True, help="Say more; twice: everything.")
    @click.option("-q", "--quiet", is_flag=True, help="Say warnings only.")
    @functools.wraps(command)
    def with_session(
        *args: Any,
        project: Path,
        environment: str | None,
        log_file: Path | None,
        verbose: int,
        quiet: bool,
        **kwargs: Any,
    ) -> Any:
        log_to(log_file, verbose)
        session = Session(project, environment, -1 if quiet else verbose)
        try:
            return command(*args, session=session, **kwargs)
        finally:
            session.reporter.close()

    return with_session  # type: ignore[return-value]


def log_to(file: Path | None, verbose: int) -> None:
    """Only our own loggers: zeep's would write whole requests, login included."""
    logger = logging.getLogger("erp_sync")
    logger.setLevel(logging.DEBUG if verbose > 1 else logging.INFO if verbose or file else logging.ERROR)
    if file or verbose:
        handler = logging.FileHandler(file, encoding="utf-8") if file else logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
