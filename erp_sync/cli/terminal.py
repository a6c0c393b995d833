"""What the terminal can show, and what its user wants to see (https://no-color.org)."""

from __future__ import annotations

import os
from typing import TextIO


def wants_colour(out: TextIO) -> bool:
    return draws(out) and not os.environ.get("NO_COLOR")


def draws(out: TextIO) -> bool:
    """Somebody is looking, at something that can draw a line over."""
    return out.isatty() and os.environ.get("TERM") != "dumb"
