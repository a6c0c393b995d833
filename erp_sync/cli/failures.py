"""Every way a command can fail -> words on stderr and an exit code. No traceback reaches a user."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType

import click

from erp_sync.errors import ErpSyncError

INTERRUPTED = 130
TERMINATED = 143
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_log = logging.getLogger(__name__)


class Terminated(KeyboardInterrupt):
    """Somebody asked the process to end (SIGTERM): the same way out as Ctrl-C."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def run(program: Callable[[], object]) -> int:
    """Call ``program``; its exit code, with what went wrong said on stderr."""
    logging.getLogger("erp_sync").addHandler(logging.NullHandler())
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        code = program()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return 2
    except (click.Abort, KeyboardInterrupt) as stopped:
        click.echo("Stopped. What was acknowledged is in the ledger; the next run goes on from there.", err=True)
        return (
            TERMINATED if isinstance(stopped, Terminated) or isinstance(stopped.__cause__, Terminated) else INTERRUPTED
        )
    except ErpSyncError as error:
        _log.error("%s", error, exc_info=True)
        click.echo(said(error), err=True)
        return error.exit_code
    except BrokenPipeError:
        # whoever read our output (a pager, head) has gone; Python would complain once more at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        _log.error("%s", error, exc_info=True)
        name = f"{error.filename}: " if error.filename else ""
        click.echo(f"erp-sync: {name}{error.strerror or error}", err=True)
        if error.errno in _NO_ROOM:
            click.echo("  Free some space and run again: what Centra acknowledged is in the ledger.", err=True)
        return 1
    except Exception as error:  # noqa: BLE001  the outermost frame: a traceback belongs into a log, not on a screen
        click.echo(
            f"erp-sync: a fault in erp-sync itself: {type(error).__name__}; details are in {_logged()}", err=True
        )
        return 1
    return code if isinstance(code, int) else 0


def said(error: ErpSyncError) -> str:
    return f"erp-sync: {error}"


def _logged() -> Path:
    """Where the traceback of the exception being handled was written: the log file in use, or a new one."""
    files = [h for h in logging.getLogger("erp_sync").handlers if isinstance(h, logging.FileHandler)]
    if not files:
        handle, name = tempfile.mkstemp(prefix=f"erp-sync-{datetime.now():%Y%m%d-%H%M%S}-", suffix=".log")
        os.close(handle)
        files = [logging.FileHandler(name, encoding="utf-8")]
        logging.getLogger("erp_sync").addHandler(files[0])
    _log.critical("unexpected", exc_info=True)
    return Path(files[0].baseFilename)
