"""How far a command is, for people: a line that moves on a terminal, plain lines with the time elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

import click

from erp_sync.report.document import number
from erp_sync.report.text import visible

_BAR = 24


class _Stages:
    """Counts within a stage; what is shown, and how often, is for those below."""

    every = 0.0  # seconds between two signs of progress

    def __init__(self, out: TextIO, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._out, self._monotonic = out, monotonic
        self._title = ""
        self._total: int | None = None
        self._count = 0
        self._began = self._shown = 0.0

    def stage(self, title: str, total: int | None = None) -> None:
        self.close()
        self._title, self._total, self._count = title, total, 0
        self._began = self._shown = self._monotonic()
        self._begin()

    def advance(self, count: int = 1) -> None:
        self._count += count
        now = self._monotonic()
        if now - self._shown >= self.every:
            self._shown = now
            self._show()

    def close(self) -> None:
        """The last stage is over."""
        if self._title:
            self._end()
        self._title = ""

    def _begin(self) -> None: ...

    def _show(self) -> None: ...

    def _end(self) -> None: ...

    def _figures(self) -> str:
        if self._total:
            return f"{number(self._count)} of {number(self._total)}"
        return number(self._count) if self._count else ""

    def _seconds(self) -> float:
        return self._monotonic() - self._began

    def _line(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()


class TerminalReporter(_Stages):
    """One line that is drawn over and over, and a finished stage on a line of its own."""

    every = 0.1

    def __init__(
        self,
        out: TextIO,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        colour: bool = True,
        width: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        super().__init__(out, monotonic)
        self._colour, self._width = colour, width

    def note(self, message: str) -> None:
        self._above(visible(message))

    def warn(self, message: str) -> None:
        text = f"warning: {visible(message)}"
        self._above(click.style(text, fg="yellow") if self._colour else text)

    def _begin(self) -> None:
        self._show()

    def _show(self) -> None:
        bar = rest = ""
        if self._total:
            done = min(self._count / self._total, 1.0)
            filled = int(done * _BAR)
            bar = f"  {'━' * filled}{' ' * (_BAR - filled)}"
            if 0 < done < 1 and self._seconds() > 3:
                rest = f"  {self._seconds() * (1 - done) / done:.0f} s left"
        # a line that wraps could not be drawn over
        line = f"{self._title}{bar}  {self._figures()}{rest}"[: max(self._width() - 1, 1)]
        self._out.write(f"\r\x1b[K{line}")
        self._out.flush()

    def _end(self) -> None:
        figures = self._figures()
        self._line(f"\r\x1b[K{self._title}" + (f": {figures}" if figures else "") + f"  {self._seconds():.1f} s")

    def _above(self, line: str) -> None:
        self._line(f"\r\x1b[K{line}")
        if self._title:
            self._show()


class LineReporter(_Stages):
    """A line for each stage, now and then one more, and one at its end where it took long: for a nightly job's log."""

    every = 15.0
    long = 1.0

    def __init__(
        self,
        out: TextIO,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        super().__init__(out, monotonic)
        self._now = now

    def note(self, message: str) -> None:
        self._timed(visible(message))

    def warn(self, message: str) -> None:
        self._timed(f"warning: {visible(message)}")

    def _begin(self) -> None:
        self._timed(self._title)

    def _show(self) -> None:
        self._timed(f"{self._title}: {self._figures()}")

    def _end(self) -> None:
        if (figures := self._figures()) and self._seconds() >= self.long:
            self._timed(f"{self._title}: {figures} in {self._seconds():.1f} s")

    def _timed(self, text: str) -> None:
        self._line(f"{self._now():%H:%M:%S} {text}")


class QuietReporter:
    """Warnings only."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def stage(self, title: str, total: int | None = None) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def warn(self, message: str) -> None:
        self._out.write(f"warning: {visible(message)}\n")

    def close(self) -> None: ...
