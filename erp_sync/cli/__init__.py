"""The command line: flags -> one call of the wiring -> a report and an exit code. One file per command."""

from erp_sync.cli.program import main

__all__ = ["main"]
