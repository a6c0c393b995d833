"""Runs the console blocks of a Markdown page as one shell session and compares what they print.

    $ command          a line to run; lines that begin with "> " go on with it
    what it prints     stdout, and stderr but for lines of progress
    ...                a line of three dots: any lines; three dots at a line's end: any rest of it

A command has to succeed unless the next one is ``echo $?``. What differs from run to run (times, digests, request
ids) is compared as if it were equal. The port 8700 is replaced by a free one. ``fixtures``
is the checkout's.

``python -m tests.docs.console PAGE --update`` writes what was printed into the page.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
PORT = "8700"
PATIENCE = 120  # seconds for one command
_FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRESS = re.compile(r"^(warning: |\d\d:\d\d:\d\d )")
_VARIES = (  # what differs from run to run, and what a page shows instead
    (re.compile(r"stock until \d{4}-\d\d-\d\d \d\d:\d\d UTC"), "stock until 2026-11-24 04:16 UTC"),
    (re.compile(r"(?<!stock )until \d{4}-\d\d-\d\d \d\d:\d\d UTC"), "until 2026-11-24 15:46 UTC"),
    (re.compile(r"(?<!until )\b\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "2026-11-24 03:46 UTC"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)"), "2026-11-24T03:46:12+00:00"),
    (re.compile(r"^  plan +[0-9a-f]{12}$"), "  plan   5f0c1d2e5f0c"),
    (re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b"), "5f0c1d2e5f0c"),
    (re.compile(r"\b\d+\.\d s\b"), "1.2 s"),
    (re.compile(r"\(process \d+\)"), "(process 4711)"),
)


@dataclass
class Command:
    """One command and the output that the page shows; ``line`` is where it stands, from 1."""

    line: int
    text: str
    shown: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    exit_code: int = 0


def _free_port() -> int:
    """One that no outgoing connection is given meanwhile: those come from 32768 upwards on Linux."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise AssertionError("none of a hundred ports is free")


class Shell:
    """A bash with a folder of its own, in which erp-sync is this checkout's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = str(_free_port())
        bin_folder = Path(sys.executable).parent
        home = folder / ".home"
        home.mkdir()
        (folder / "fixtures").symlink_to(ROOT / "fixtures")
        environment = {
            "PATH": f"{bin_folder}:{os.environ['PATH']}",
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
            "ERP_SYNC_SANDBOX_PORT": self._port,
        }
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=folder, env=environment, start_new_session=True, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip

    def run(self, command: Command) -> None:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._move_port()
        end = f"--{uuid.uuid4().hex}--"
        text = command.text.replace(PORT, self._port)
        self._bash.stdin.write(f"{text}\n__code=$?; printf '%s\\n' \"{end} $__code\"; (exit $__code)\n")
        self._bash.stdin.flush()
        watch = threading.Timer(PATIENCE, self._bash.kill)
        watch.start()
        for line in self._bash.stdout:
            before, found, code = line.rstrip("\n").partition(end)
            if before or not found:
                command.printed.append(before.replace(self._port, PORT))
            if found:
                command.exit_code = int(code)
                break
        else:
            raise AssertionError(f"line {command.line}: {command.text}: the shell ended, or {PATIENCE} s were over")
        watch.cancel()
        command.printed = [line.rstrip() for line in command.printed if not _PROGRESS.match(line)]
        while command.printed and not command.printed[-1]:
            command.printed.pop()

    def close(self) -> None:
        os.killpg(self._bash.pid, signal.SIGTERM)
        try:
            self._bash.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._bash.pid, signal.SIGKILL)
            self._bash.wait()

    def _move_port(self) -> None:
        for path in self._folder.rglob("*.yaml"):  # does not follow links
            text = path.read_text("utf-8")
            if f":{PORT}" in text:
                path.write_text(text.replace(f":{PORT}", f":{self._port}"), "utf-8")


def commands(page: str) -> Iterator[Command]:
    for block in _FENCE.finditer(page):
        command: Command | None = None
        first = page.count("\n", 0, block.start(1)) + 1
        for number, line in enumerate(block.group(1).splitlines(), start=first):
            if line.startswith("$ "):
                if command:
                    yield command
                command = Command(number, line[2:])
            elif command is None:
                raise AssertionError(f"line {number}: a console block begins with a command, $ …")
            elif line.startswith("> ") and not command.shown:
                command.text += f"\n{line[2:]}"
            else:
                command.shown.append(line.rstrip())
        if command:
            yield command


def settled(line: str) -> str:
    """The line with what varies replaced by what pages show."""
    for pattern, instead in _VARIES:
        line = pattern.sub(instead, line)
    return line


def differs(shown: list[str], printed: list[str]) -> bool:
    """Whether the page shows something else than was printed."""
    pattern = "".join(map(_pattern, shown))
    return re.fullmatch(pattern, "".join(f"{settled(line)}\n" for line in printed)) is None


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*"
    begin = line.removesuffix(" ...")
    return re.escape(settled(begin)) + (r"\n" if begin == line else r".*\n")


def run(page: Path) -> list[Command]:
    """All commands of a page, run in order in a new folder."""
    done = list(commands(page.read_text("utf-8")))
    with tempfile.TemporaryDirectory(prefix="erp-sync-docs-") as folder:
        shell = Shell(Path(folder))
        try:
            for command in done:
                shell.run(command)
        finally:
            shell.close()
    return done


def problems(done: list[Command]) -> list[str]:
    """What is not as the page says, one text per command."""
    found = []
    for command, following in zip_longest(done, done[1:]):
        if command.exit_code and not (following and following.text == "echo $?"):
            found.append(
                f"line {command.line}: {command.text}: exit code {command.exit_code}\n" + "\n".join(command.printed)
            )
        elif differs(command.shown, command.printed):
            shown, printed = "\n  ".join(command.shown), "\n  ".join(map(settled, command.printed))
            found.append(f"line {command.line}: {command.text}\n the page shows:\n  {shown}\n it printed:\n  {printed}")
    return found


def updated(page: str, done: list[Command]) -> str:
    """The page with what was printed. Output with three dots in it is somebody's choice, and stays."""
    lines = page.split("\n")
    for command in reversed(done):
        begin = command.line + command.text.count("\n")
        if not any(line.endswith("...") for line in command.shown):
            lines[begin : begin + len(command.shown)] = [settled(line) for line in command.printed]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    failed = False
    for page in (Path(a) for a in arguments if not a.startswith("--")):
        if "--update" in arguments:
            page.write_text(updated(page.read_text("utf-8"), run(page)), "utf-8")
        found = problems(run(page))
        print("\n\n".join(found))
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
