"""The text encoder: equal to zeep's own objects, and strict about what XML can carry."""

from __future__ import annotations

from typing import Any

import pytest
import zeep.transports
from hypothesis import given, settings
from lxml import etree

from erp_sync.centra import wsdl
from erp_sync.centra.catalog import CATALOG
from erp_sync.centra.encoder import Encoder
from erp_sync.centra.envelope import make_envelope
from erp_sync.errors import CannotSend, FixSettings
from erp_sync.model.change import Action
from erp_sync.model.plan import Step
from tests.centra.steps import documents, made, nested, step

CLIENT = wsdl.load_file(wsdl.shipped_wsdl(), wsdl.NAMESPACE, zeep.transports.Transport())
TREES = wsdl.request_trees(CLIENT)
LOGIN = {"username": "user", "password": "<&>"}
ENCODER = Encoder(CATALOG, TREES, "ns0")


def encode(*steps: Step) -> str:
    return ENCODER.encode(steps).decode()


def spliced(steps: list[Step]) -> bytes:
    root = CATALOG.root(steps[0].entity)
    envelope = make_envelope(CLIENT, CLIENT.service, root.operation, root.element, LOGIN)
    assert envelope.prefix == "ns0"
    return envelope.around([ENCODER.encode(steps)])


def by_zeep(steps: list[Step]) -> Any:
    root = CATALOG.root(steps[0].entity)
    container, _, record = root.element.partition(".")
    content = {container: {record: [nested(steps)]}}
    return CLIENT.create_message(CLIENT.service, root.operation, login=LOGIN, **content)


@settings(max_examples=300, deadline=None)
@given(documents())
def test_it_writes_what_zeep_writes(steps: list[Step]) -> None:
    ours = etree.canonicalize(etree.fromstring(spliced(steps)))
    theirs = etree.canonicalize(etree.fromstring(etree.tostring(by_zeep(steps))))
    assert ours == theirs


def test_identities_and_changed_fields_and_nothing_else() -> None:
    assert encode(step("price", ("L", "P"), price="9.50")) == (
        "<ns0:pricelist><ns0:id>L</ns0:id><ns0:items><ns0:product><ns0:id>P</ns0:id><ns0:price>9.50</ns0:price>"
        "</ns0:product></ns0:items></ns0:pricelist>"
    )


def test_ancestors_bring_their_mirrors_and_keys_stand_in_the_wsdls_order() -> None:
    assert encode(step("display", ("P", "V", "1"), orderdenominator="6", minimumorderamount="12")) == (
        "<ns0:product><ns0:id>P</ns0:id><ns0:variations><ns0:variation><ns0:id>V</ns0:id><ns0:stockid>V</ns0:stockid>"
        "<ns0:displays><ns0:display><ns0:store>1</ns0:store><ns0:minimumorderamount>12</ns0:minimumorderamount>"
        "<ns0:orderdenominator>6</ns0:orderdenominator></ns0:display></ns0:displays></ns0:variation></ns0:variations>"
        "</ns0:product>"
    )
    assert encode(step("size", ("T", "S"), description="")) == (
        "<ns0:size><ns0:id>S</ns0:id><ns0:description></ns0:description><ns0:sizetable><ns0:id>T</ns0:id>"
        "</ns0:sizetable></ns0:size>"
    )


def test_a_list_that_is_left_and_one_that_is_joined() -> None:
    text = encode(
        step("display_market", ("P", "V", "1", "SE"), description="Sweden"),
        step("display_market", ("P", "V", "1", "NO"), Action.UNLINK),
    )
    assert (
        "<ns0:markets><ns0:market><ns0:id>SE</ns0:id><ns0:description>Sweden</ns0:description></ns0:market>"
        "</ns0:markets><ns0:marketsremove><ns0:market><ns0:id>NO</ns0:id></ns0:market></ns0:marketsremove>"
    ) in text


def test_two_lists_share_one_element() -> None:
    text = encode(step("invoice_additional", ("I", "A"), key="shipping"), step("invoice_item", ("I", "1"), qty="2"))
    assert text.index("<ns0:invoiceitem>") < text.index("<ns0:additional>")
    assert text.count("<ns0:items>") == 1


def test_text_comes_back_as_it_was() -> None:
    text = "a\rb\r\nc\td <b>&amp;</b> ]]> %s \U0001f455 \x7f\x85"
    read = etree.fromstring(spliced([made("product", ("P",), {"comment": text})]))
    assert read.findtext(f".//{{{wsdl.NAMESPACE}}}comment") == text


@pytest.mark.parametrize(
    ("bad", "name"), [("\x0b", "U+000B"), ("\x00", "U+0000"), ("\ufffe", "U+FFFE"), ("\ud83d", "U+D83D")]
)
def test_what_xml_cannot_carry_is_named_with_its_place(bad: str, name: str) -> None:
    with pytest.raises(CannotSend) as raised:
        encode(step("variation_size", ("P 1", "V", "S"), sku="1", ean=f"ab{bad}c"))
    assert raised.value.message == (
        "products.product[P 1].variations.variation[V].sizes.size[S].ean: "
        f"XML 1.0 cannot carry {name}, character 3 of 4"
    )


def test_a_key_that_xml_cannot_carry() -> None:
    with pytest.raises(CannotSend, match=r"products\.product\['\\x0b'\]\.id: XML 1\.0 cannot carry U\+000B"):
        encode(step("variation", ("\x0b", "V"), sku="1"))


def test_an_empty_identity() -> None:
    with pytest.raises(CannotSend, match=r"variations\.variation\[\]: an identity is empty"):
        encode(step("variation", ("P", ""), sku="1"))


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(CannotSend, match=r"product\[P\]\.colour: product has no such field"):
        encode(step("product", ("P",), colour="red"))
    with pytest.raises(CannotSend, match=r"buyer\[B\]\.password: buyer has no such field"):
        encode(step("buyer", ("A", "B"), password="x"))


def test_a_record_that_no_list_removes() -> None:
    with pytest.raises(CannotSend, match="Centra has no list to remove it by"):
        encode(step("price", ("L", "P"), Action.UNLINK))


def test_steps_of_two_documents_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="have 2"):
        encode(step("product", ("P",), sku="1"), step("product", ("Q",), sku="1"))


def test_a_wsdl_without_an_identity_is_refused_at_once() -> None:
    trees = {**TREES, "markets_Update": {"markets": {"market": {"description": None}}}}
    with pytest.raises(FixSettings, match=r"markets_Update has no element markets\.market\.id"):
        Encoder(CATALOG, trees, "ns0")


def test_a_wsdl_without_a_field_is_refused_when_the_field_is_sent() -> None:
    trees = {**TREES, "markets_Update": {"markets": {"market": {"id": None}}}}
    encoder = Encoder(CATALOG, trees, "c")
    assert encoder.encode([step("market", ("SE",))]) == b"<c:market><c:id>SE</c:id></c:market>"
    with pytest.raises(CannotSend, match=r"market\[SE\]\.description"):
        encoder.encode([step("market", ("SE",), description="Sweden")])


def test_the_envelope_shows_nothing_of_the_login() -> None:
    envelope = make_envelope(CLIENT, CLIENT.service, "markets_Update", "markets.market", LOGIN)
    assert "user" not in repr(envelope)
    assert b"<ns0:password>&lt;&amp;&gt;</ns0:password></ns0:login><ns0:markets>" in envelope.head
