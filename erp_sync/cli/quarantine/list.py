"""erp-sync quarantine list."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from erp_sync.cli.options import SHOWN
from erp_sync.cli.quarantine.chosen import filter_options, found
from erp_sync.cli.session import Session, project_options
from erp_sync.report.document import number
from erp_sync.report.entries import of_quarantined
from erp_sync.report.masking import Mask
from erp_sync.report.text import visible


@click.command()
@click.option("--all", "show_all", is_flag=True, help=f"Show all, not the first {5 * SHOWN}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line; all of them.")
@click.option("--show-personal", is_flag=True, help="Show personal data instead of •••.")
@filter_options
@project_options
def command(
    session: Session,
    entity: str | None,
    kind: str | None,
    key: str | None,
    show_all: bool,
    as_json: bool,
    show_personal: bool,
) -> None:
    """Show what waits, and why: what was refused first, and of each kind what waits longest."""
    project = session.open()
    waiting = found(project, entity, kind, key)
    mask = Mask(project.catalog, show_personal)
    entries = [of_quarantined(q, mask) for q in waiting]
    if as_json:
        for entry in entries:
            click.echo(json.dumps(asdict(entry), default=str, ensure_ascii=False))
        return
    if not entries:
        click.echo("Nothing waits.")
    shown = entries if show_all else entries[: 5 * SHOWN]
    for entry in shown:
        click.echo(f"{entry.id}  {entry.word:<8}  {entry.entity} {visible(entry.key)}  {visible(entry.where)}".rstrip())
        click.echo(f"    {visible(entry.reason)}")
    if len(entries) > len(shown):
        click.echo(f"… and {number(len(entries) - len(shown))} more, --all")
