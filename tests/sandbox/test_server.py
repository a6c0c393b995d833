"""Over real sockets: HTTP/1.1, pages, the admin's address, connections that end badly, a clean stop."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from erp_sync.errors import FixSettings, TryLater
from erp_sync.sandbox import ENDPOINT, NAMESPACE, Fault, FaultKind, Sandbox, Server, serve
from erp_sync.sandbox.serving import ServeOptions, start
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import soap, xml

WSDL = Path(__file__).parents[2] / "wsdl" / "centra.wsdl"
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}Customers_Update"'}
EVIL = "<script>alert('x')</script>"
PATHS = (
    "/", "/log", "/log/1", "/log/2", "/events", "/objects/product", "/objects/product?id=%3Cs",
    "/objects/product/%3Cscript%3Ealert('x')%3C%2Fscript%3E", "/objects/account/a%2Fb%20%3F%23%26",
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(new_box(wsdl=WSDL)) as running:
        yield running


@pytest.fixture
def wire(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = connect(server)
    yield connection
    connection.close()


def connect(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)


def customer(key: str) -> bytes:
    return soap("customers_Update", xml({"customers": {"customer": {"id": key, "city": "Lund"}}}))


def post(wire: http.client.HTTPConnection, key: str = "C1") -> tuple[http.client.HTTPResponse, bytes]:
    wire.request("POST", ENDPOINT, customer(key), HEADERS)
    response = wire.getresponse()
    return response, response.read()


def get(wire: http.client.HTTPConnection, path: str) -> tuple[http.client.HTTPResponse, str]:
    wire.request("GET", path)
    response = wire.getresponse()
    return response, response.read().decode()


def admin(wire: http.client.HTTPConnection, action: str, form: object) -> tuple[int, dict[str, object]]:
    wire.request("POST", f"/admin/{action}", json.dumps(form), {"Content-Type": "application/json"})
    response = wire.getresponse()
    return response.status, json.loads(response.read())


def test_many_requests_on_one_connection(server: Server, wire: http.client.HTTPConnection) -> None:
    for number in range(5):
        response, body = post(wire, f"C{number}")
        if number == 0:
            first = wire.sock
        assert (response.status, response.version) == (200, 11)
        assert b"<ns1:success>true</ns1:success>" in body
        assert response.getheader("X-Correlation-ID") == f"centra_{response.getheader('X-Centra-Request-ID')}"
    assert wire.sock is first
    assert len(server.sandbox.objects("customer")) == 5


def test_a_body_in_chunks(server: Server, wire: http.client.HTTPConnection) -> None:
    body = customer("C1")
    wire.request("POST", ENDPOINT, iter([body[:50], body[50:]]), HEADERS, encode_chunked=True)
    assert wire.getresponse().read().count(b"true") == 1
    assert server.sandbox.get("customer", "C1") == {"city": "Lund"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", ENDPOINT, {}, 405),
        ("POST", "/elsewhere", {}, 404),
        ("GET", "/elsewhere", {}, 404),
        ("GET", "/objects/nothing", {}, 404),
        ("GET", "/objects/product/nothing", {}, 404),
        ("GET", "/log/77", {}, 404),
        ("PUT", ENDPOINT, {}, 405),
        ("POST", "/log", {}, 405),
        ("POST", ENDPOINT, {"Content-Type": "application/soap+xml"}, 415),
        ("POST", "/admin/reset", {"Content-Type": "text/plain"}, 415),
        ("POST", ENDPOINT, {**HEADERS, "Content-Length": "x"}, 400),
    ],
)
def test_other_addresses_and_methods(
    server: Server, method: str, path: str, headers: dict[str, str], status: int
) -> None:  # fmt: skip
    wire = connect(server)
    wire.request(method, path, headers=headers)
    assert wire.getresponse().status == status
    wire.close()


def test_the_wsdl_names_the_address_it_was_asked_at(wire: http.client.HTTPConnection, server: Server) -> None:
    response, text = get(wire, f"{ENDPOINT}?wsdl")
    assert response.status == 200
    addresses = etree.fromstring(text.encode()).findall(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert [address.get("location") for address in addresses] == [server.endpoint]
    with serve(new_box()) as without:
        assert get(connect(without), f"{ENDPOINT}?WSDL")[0].status == 404


def test_connections_that_end_badly(server: Server) -> None:
    server.sandbox.faults.inject(FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.RESET, FaultKind.TRUNCATED)
    for key in ("A", "B"):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            post(connect(server), key)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        post(connect(server), "C")
    response, body = post(connect(server), "D")
    assert response.status == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body)
    assert set(server.sandbox.objects("customer")) == {("B",), ("C",), ("D",)}


def test_a_slow_reply_holds_nobody_else_up(server: Server) -> None:
    server.sandbox.faults.inject(Fault(FaultKind.SLOW, seconds=30))
    slow = connect(server)
    slow.request("POST", ENDPOINT, customer("A"), HEADERS)
    while not server.sandbox.requests:
        time.sleep(0.01)
    assert post(connect(server), "B")[0].status == 200
    assert slow.sock is not None
    slow.sock.settimeout(0.1)
    with pytest.raises(TimeoutError):
        slow.getresponse()


def test_many_clients_at_once(server: Server) -> None:
    def load(client: int) -> int:
        wire = connect(server)
        return sum(post(wire, f"{client}-{n}")[0].status == 200 for n in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(load, range(8))) == 160
    assert len(server.sandbox.objects("customer")) == 160
    assert sorted(r.number for r in server.sandbox.requests) == list(range(1, 161))


def test_pages_show_everything_and_escape_it(server: Server, wire: http.client.HTTPConnection) -> None:
    box = server.sandbox
    box.admin.create("sizetable", {"description": EVIL}, id="S")
    box.admin.create("product", {"description": EVIL, "brand.description": EVIL}, id=EVIL)
    box.admin.create("account", {"description": EVIL}, id="a/b ?#&")
    box.admin.create("customer", {}, id="C1")
    post(wire, EVIL.replace("<", "&lt;"))
    box.faults.schedule = None
    wire.request("POST", ENDPOINT, soap("customers_Update", f"<customers><x>{EVIL}</x></customers>"), HEADERS)
    wire.getresponse().read()
    for path in PATHS:
        response, text = get(wire, path)
        assert response.status == 200, path
        assert "<script" not in text
        assert "default-src 'none'" in str(response.getheader("Content-Security-Policy"))
        etree.fromstring(text, etree.HTMLParser())
    assert "&lt;script&gt;" in get(wire, "/objects/product")[1]
    assert "sandbox</" not in re.sub("<title>.*?</title>|<strong>.*?</strong>", "", get(wire, "/log/1")[1])


def test_lists_of_objects_are_paged_and_searched(server: Server, wire: http.client.HTTPConnection) -> None:
    for number in range(130):
        server.sandbox.admin.create("customer", {"firstname": "Eva"}, id=f"C{number}")
    first, second = get(wire, "/objects/customer")[1], get(wire, "/objects/customer?start=100")[1]
    assert "1 to 100 of 130" in first
    assert "101 to 130 of 130" in second
    assert first.count("<tr>") == 101
    assert "1 to 1 of 1" in get(wire, "/objects/customer?id=c129")[1]


def test_the_state_and_the_log_as_json(server: Server, wire: http.client.HTTPConnection) -> None:
    post(wire, "Åsa")
    state = json.loads(get(wire, "/state.json")[1])
    assert state["objects"]["customer"] == {"Åsa": {"id": "Åsa", "city": "Lund"}}
    assert (state["counts"]["customer"], state["knobs"]["shape"], state["events"]) == (1, "guide", 1)
    assert set(json.loads(get(wire, "/state.json?entity=customer")[1])["objects"]) == {"customer"}
    [request] = json.loads(get(wire, "/log.json")[1])
    assert (request["operation"], request["records"], request["size"]) == (
        "customers_Update",
        {"customer": 1},
        len(customer("Åsa")),
    )


def test_what_an_admin_can_do_from_outside(server: Server, wire: http.client.HTTPConnection) -> None:
    assert admin(wire, "create", {"entity": "market", "fields": {"description": "Sverige"}}) == (200, {"id": "1"})
    assert admin(wire, "convert", {"entity": "market", "old": "1", "new": "SE"}) == (200, {})
    assert admin(wire, "edit", {"entity": "market", "key": ["SE"], "fields": {"store": "1"}}) == (
        200,
        {"description": "Sverige", "store": "1"},
    )
    assert admin(wire, "knobs", {"shape": "reference", "reject_ids": ["X"]})[1]["shape"] == "reference"
    assert server.sandbox.knobs.reject_ids == ("X",)
    assert b"customersUpdateResponse" in post(wire)[1]
    assert admin(wire, "order", {"lines": [], "customer": "C1"}) == (200, {"id": "1"})
    assert admin(wire, "faults", {"inject": [{"kind": "http_503"}, None], "rates": {"slow": 0.5}, "seed": 2}) == (
        200,
        {"waiting": 2, "rates": {"slow": 0.5}},
    )
    assert post(wire)[0].status == 503
    assert admin(wire, "faults", {"clear": True}) == (200, {"waiting": 0, "rates": {}})
    assert admin(wire, "delete", {"entity": "customer", "id": "C1"}) == (200, {})
    assert admin(wire, "reset", {}) == (200, {})
    assert server.sandbox.objects("market") == {}


@pytest.mark.parametrize(
    ("action", "form", "status", "part"),
    [
        ("explode", {}, 404, "knobs, edit"),
        ("knobs", {"shape": "round"}, 400, "shape"),
        ("knobs", {"colour": 1}, 400, "colour"),
        ("knobs", [], 400, "object"),
        ("edit", {"entity": "market"}, 400, "key"),
        ("edit", {"entity": "nothing", "key": ["x"], "fields": {}}, 400, "There is no nothing"),
        ("edit", {"entity": "variation", "key": ["x"], "fields": {}}, 400, "2 parts"),
        ("create", {"entity": "variation"}, 400, "whole objects"),
        ("delete", {"entity": "nothing", "id": "x"}, 400, "There is no nothing"),
        ("convert", {"entity": "market", "old": "1", "new": ""}, 400, "There is no market"),
        ("faults", {"inject": [{"kind": "http_503", "applied": True}]}, 400, "never applied"),
        ("faults", {"rates": {"slow": 2}}, 400, "shares"),
        ("order", {"lines": [["P", "V", "S", 1]]}, 400, "no size"),
    ],
)
def test_what_an_admin_cannot_do(
    wire: http.client.HTTPConnection, action: str, form: object, status: int, part: str
) -> None:
    found, answer = admin(wire, action, form)
    assert (found, part in str(answer["error"])) == (status, True), answer


def test_stopping_closes_port_and_connections(server: Server, wire: http.client.HTTPConnection) -> None:
    post(wire)
    server.stop()
    server.stop()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        post(wire)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.server_address[:2])  # type: ignore[arg-type]


def test_options_of_the_command() -> None:
    with start(
        ServeOptions(port=0, faults=("slow:0.2",), knobs=("shape=reference", "batch=partial", "delay=0.5"))
    ) as made:
        knobs = made.sandbox.knobs
        assert (knobs.shape, knobs.batch, knobs.delay) == ("reference", "partial", 0.5)
        assert made.sandbox.faults.schedule is not None
        with pytest.raises(TryLater, match="cannot listen"):
            start(ServeOptions(port=int(made.server_address[1])))
    with start(ServeOptions(port=0, knobs=("currencies=SEK,JPY", 'reject_ids=["1"]', "max_bytes=null"))) as made:
        assert (made.sandbox.knobs.currencies, made.sandbox.knobs.reject_ids) == (("SEK", "JPY"), ("1",))
    for wrong in (("colour=red",), ("shape=round",), ("delay",), ("reject_ids=[1",)):
        with pytest.raises(FixSettings):
            start(ServeOptions(port=0, knobs=wrong))
    with pytest.raises(FixSettings, match="no fault is called"):
        start(ServeOptions(port=0, faults=("earthquake",)))


PROGRAM = """
from pathlib import Path
from erp_sync.sandbox.serving import ServeOptions, run
run(ServeOptions(port=0, state=Path({state!r})), lambda text: print(text, flush=True))
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_and_the_state_outlives_even_a_kill(tmp_path: Path, sign: signal.Signals) -> None:
    program = PROGRAM.format(state=str(tmp_path / "state.db"))

    def started() -> tuple[subprocess.Popen[str], http.client.HTTPConnection]:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        return process, http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)

    process, wire = started()
    assert post(wire, "C1")[0].status == 200
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process, wire = started()
    assert json.loads(get(wire, "/state.json")[1])["objects"]["customer"] == {"C1": {"id": "C1", "city": "Lund"}}
    os.kill(process.pid, sign)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out.endswith("Stopped.\n")


def test_an_in_process_sandbox_needs_no_server(box: Sandbox) -> None:
    assert box.handle(customer("C1"), HEADERS).status == 200
