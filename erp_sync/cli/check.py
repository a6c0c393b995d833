"""erp-sync check: is everything in place for a run?"""

from __future__ import annotations

from collections.abc import Callable

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.errors import ErpSyncError, FixSettings, TryLater
from erp_sync.model.outcome import ReplyKind
from erp_sync.wiring import Project

SHOWN = 6


@click.command()
@project_options
def command(session: Session) -> int:
    """Check the settings, the mappings, the source, the ledger, and the login to Centra.

    Nothing is changed anywhere: Centra is asked for its events and given nothing. All that is wrong is said at once.
    """
    project = session.open()
    worst = 0
    for title, look in LOOKS:
        try:
            click.echo(f"{click.style('ok', fg='green')}      {title:<9} {look(project)}")
        except ErpSyncError as error:
            worst = worst or error.exit_code
            click.echo(f"{click.style('wrong', fg='red')}   {title:<9} {error}")
    return worst


def _settings(project: Project) -> str:
    project.settings.require_all()
    return f"{project.settings.path}: {project.settings.name}"


def _mappings(project: Project) -> str:
    return _some([unit.entity for unit in project.mappings.units])


def _source(project: Project) -> str:
    datasets = [project.source.describe(name) for name in project.source.datasets()]
    if not datasets:
        raise FixSettings("the source has no dataset", advice="look at `sources` in the project file")
    return _some([d.name for d in datasets])


def _some(names: list[str]) -> str:
    different = list(dict.fromkeys(names))
    listed = ", ".join(different[:SHOWN]) + (" …" if len(different) > SHOWN else "")
    return f"{len(different)}: {listed}"


def _ledger(project: Project) -> str:
    reader = project.reader()
    if not reader.id:
        return "none yet; the first run makes it"
    holder = reader.holder()
    held = f", held by {holder.host} (process {holder.pid}) since {holder.taken_at:%Y-%m-%d %H:%M}" if holder else ""
    return f"generation {reader.generation()}{held}"


def _centra(project: Project) -> str:
    reply = project.probe()
    said = "; ".join(reply.messages) or "no reason was given"
    if reply.kind is ReplyKind.APPLIED:
        return f"{project.settings.centra.endpoint} took the login"
    if reply.kind is ReplyKind.REJECTED:
        raise FixSettings(f"Centra refused: {said}", advice="check centra.endpoint, username, password and namespace",
                          place=project.settings.file.place(("centra",), key=True))  # fmt: skip
    raise TryLater(
        f"no answer from {project.settings.centra.endpoint}: {said}", advice="is the address right, and is it up?"
    )


LOOKS: tuple[tuple[str, Callable[[Project], str]], ...] = (
    ("settings", _settings),
    ("mappings", _mappings),
    ("source", _source),
    ("ledger", _ledger),
    ("centra", _centra),
)
