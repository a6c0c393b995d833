"""Stops 6 to 8: a plan's steps are sent, and the ledger is told what came of each."""

from erp_sync.apply.options import SendOptions
from erp_sync.apply.run import apply_steps
from erp_sync.apply.summary import Summary

__all__ = ["SendOptions", "Summary", "apply_steps"]
