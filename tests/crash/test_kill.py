"""kill -9 of a real process at more than fifty moments of its sending, and what the next run makes of it.

Each story loads one small company again and again. While a run sends, it is killed when the sandbox gets a certain
request: before that is applied, after it (the reply is lost), or at some moment after the reply, when the ledger
settles. Where a story's cuts fall is drawn from its seed; how far the process comes after a reply is not, and need not
be: whatever it had done, the next run must be right.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from erp_sync.ledger import open_reader
from erp_sync.sandbox import Options, Response, Sandbox, Server, serve
from erp_sync.settings import shipped

CUTS = 11  # at the most, in one story; five stories
PRODUCTS = 60
ENTITIES = ("size", "product", "variation", "variation_size", "stock", "pricelist", "price")

PROJECT = """\
version: 1
name: small
mappings: mappings
sources:
  erp: {{kind: csv, folder: export, delimiter: ";", encoding: utf-8}}
centra:
  endpoint: {endpoint}
  username: ${{CENTRA_USERNAME}}
  password: ${{CENTRA_PASSWORD}}
  batch: {{documents: 6}}
"""

MAPPINGS = {
    "size": """\
entity: size
from: sizes
key: {sizetable: {value: ONE}, size: Size}
fields: {description: Size}
""",
    "product": """\
entity: product
from: items
key: {product: No}
fields:
  description: Name
  status: {value: active}
parts:
  - entity: variation
    key: {variation: {template: "{No}-R"}}
    fields:
      description: Colour
      status: {value: active}
      sizetable.id: {value: ONE}
    parts:
      - entity: variation_size
        key: {size: {value: M}}
        fields: {ean: Barcode}
""",
    "stock": """\
entity: stock
from: items
key: {product: No, variation: {template: "{No}-R"}, size: {value: M}, warehouse: {value: HQ}}
fields: {qty: Stock}
""",
    "pricelist": """\
entity: pricelist
from: lists
key: {pricelist: Code}
fields: {description: Code, currency: {value: SEK}, type: {value: retail}, store: {value: "1"}}
parts:
  - entity: price
    from: items
    key: {pricelist: {value: WEB}, product: No}
    fields: {price: Price}
""",
}


class Cutter:
    """Stands in front of a sandbox and kills its client at the n-th request that changes something."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._handle = sandbox.handle
        self.countdown, self.phase, self.victim = 0, "", 0
        self.killed = False
        sandbox.handle = self  # type: ignore[method-assign, assignment]

    def aim(self, victim: int, countdown: int, phase: str, grace: float) -> None:
        self.victim, self.countdown, self.phase, self.grace, self.killed = victim, countdown, phase, grace, False

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> Response:
        if not self.victim or b"_Update" not in body[:2000]:
            return self._handle(body, headers)
        self.countdown -= 1
        if self.countdown == 0 and self.phase == "before":
            self._kill()
            return Response(503, {}, b"")  # nobody is there to read it
        response = self._handle(body, headers)
        if self.countdown == 0 and self.phase == "lost reply":
            self._kill()
        if self.countdown == 0 and self.phase == "after":
            threading.Timer(self.grace, self._kill).start()
        return response

    def _kill(self) -> None:
        try:
            os.kill(self.victim, signal.SIGKILL)
            self.killed = True
        except ProcessLookupError:
            pass  # it had come to its end within the grace: then that was no cut


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Sandbox(Options(wsdl=shipped("wsdl") / "centra.wsdl", keep_bodies=True))) as running:
        yield running


def company(folder: Path, endpoint: str) -> None:
    (folder / "export").mkdir(parents=True)
    (folder / "mappings").mkdir()
    (folder / "erp-sync.yaml").write_text(PROJECT.format(endpoint=endpoint), "utf-8")
    for name, text in MAPPINGS.items():
        (folder / "mappings" / f"{name}.yaml").write_text(text, "utf-8")
    (folder / "export" / "sizes.csv").write_text("Size\nS\nM\nL\n", "utf-8")
    (folder / "export" / "lists.csv").write_text("Code\nWEB\n", "utf-8")
    rows = "".join(f"{n:04};Cap {n};Red {n};{7310000000000 + n};{n % 9};{100 + n},50\n" for n in range(PRODUCTS))
    items = "No;Name;Colour;Barcode;Stock;Price\n" + rows.replace(",50", ".50")
    (folder / "export" / "items.csv").write_text(items, "utf-8")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "CENTRA_USERNAME": "sandbox", "CENTRA_PASSWORD": "sandbox"}
    return subprocess.Popen(
        [sys.executable, "-c", "from erp_sync.cli import main; main()", *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def acknowledged(folder: Path) -> set[tuple[str, str]]:
    """Records that the ledger calls settled, as the killed process left it."""
    reader = open_reader(f"sqlite:///{folder / 'ledger.db'}", lambda: datetime.now(UTC))
    return {
        (entity, key)
        for entity in ENTITIES
        for keys, _ in reader.all_fingerprints(entity)
        for key in keys.to_pylist()
    }  # fmt: skip


def sent(sandbox: Sandbox, since: int) -> set[tuple[str, str]]:
    """Records whose fields were sent; a variation's stockid repeats its id wherever it is named."""
    requests = [r for r in list(sandbox.requests)[since:] if r.operation.endswith("_Update")]
    return {(s.entity, "\x1f".join(s.key)) for r in requests for s in sandbox.sent(r) if s.path != "stockid"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_run_that_was_killed_goes_on(tmp_path: Path, server: Server, seed: int) -> None:
    chance = random.Random(seed)
    company(tmp_path, server.endpoint)
    cutter = Cutter(server.sandbox)
    cuts = 0
    while True:
        known = acknowledged(tmp_path)
        before = len(server.sandbox.requests)
        run = start(tmp_path, "sync", "--yes", "-q")
        if cuts < CUTS:
            cutter.aim(run.pid, chance.randint(1, 2), chance.choice(["before", "lost reply", "after"]),
                       chance.random() * 0.03)  # fmt: skip
        else:
            cutter.victim = 0
        said, _ = run.communicate(timeout=120)
        assert "Traceback" not in said
        again = sent(server.sandbox, before) & known
        assert not again, f"sent although it was acknowledged, after {cuts} cuts: {sorted(again)[:3]}"
        if run.returncode != -signal.SIGKILL:
            assert run.returncode == 0, said
            break
        cuts += 1
    assert cuts == CUTS, "every aim must hit, or the story proves less than it says"
    after = start(tmp_path, "plan", "--exit-code", "-q")
    said, _ = after.communicate(timeout=120)
    assert after.returncode == 0, said
    objects = {entity: server.sandbox.objects(entity) for entity in ENTITIES}
    assert {entity: len(found) for entity, found in objects.items()} == {
        "size": 3, "product": PRODUCTS, "variation": PRODUCTS, "variation_size": PRODUCTS, "stock": PRODUCTS,
        "pricelist": 1, "price": PRODUCTS,
    }  # fmt: skip
    for n in range(PRODUCTS):
        number = f"{n:04}"
        assert objects["product"][number,]["description"] == f"Cap {n}"
        assert objects["variation"][number, f"{number}-R"]["description"] == f"Red {n}"
        assert objects["stock"][number, f"{number}-R", "M", "HQ"]["qty"] == str(n % 9)
        assert objects["price"]["WEB", number]["price"] == f"{100 + n}.5"
