"""Every fault, in one process: what was applied, and what the client gets to see."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from erp_sync.sandbox import Fault, FaultBox, FaultKind, FaultSchedule, Response, Sandbox
from erp_sync.sandbox.faults import EITHER_WAY, NEVER_APPLIED, parse_rates
from tests.sandbox.conftest import NOON, new_box
from tests.sandbox.speaking import errors, ids, ok, read, refused, update


def send(box: Sandbox, *keys: str) -> Response:
    return update(box, "customers", *({"id": key} for key in keys or ("C1", "C2", "C3", "C4")))


def applied(box: Sandbox) -> int:
    return len(box.objects("customer"))


def test_dropped_before_and_after_it_was_applied(box: Sandbox) -> None:
    box.faults.inject(FaultKind.DROP_BEFORE)
    response = send(box)
    assert (response.fault, response.body, applied(box)) == ("drop", b"", 0)
    box.faults.inject("drop_after")
    response = send(box)
    assert (response.fault, response.body, applied(box)) == ("drop", b"", 4)
    assert [(r.fault, r.result, r.applied) for r in box.requests] == [
        ("drop_before", "cut off", 0), ("drop_after", "cut off", 4),
    ]  # fmt: skip


def test_reset_in_the_middle_of_the_reply(box: Sandbox) -> None:
    box.faults.inject(FaultKind.RESET)
    response = send(box)
    assert (response.fault, applied(box)) == ("reset", 4)
    assert 0 < len(response.body) < int(response.headers["Content-Length"])


@pytest.mark.parametrize("status", [500, 502, 503, 429])
@pytest.mark.parametrize("form", ["", "seconds", "date", "epoch"])
def test_http_errors_with_every_form_of_retry_after(box: Sandbox, status: int, form: str) -> None:
    box.faults.inject(Fault(FaultKind(f"http_{status}"), retry_after=form, seconds=7))  # type: ignore[arg-type]
    response = send(box)
    assert (response.status, response.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert applied(box) == 0
    told = response.headers.get("Retry-After")
    if not form:
        assert told is None
    elif form == "seconds":
        assert told == "7"
    else:
        assert told is not None
        when = (
            parsedate_to_datetime(told) if form == "date" else datetime.fromtimestamp(int(told), NOON.tzinfo)
        )  # fmt: skip
        assert (when - NOON).total_seconds() == 7


@pytest.mark.parametrize("kind", sorted(EITHER_WAY))
@pytest.mark.parametrize("was_applied", [True, False])
def test_what_can_go_either_way(box: Sandbox, kind: FaultKind, was_applied: bool) -> None:
    box.faults.inject(Fault(kind, applied=was_applied))
    response = send(box)
    assert applied(box) == (4 if was_applied else 0)
    assert b"<ns1:result>" not in response.body
    assert response.status == (int(kind[-3:]) if kind.startswith("http") else 200)


def test_busy_means_not_applied() -> None:
    for kind in NEVER_APPLIED:
        with pytest.raises(ValueError, match="never applied"):
            Fault(kind, applied=True)


def test_truncated_xml(box: Sandbox) -> None:
    box.faults.inject(FaultKind.TRUNCATED)
    response = send(box)
    assert (response.status, response.fault, applied(box)) == (200, "", 4)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(response.body)


def test_slow(box: Sandbox) -> None:
    box.knobs.delay, box.knobs.delay_per_document = 1, 0.25
    assert send(box).delay == 2
    box.faults.inject(Fault(FaultKind.SLOW, seconds=30))
    response = send(box)
    assert (response.delay, response.status) == (32, 200)
    ok(response)


@pytest.mark.parametrize("shape", ["guide", "reference"])
def test_a_reply_to_another_request_and_one_in_the_other_shape(box: Sandbox, shape: str) -> None:
    box.knobs.shape = shape  # type: ignore[assignment]
    box.faults.inject("stranger", "other_shape", "stranger")
    stranger = etree.fromstring(send(box).body)[0][0]
    assert etree.QName(stranger).localname not in ("result", "customersUpdateResponse")
    assert applied(box) == 4
    other = etree.fromstring(send(box).body)[0][0]
    assert etree.QName(other).localname == ("customersUpdateResponse" if shape == "guide" else "result")
    assert read(box)[0][0].tag == "eventsDoneResponse"


def test_soap_faults_and_refusals_out_of_nothing(box: Sandbox) -> None:
    box.faults.inject("soap_fault", "reject")
    response = send(box)
    assert response.status == 500
    assert "internal error" in errors(response)[0]
    refused(send(box), "internal error")
    assert applied(box) == 0


def test_partial_application_before_a_failure(box: Sandbox) -> None:
    box.faults.inject("partial", "partial_drop")
    refused(send(box, "A", "B", "C", "D"), "internal error")
    assert set(box.objects("customer")) == {("A",), ("B",)}
    assert send(box, "E", "F", "G", "H").fault == "drop"
    assert set(box.objects("customer")) == {("A",), ("B",), ("E",), ("F",)}


def test_an_admin_in_between(box: Sandbox) -> None:
    send(box)
    box.faults.inject(*["meddle"] * 20)
    for number in range(20):
        ok(send(box, f"D{number}"))
    assert len(box.admin.done) == 20
    assert any(word.startswith("edited") for word in box.admin.done)


def test_rejecting_by_id_by_field_and_by_chance(shop: Sandbox) -> None:
    shop.knobs.reject_ids = ("V2",)
    refused(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V2", "sku": "x"}]}}), "saved")
    ok(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V1", "sku": "x"}]}}))
    shop.knobs.reject_ids = ()
    shop.knobs.reject_fields = ("variation.sku", "comment")
    refused(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V1", "sku": "y"}]}}), "sku")
    refused(update(shop, "products", {"id": "P1", "comment": "y"}), "comment")
    ok(update(shop, "products", {"id": "P1", "sku": "y"}))
    shop.knobs.reject_fields = ()
    shop.knobs.reject_chance = 0.3
    verdicts = {f"C{n}": not errors(send(shop, f"C{n}")) for n in range(200)}
    assert 100 < sum(verdicts.values()) < 180
    assert all(verdicts[key] == (not errors(send(shop, key))) for key in verdicts), "the same ids every time"


def test_a_clock_that_is_ahead(box: Sandbox) -> None:
    box.knobs.skew = 3600
    send(box)
    assert (box.requests[0].at - NOON).total_seconds() == 3600


def test_none_lets_a_request_pass_and_clear_takes_all_away(box: Sandbox) -> None:
    box.faults.inject(None, "drop_before", "drop_before")
    ok(send(box))
    assert send(box).fault == "drop"
    box.faults.clear()
    ok(send(box))


RATES = {FaultKind.DROP_AFTER: 0.1, FaultKind.HTTP_503: 0.2}


def test_a_schedule_keeps_its_rates() -> None:
    schedule = FaultSchedule(7, RATES)
    met = Counter(fault.kind if fault else None for fault in map(schedule.fault, range(3000)))
    assert 200 < met[FaultKind.DROP_AFTER] < 400
    assert 480 < met[FaultKind.HTTP_503] < 720
    assert set(met) == {None, *RATES}


@settings(max_examples=30, deadline=None)
@given(st.integers(), st.integers(1, 10**6))
def test_a_schedule_depends_on_seed_and_number_only(seed: int, number: int) -> None:
    assert FaultSchedule(seed, RATES).fault(number) == FaultSchedule(seed, RATES).fault(number)


def test_the_same_story_twice() -> None:
    def story() -> list[tuple[int, str, bytes]]:
        box = new_box(seed=3)
        box.faults.schedule = FaultSchedule(3, {kind: 1 / len(FaultKind) for kind in FaultKind})
        return [(r.status, r.fault, r.body) for r in (send(box, f"C{n}") for n in range(150))]

    assert story() == story()


def test_rates_from_the_command_line() -> None:
    schedule = parse_rates(["drop_after:0.05", "slow"], 4)
    assert schedule == FaultSchedule(4, {FaultKind.DROP_AFTER: 0.05, FaultKind.SLOW: 0.1})
    assert parse_rates([]) is None
    for text, part in (("nothing:1", "no fault is called"), ("slow:often", "KIND:RATE"), ("slow:2", "shares")):
        with pytest.raises(ValueError, match=part):
            parse_rates([text])
    assert FaultBox().next(1) is None
    assert ids(read(new_box())) == []
