"""Centra as a target: catalog, encoder, client, replies, events. Everything assumed is in ``assumed``."""

from erp_sync.centra.target import CentraOptions, CentraTarget

__all__ = ["CentraOptions", "CentraTarget"]
