"""What a stage shows, on a terminal and elsewhere, by a clock that stands still until told."""

from __future__ import annotations

from datetime import datetime
from io import StringIO

import click

from erp_sync.ports import Reporter
from erp_sync.report.progress import LineReporter, QuietReporter, TerminalReporter


class Watch:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_plain_lines_begin_go_on_and_end() -> None:
    out, watch = StringIO(), Watch()
    reporter = LineReporter(out, watch, lambda: datetime(2026, 11, 24, 3, 46, 12))
    reporter.stage("reading items", 50_000)
    reporter.advance(10_000)
    watch.at = 16
    reporter.advance(2_000)
    reporter.warn("line 7 is\x1b odd")
    reporter.stage("sending")
    reporter.note("resumed")
    reporter.close()
    assert out.getvalue().splitlines() == [
        "03:46:12 reading items",
        "03:46:12 reading items: 12,000 of 50,000",
        "03:46:12 warning: line 7 is\\x1b odd",
        "03:46:12 reading items: 12,000 of 50,000 in 16.0 s",
        "03:46:12 sending",
        "03:46:12 resumed",
    ]


def test_a_terminal_shows_a_bar_and_leaves_one_line_per_stage() -> None:
    out, watch = StringIO(), Watch()
    reporter = TerminalReporter(out, watch)
    reporter.stage("sending", 200)
    watch.at = 10
    reporter.advance(100)
    reporter.advance(1)
    reporter.note("resumed")
    reporter.close()
    drawn = click.unstyle(out.getvalue()).replace("\x1b[K", "").split("\r")
    assert drawn[1].split() == ["sending", "0", "of", "200"]
    assert drawn[2] == f"sending  {'━' * 12}{' ' * 12}  100 of 200  10 s left"
    assert drawn[3] == "resumed\n"
    assert drawn[-1] == "sending: 101 of 200  10.0 s\n"


def test_a_narrow_terminal_never_sees_a_line_that_wraps() -> None:
    out, watch = StringIO(), Watch()
    reporter = TerminalReporter(out, watch, colour=False, width=lambda: 20)
    reporter.stage("comparing Sales Invoice Line", 10_000)
    watch.at = 10
    reporter.advance(2_000)
    reporter.warn("odd")
    assert [len(part.removesuffix("\n")) for part in out.getvalue().replace("\x1b[K", "").split("\r")][1:] == [
        19,
        19,
        12,
        19,
    ]
    assert "\x1b[3" not in out.getvalue()


def test_quiet_says_warnings_only() -> None:
    out = StringIO()
    reporter: Reporter = QuietReporter(out)
    reporter.stage("reading", 5)
    reporter.advance()
    reporter.note("nothing")
    reporter.warn("odd")
    assert out.getvalue() == "warning: odd\n"
