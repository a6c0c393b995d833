"""Whatever is sent, the sandbox answers, and what it refuses leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from erp_sync.sandbox import NAMESPACE, Sandbox
from erp_sync.sandbox.operations import UPDATES
from erp_sync.sandbox.shapes import Leaf, Many, Node, Remove
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import errors, ok, product, read, sizes, soap, update, variation, xml

TEXTS = st.sampled_from(
    ["P1", "V1", "V2", "S", "SML", "active", "SEK", "1", "-1", "1,5", "é<&", " ", "R", "x" * 300, "", "retail", "true"]
)
IDS = st.sampled_from(["P1", "V1", "S", "SML", "R", "1", "new", ""])


def trees(fields: Mapping[str, Node]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the elements that the operation knows, with values good and bad, and now and then an unknown one."""
    some: dict[str, st.SearchStrategy[Any]] = {}
    for name, node in fields.items():
        if isinstance(node, Leaf):
            some[name] = IDS if name == "id" else TEXTS
        elif isinstance(node, Many):
            some[name] = st.lists(st.deferred(lambda node=node: trees(node.fields)), max_size=2)
        elif isinstance(node, Remove):
            some[name] = st.fixed_dictionaries({node.item: st.lists(trees(node.fields), max_size=2)})
        else:
            some[name] = st.just("") | st.deferred(lambda node=node: trees(node))
    return st.lists(st.sampled_from([*some, *("id",) * 3]), max_size=5, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: some.get(name, TEXTS) for name in names})
    )


def shop() -> Sandbox:
    box = new_box()
    ok(update(box, "sizes", *sizes("Small")))
    ok(update(box, "products", product("P1", variation("V1"))))
    ok(update(box, "pricelists", {"id": "R", "currency": "SEK", "items": {"product": [{"id": "P1", "price": "1"}]}}))
    ok(update(box, "accounts", {"id": "1", "buyers": {"buyer": [{"id": "1"}]}}))
    return box


def picture(box: Sandbox) -> Any:
    state = box.state
    return deepcopy((state.tables, state.numbers, state.events, state.variation_owner, state.refund_owner))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(UPDATES)), st.data())
def test_any_tree_is_answered(operation: str, data: st.DataObject) -> None:
    box, known = shop(), UPDATES[operation]
    before = picture(box)
    objects = data.draw(st.lists(trees(known.fields), max_size=3))
    content = xml({known.wrapper: {known.item: objects}})
    action = f'"{NAMESPACE}{operation[0].upper()}{operation[1:]}"'
    response = box.handle(soap(operation, content), {"SOAPAction": action})
    if errors(response):
        assert picture(box) == before
    read(box)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_damaged_request_is_answered(data: st.DataObject) -> None:
    box = shop()
    before = picture(box)
    body = bytearray(soap("products_Update", xml({"products": {"product": product("P1", variation("V1", "Blue"))}})))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    response = box.handle(bytes(body), {"SOAPAction": f'"{NAMESPACE}Products_Update"'})
    if errors(response):
        assert picture(box) == before
