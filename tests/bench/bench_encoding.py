"""Products encoded a second: the text encoder and zeep's own objects, on batches of 1,000 products of 3 variations
of 6 sizes, by turns. Prints the medians of CPU time; that the XML is equal is checked first.

Usage: python tests/bench/bench_encoding.py [products]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

import zeep.transports
from lxml import etree
from zeep.wsdl.utils import etree_to_string

from erp_sync.centra import wsdl
from erp_sync.centra.catalog import CATALOG
from erp_sync.centra.encoder import Encoder
from erp_sync.centra.envelope import make_envelope
from erp_sync.model.plan import Step
from tests.centra.steps import nested, step

LOGIN = {"username": "user", "password": "secret"}
CLIENT = wsdl.load_file(wsdl.shipped_wsdl(), wsdl.NAMESPACE, zeep.transports.Transport())


def product(number: int) -> list[Step]:
    p = f"P{number:06}"
    kind = "Sweater" if number % 10 else "Sweater & scarf"  # text to be escaped in one product of ten
    steps = [
        step("product", (p,), status="active", sku=p, description=f"{kind} {number}", countryoforigin="SE",
             folder__description="Sweaters / Turtleneck", brand__id="B1", brand__description="Åhlén",
             weight__value="0.450", weight__unit="kg"),
    ]  # fmt: skip
    for colour in ("red", "green", "blue"):
        v = f"{p}-{colour}"
        steps.append(step("variation", (p, v), description=colour, sku=colour[0], status="active", sizetable__id="T1"))
        for size in ("XS", "S", "M", "L", "XL", "XXL"):
            key = (p, v, size)
            steps.append(step("variation_size", key, description=size, sku=size, ean=f"73{number:010}{len(size)}"))
    return steps


def by_text(batch: list[list[Step]]) -> bytes:
    return ENVELOPE.around([ENCODER.encode(steps) for steps in batch])


def by_zeep(batch: list[dict[str, object]]) -> bytes:
    message = CLIENT.create_message(CLIENT.service, "products_Update", login=LOGIN, products={"product": batch})
    return bytes(etree_to_string(message))


ENCODER = Encoder(CATALOG, wsdl.request_trees(CLIENT), "ns0")
ENVELOPE = make_envelope(CLIENT, CLIENT.service, "products_Update", "products.product", LOGIN)


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    steps = [product(number) for number in range(count)]
    dicts = [nested(one) for one in steps]
    if etree.canonicalize(etree.fromstring(by_text(steps))) != etree.canonicalize(etree.fromstring(by_zeep(dicts))):
        sys.exit("the two write different XML")
    runs = (
        lambda: by_text(steps),
        lambda: by_zeep(dicts),
        lambda: by_zeep([nested(one) for one in steps]),
    )
    rounds = [[seconds(run) for run in runs] for _ in range(3)]
    ours, theirs, whole = (median(column) for column in zip(*rounds, strict=True))
    print(f"{count:,} products of 3 variations of 6 sizes, {len(by_text(steps)) / 1e6:.1f} MB, canonical XML equal")
    print(f"text encoder, from steps      {count / ours:>9,.0f} products/s")
    print(f"zeep's objects, from dicts    {count / theirs:>9,.0f} products/s    ratio {theirs / ours:.1f}")
    print(f"zeep's objects, from steps    {count / whole:>9,.0f} products/s    ratio {whole / ours:.1f}")


if __name__ == "__main__":
    main()
