"""erp-sync sandbox serve: a local Centra over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import click

from erp_sync.sandbox import NAMESPACE, Knobs
from erp_sync.sandbox.faults import MEANINGS
from erp_sync.sandbox.serving import ServeOptions, run
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
              help="How it behaves, as shape=reference or reject_ids=P1,P2. Repeatable.")  # fmt: skip
@click.option("--knobs", "list_knobs", is_flag=True, help="List the knobs and leave.")
@click.option("--fault", "faults", multiple=True, metavar="KIND:RATE",
              help="What goes wrong by chance, as drop_after:0.05. Repeatable.")  # fmt: skip
@click.option("--faults", "list_faults", is_flag=True, help="List the kinds of faults and leave.")
@click.option("--keep-bodies", is_flag=True, help="Show each request's XML at its page, /log/NUMBER.")
@click.option("--seed", type=int, default=0, help="Makes everything random repeatable, faults too.")
def command(
    host: str,
    port: int,
    username: str,
    password: str,
    namespace: str,
    state: Path | None,
    knobs: tuple[str, ...],
    list_knobs: bool,
    faults: tuple[str, ...],
    list_faults: bool,
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
    if list_faults:
        for kind, meaning in MEANINGS.items():
            click.echo(f"{kind}  {meaning}")
        return
    wsdl = shipped("wsdl") / "centra.wsdl"
    options = ServeOptions(
        host, port, state, keep_bodies, faults, seed, knobs, username, password, namespace, wsdl
    )  # fmt: skip
    run(options, click.echo)
