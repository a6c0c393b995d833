"""erp-sync sandbox serve: a local Centra over HTTP."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from erp_sync.errors import TryLater
from erp_sync.sandbox import NAMESPACE, Knobs, Options, Sandbox, serve
from erp_sync.settings import shipped


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True,
              envvar="ERP_SYNC_SANDBOX_PORT", show_envvar=True, help="0 takes a free one.")  # fmt: skip
@click.option("--username", default="sandbox", show_default=True, help="The login that it takes.")
@click.option("--password", default="sandbox", show_default=True, help="The password that it takes.")
@click.option("--namespace", default=NAMESPACE, show_default=True, help="XML namespace; older Centras have another.")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Keep what it was sent in this SQLite file; otherwise it is forgotten.")  # fmt: skip
@click.option("--knob", "knobs", multiple=True, metavar="NAME=VALUE",
              help="How it behaves, as shape=reference or delay=0.5; --knobs lists all.")  # fmt: skip
@click.option("--knobs", "list_knobs", is_flag=True, help="List the knobs and leave.")
@click.option("--keep-bodies", is_flag=True, help="Show each request's XML at its page, /log/NUMBER.")
@click.option("--seed", type=int, default=0, help="Makes everything random repeatable.")
def command(
    host: str,
    port: int,
    username: str,
    password: str,
    namespace: str,
    state: Path | None,
    knobs: tuple[str, ...],
    list_knobs: bool,
    keep_bodies: bool,
    seed: int,
) -> None:
    """Run a local Centra until Ctrl-C.

    It speaks the same SOAP, keeps the same rules, and shows what it was sent at its own pages.
    """
    if list_knobs:
        for name, knob in Knobs.model_fields.items():
            click.echo(f"{name}={json.dumps(knob.default)}  {knob.description}")
        return
    options = Options(username, password, namespace, state, shipped("wsdl") / "centra.wsdl", seed, keep_bodies)
    sandbox = Sandbox(options, _knobs(knobs))
    try:
        server = serve(sandbox, host, port)
    except OSError as error:
        raise TryLater(f"cannot listen at {host}:{port}: {error.strerror}", advice="take another --port") from error
    with server:
        click.echo(f"Centra sandbox: {server.url} (Ctrl-C ends it)")
        click.echo(f"  endpoint: {server.endpoint}")
        click.echo(f"  login:    CENTRA_USERNAME={username} CENTRA_PASSWORD={password}")
        with suppress(KeyboardInterrupt):  # the way in which it is meant to end
            threading.Event().wait()


def _knobs(given: tuple[str, ...]) -> Knobs:
    values: dict[str, Any] = {}
    for knob in given:
        name, equals, value = knob.partition("=")
        if not equals:
            raise click.BadParameter(f"{knob!r} is not of the form NAME=VALUE", param_hint="--knob")
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    try:
        return Knobs.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
        raise click.BadParameter(f"{wrong}. --knobs lists all.", param_hint="--knob") from error
