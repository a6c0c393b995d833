"""How to send: sizes, patience, and how many requests at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SendOptions:
    """Centra publishes no limits (soap.md, "Two response shapes"): careful defaults, all of them settings.

    ``records``: the most steps in one document; a longer one (a pricelist) goes out in pieces, one after the other.
    ``attempts``: sends of one request in all. ``longest_wait``: seconds; when Centra asks for more, the run ends.
    ``circuit``: failed sends in a row, over all requests, after which Centra counts as down.
    ``hopeless``: records refused in a row with the same words, none accepted, after which an operation is given up.
    """

    documents: int = 200
    bytes: int = 1_000_000
    records: int = 2_000
    attempts: int = 4
    first_wait: float = 2.0
    longest_wait: float = 120.0
    circuit: int = 6
    hopeless: int = 12
    concurrency: int = 1
