"""The program `erp-sync`: its commands, and the way out of it."""

from __future__ import annotations

import gc
import sys

import click

from erp_sync import __version__
from erp_sync.cli import failures
from erp_sync.cli.commands import Commands
from erp_sync.cli.terminal import wants_colour

TABLE = {
    "init": ("erp_sync.cli.init", "Write a project to start from."),
    "check": ("erp_sync.cli.check", "Check settings, mappings, source, ledger and login."),
    "plan": ("erp_sync.cli.plan", "Show what would change in Centra. Nothing is sent."),
    "apply": ("erp_sync.cli.apply", "Apply a plan that was kept and approved."),
    "sync": ("erp_sync.cli.sync", "Plan and apply in one go, for the night."),
    "mapping": ("erp_sync.cli.mapping", "Write, check, try and test the mapping."),
    "status": ("erp_sync.cli.status", "Show the last runs, what Centra has, and what waits."),
    "quarantine": ("erp_sync.cli.quarantine", "Records that could not go out."),
    "ledger": ("erp_sync.cli.ledger", "Check, back up, restore and export the ledger."),
    "source": ("erp_sync.cli.source", "A look at the ERP's data."),
    "schema": ("erp_sync.cli.schema", "Print the JSON Schema of the project file."),
    "sandbox": ("erp_sync.cli.sandbox", "A local Centra to try things on."),
}


@click.group(cls=Commands, table=TABLE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="erp-sync", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> None:
    """Keeps a Centra shop in step with a company's ERP: plan, approve, apply.

    Exit codes: 0 done, or nothing to do; 1 failed; 2 wrong usage or settings; 3 the plan has changes (with
    --exit-code); 4 refused; 5 partly applied.
    """
    context.color = None if wants_colour(sys.stdout) else False


def main() -> None:
    """The console script."""
    # What lives long here are frozen values without cycles, by the million in a first load: looking through them again
    # and again for garbage cost a third of its time.
    gc.set_threshold(100_000, 20, 20)
    sys.exit(failures.run(lambda: program.main(prog_name="erp-sync", standalone_mode=False)))
