"""Who writes: a process on a host, and whether it is provably dead."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """``process`` tells this process from a later one with the same pid; "" where the system cannot say."""

    host: str
    pid: int
    process: str = ""


def this_process() -> Holder:
    return Holder(socket.gethostname(), os.getpid(), _identity(os.getpid()) or "")


def provably_dead(holder: Holder) -> bool:
    """Only what this very system, since this very start, can say for sure; of all others, time has to tell.

    Two containers may share a host's name and its ledger: the namespace of process ids must be the same as well.
    """
    here = _scope()
    if not here or holder.host != socket.gethostname() or not holder.process.startswith(f"{here}/"):
        return False
    return _identity(holder.pid) != holder.process


def _scope() -> str:
    """This start of the system, and this namespace of process ids; "" without Linux's /proc."""
    try:
        return f"{_BOOT.read_text().strip()}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _identity(pid: int) -> str | None:
    """Scope and the process's start in the kernel's ticks; None when there is no such process, or it is a zombie."""
    scope = _scope()
    if not scope:
        return None
    try:
        after_name = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] in ("Z", "X") else f"{scope}/{after_name[19]}"
