"""What ``erp-sync sandbox serve`` does: a sandbox on a port until it is told to stop."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from erp_sync.errors import FixSettings, TryLater
from erp_sync.sandbox.faults import FaultSchedule, parse_rates
from erp_sync.sandbox.knobs import NAMESPACE, Knobs, Options
from erp_sync.sandbox.sandbox import Sandbox
from erp_sync.sandbox.server import Server, serve


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The command's flags. ``faults`` are texts such as ``drop_after:0.05``, ``knobs`` such as ``delay=0.5``."""

    host: str = "127.0.0.1"
    port: int = 8700
    state: Path | None = None
    keep_bodies: bool = False
    faults: tuple[str, ...] = ()
    seed: int = 0
    knobs: tuple[str, ...] = ()
    username: str = "sandbox"
    password: str = "sandbox"
    namespace: str = NAMESPACE
    wsdl: Path | None = None


def start(options: ServeOptions) -> Server:
    """Build the sandbox and serve it. Raises FixSettings, and TryLater where the port is taken."""
    box = Sandbox(
        Options(
            username=options.username,
            password=options.password,
            namespace=options.namespace,
            state=options.state,
            wsdl=options.wsdl,
            seed=options.seed,
            keep_bodies=options.keep_bodies,
        ),
        _knobs(options),
        schedule=_schedule(options),
    )
    try:
        return serve(box, options.host, options.port)
    except OSError as error:
        box.close()
        raise TryLater(
            f"the sandbox cannot listen on {options.host}:{options.port}: {error.strerror}",
            advice="Name another --port; 0 takes a free one.",
        ) from error


def run(options: ServeOptions, announce: Callable[[str], None] = print) -> None:
    """Serve until SIGINT or SIGTERM, then close everything. ``announce`` is told the addresses once they answer."""
    stopping = threading.Event()
    with _signals(stopping), start(options) as server:
        announce(f"Centra sandbox: {server.url} (Ctrl-C ends it)")
        announce(f"  endpoint: {server.endpoint}")
        announce(f"  login:    CENTRA_USERNAME={options.username} CENTRA_PASSWORD={options.password}")
        while not stopping.wait(0.5):
            pass
        announce("Stopped.")


def _knobs(options: ServeOptions) -> Knobs:
    values: dict[str, object] = {}
    for text in options.knobs:
        name, equals, value = text.partition("=")
        if not equals:
            raise FixSettings(f"{text!r} is no knob", advice="Write NAME=VALUE, as in delay=0.5.")
        values[name] = _value(name, value)
    try:
        return Knobs.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"])
        raise FixSettings(
            f"knob {name}: {problem['msg']}", advice=f"The knobs are {', '.join(Knobs.model_fields)}."
        ) from error


def _value(name: str, text: str) -> object:
    """A list with commas or as JSON; ``null`` for none; pydantic reads the rest."""
    known = Knobs.model_fields.get(name)
    if text == "null":
        return None
    if known is None or not isinstance(known.default, tuple):
        return text
    if not text.startswith("["):
        return tuple(filter(None, text.split(",")))
    try:
        return json.loads(text)
    except ValueError as error:
        raise FixSettings(f"knob {name}: {text} is no JSON list", advice="Write it as A,B.") from error


def _schedule(options: ServeOptions) -> FaultSchedule | None:
    try:
        return parse_rates(options.faults, options.seed)
    except ValueError as error:
        raise FixSettings(str(error)) from error


@contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
