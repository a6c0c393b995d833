"""Every operation against the local Centra, which was written from the facts and shares no code with the client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest

from erp_sync.centra import CentraOptions, CentraTarget
from erp_sync.centra.catalog import CATALOG
from erp_sync.centra.events import EventQueue
from erp_sync.model.change import Action
from erp_sync.model.event import Event
from erp_sync.model.outcome import Reply, ReplyKind
from erp_sync.model.plan import Step
from erp_sync.sandbox import FaultKind, Knobs, Options, Sandbox, Server, serve
from tests.centra.steps import made, step


@pytest.fixture(params=["guide", "reference"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    shape: Literal["guide", "reference"] = request.param
    box = Sandbox(Options(username="robot", password="right", keep_bodies=True), Knobs(shape=shape, novelty=True))
    running = serve(box, "127.0.0.1", 0)
    yield running
    running.stop()


@pytest.fixture
def target(server: Server) -> CentraTarget:
    return client(server)


def client(server: Server, password: str = "right", **changed: float) -> CentraTarget:
    timeouts = {"connect_timeout": 5.0, "read_timeout": 10.0, **changed}
    return CentraTarget(CentraOptions(server.endpoint, "robot", password, **timeouts))


def send(target: CentraTarget, *steps: Step) -> Reply:
    """One request per operation and document, as the steps come."""
    return target.send(steps[0].operation, [target.encode(steps)])


V = ("P1", "P1-red")
COMPANY = [
    step("market", ("SE",), store="1", type="retail", description="Sverige"),
    step("warehouse", ("W1",), description="Borås"),
    step("size", ("T1", "S"), description="Small", sku="S", sizetable__description="Letters"),
    step("size", ("T1", "M"), description="Medium", sku="M"),
    step("paymentterms", ("30",), name="30 days", description="net", duedays="30"),
    step("shippingterms", ("DDP",), name="Paid"),
    step("salesrep", ("R0",), name="Bo", email="bo@example.com"),
    step("salesrep", ("R1",), name="Åsa", percent="5", mastersalesrep__salesrep__id="R0"),
    step("pricealterationdate", ("A1",), status="active", name="Spring", store="2", startdate="2027-03-01"),
    step("product", ("P1",), status="active", sku="1", description="Scarf <&>", folder__description="Scarves / Wool"),
    step("variation", V, description="Red", sku="r", status="active", sizetable__id="T1"),
    step("variation_size", (*V, "S"), sku="S", ean="7312345678901", preorder="no"),
    step("variation_size", (*V, "M"), sku="M"),
    step("display", (*V, "1"), minimumorderamount="2", orderdenominator="2"),
    step("display_category", (*V, "1", "C1"), description="Winter"),
    step("display_market", (*V, "1", "SE")),
    step("product_image", ("P1", "I1"), image="https://example.com/1.jpg", variation__id="P1-red"),
    step("product_metadata", ("P1", "1"), shortdescription="Warm", metatitle="Scarf"),
    step("stock", (*V, "S", "W1"), qty="7"),
    step("stock", (*V, "M", "W2"), qty="0"),
    step("pricelist", ("L1",), store="1", type="retail", currency="SEK", description="SEK"),
    step("pricelist", ("L2",), store="2", type="wholesale", currency="EUR", description="EUR"),
    step("price", ("L1", "P1"), price="99.50"),
    step("variation_price", ("L2", "P1", "P1-red"), price="45.00", priceb="99.00"),
    step("deliverywindow", ("D1",), status="active", description="Autumn", startdate="2027-08-01", atonce="false"),
    step("deliverywindow_variation", ("D1", "P1-red"), variationlimit="100"),
    made("account", ("K1",), {"type": "wholesale", "status": "active", "description": "Butiken", "market.id": "SE",
                              "pricelist.id": "L2", "paymentterms.id": "30", "accountaddress.country": "SE"}),
    step("buyer", ("K1", "B1"), status="active", firstname="", email="", store="2"),
    step("account_address", ("K1", "H1"), company="Lager", city="Borås"),
    step("account_additional", ("K1", "edi"), value="yes"),
    step("customer", ("U1",), store="1", status="active", firstname="Eva", email="eva@example.com"),
    made("invoice", ("F1",), {"store": "2", "currency": "EUR", "total": "90.00", "account.id": "K1", "buyer.id": "B1",
                              "invoicedate": "2026-11-01"}),
    made("invoice_item", ("F1", "1"), {"qty": "2", "price": "45.00", "product.id": "P1", "variation.id": "P1-red"}),
    step("invoice_additional", ("F1", "frt"), subtotal="5.00", description="Freight"),
]  # fmt: skip


def load(target: CentraTarget) -> None:
    documents: dict[tuple[int, str, tuple[str, ...]], list[Step]] = {}
    for one in COMPANY:
        documents.setdefault((one.level, one.operation, one.document), []).append(one)
    for steps in documents.values():
        reply = send(target, *steps)
        assert reply.kind is ReplyKind.APPLIED, (steps, reply)
        assert reply.request_id and reply.correlation_id == f"centra_{reply.request_id}"


def test_every_entity_of_the_catalog_arrives_as_it_was_sent(server: Server, target: CentraTarget) -> None:
    load(target)
    assert {one.entity for one in COMPANY} == {entity.name for entity in CATALOG}
    for one in COMPANY:
        there = server.sandbox.get(one.entity, *one.key)
        assert there is not None, one
        assert {change.path: there.get(change.path) for change in one.fields} == {c.path: c.new for c in one.fields}


def test_a_partial_update_touches_nothing_else_and_blank_blanks(server: Server, target: CentraTarget) -> None:
    load(target)
    before = server.sandbox.get("product", "P1")
    assert send(target, step("product", ("P1",), sku="")).kind is ReplyKind.APPLIED
    after = server.sandbox.get("product", "P1")
    assert before is not None and after is not None
    assert {path for path in before if before[path] != after.get(path)} == {"sku"}
    assert not after.get("sku")


def test_leaving_by_status_and_by_remove_list(server: Server, target: CentraTarget) -> None:
    load(target)
    retired = made("product", ("P1",), {"status": "inactive"}, Action.RETIRE)
    assert send(target, retired).kind is ReplyKind.APPLIED
    assert (server.sandbox.get("product", "P1") or {})["status"] == "inactive"
    for entity, key in [
        ("display_category", (*V, "1", "C1")),
        ("display_market", (*V, "1", "SE")),
        ("deliverywindow_variation", ("D1", "P1-red")),
    ]:
        assert send(target, made(entity, key, {}, Action.UNLINK)).kind is ReplyKind.APPLIED
        assert server.sandbox.get(entity, *key) is None


def test_notices_and_refusals(server: Server, target: CentraTarget) -> None:
    load(target)
    larger = send(target, step("size", ("T1", "L"), description="Large"))
    assert larger.kind is ReplyKind.APPLIED
    if server.sandbox.knobs.shape == "guide":
        assert "Added new size" in larger.notices[0]
    refused = send(target, step("variation", ("P9", "P9-1"), sizetable__id="T9"), step("product", ("P9",), sku="9"))
    assert (refused.kind, refused.concerns_all) == (ReplyKind.REJECTED, False)
    assert refused.messages


def test_orders_go_by_the_general_call(server: Server, target: CentraTarget) -> None:
    load(target)
    number = server.sandbox.admin.order([("P1", "P1-red", "S", 2)], customer="U1")
    reply = target.call("orders_Update", orders={"order": [{"id": number, "locked": "yes"}]}).reply
    assert reply.kind is ReplyKind.APPLIED, reply
    assert (server.sandbox.get("order", number) or {})["locked"] == "yes"
    (event,) = [event for event in EventQueue(target).read("order") if event.mission == "update"][-1:]
    assert event.entry == number
    assert "P1-red" in event.data


def test_the_login(server: Server, target: CentraTarget) -> None:
    assert target.probe().kind is ReplyKind.APPLIED
    refused = client(server, "wrong").probe()
    assert (refused.kind, refused.concerns_all) == (ReplyKind.REJECTED, True)


def test_the_queue_is_drained_through_its_window(server: Server, target: CentraTarget) -> None:
    for number in range(130):
        server.sandbox.admin.create("customer", {"firstname": "Eva", "store": "1"}, id=f"U{number}")
    queue = EventQueue(target)
    assert len(queue.read()) == 100
    stored: list[Event] = []
    assert queue.drain(stored.extend) == len(stored) >= 130
    assert {event.entry for event in stored if event.type == "customer"} == {f"U{number}" for number in range(130)}
    assert queue.read() == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (FaultKind.DROP_BEFORE, ReplyKind.IN_DOUBT),
        (FaultKind.DROP_AFTER, ReplyKind.IN_DOUBT),
        (FaultKind.RESET, ReplyKind.IN_DOUBT),
        (FaultKind.HTTP_500, ReplyKind.IN_DOUBT),
        (FaultKind.HTTP_502, ReplyKind.IN_DOUBT),
        (FaultKind.HTTP_503, ReplyKind.RETRY_LATER),
        (FaultKind.HTTP_429, ReplyKind.RETRY_LATER),
        (FaultKind.HTML, ReplyKind.IN_DOUBT),
        (FaultKind.EMPTY, ReplyKind.IN_DOUBT),
        (FaultKind.TRUNCATED, ReplyKind.IN_DOUBT),
        (FaultKind.SLOW, ReplyKind.IN_DOUBT),
        (FaultKind.STRANGER, ReplyKind.IN_DOUBT),
        (FaultKind.OTHER_SHAPE, ReplyKind.APPLIED),
        (FaultKind.SOAP_FAULT, ReplyKind.REJECTED),
        (FaultKind.REJECT, ReplyKind.REJECTED),
        (FaultKind.PARTIAL, ReplyKind.REJECTED),
        (FaultKind.PARTIAL_DROP, ReplyKind.IN_DOUBT),
        (FaultKind.MEDDLE, ReplyKind.APPLIED),
    ],
)
def test_each_fault_is_told_for_what_it_is(server: Server, fault: FaultKind, kind: ReplyKind) -> None:
    target = client(server, read_timeout=0.5)
    server.sandbox.faults.inject(fault)
    reply = target.send("markets_Update", [target.encode([step("market", (m,), store="1")]) for m in ("SE", "NO")])
    assert reply.kind is kind, reply
    assert len(server.sandbox.requests) == 1
