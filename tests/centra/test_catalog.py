"""The catalog against the documented trees, both ways, and against itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import zeep.transports

from erp_sync.centra import wsdl
from erp_sync.centra.catalog import CATALOG, EXCLUDED
from erp_sync.model.catalog import Entity, FieldKind, Leaving
from tests.centra import tree

NO_MASTER_DATA = {"orders_Update", "events_Get", "events_GetByMarkets", "events_Done"}


def element(entity: Entity) -> str:
    return ".".join(e.element for e in CATALOG.lineage(entity.name))


def paths(entity: Entity) -> set[str]:
    at = element(entity)
    own = {part.path for part in entity.own_keys}
    found = {f"{at}.{path}" for path in own | set(entity.mirrors) | {f.path for f in entity.fields}}
    if entity.unlink_element:
        list_at = f"{at.removesuffix(entity.element)}{entity.unlink_element}"
        found |= {f"{list_at}.{path}" for path in own}
    return found


def trees_of_the_facts() -> dict[str, tree.Tree]:
    if not tree.OPERATIONS.exists():
        pytest.skip(f"{tree.OPERATIONS} is not there")
    return {operation: facts["request"] for operation, facts in tree.operations().items()}


def trees_of_the_wsdl() -> dict[str, tree.Tree]:
    return wsdl.request_trees(wsdl.load_file(wsdl.shipped_wsdl(), wsdl.NAMESPACE, zeep.transports.Transport()))


@pytest.mark.parametrize("trees", [trees_of_the_facts, trees_of_the_wsdl])
def test_every_leaf_is_in_the_catalog_or_left_out_for_a_reason(trees: Callable[[], dict[str, tree.Tree]]) -> None:
    known = {(entity.operation, path) for entity in CATALOG for path in paths(entity)}
    facts = {
        (operation, path)
        for operation, request in trees().items()
        if operation not in NO_MASTER_DATA
        for path in tree.leaves(request)
    }
    assert known - facts == set()
    assert facts - known == set(EXCLUDED)
    assert all(EXCLUDED.values())


@pytest.mark.parametrize("entity", list(CATALOG), ids=lambda e: e.name)
def test_an_entity_agrees_with_itself(entity: Entity) -> None:
    carried = [part.path for part in entity.own_keys] + list(entity.mirrors)
    assert not set(carried) & set(entity.by_path)
    assert len(entity.by_path) == len(entity.fields)
    for field in entity.fields:
        assert field.kind is not FieldKind.SECRET
        assert (field.kind is FieldKind.REFERENCE) == (field.refers_to is not None)
        assert (field.kind is FieldKind.STATUS) == bool(field.words)
        assert not field.sent_with or field.sent_with in entity.by_path
    for reference in (*entity.fields, *entity.own_keys):
        assert reference.refers_to is None or reference.refers_to in CATALOG
        part = CATALOG.referred_part(reference)
        assert reference.refers_to is None or part is not None
    if entity.leaving is Leaving.RETIRE:
        assert entity.retired_status in entity.by_path["status"].words
    assert bool(entity.unlink_element) == (entity.leaving is Leaving.UNLINK)


@pytest.mark.parametrize("entity", list(CATALOG), ids=lambda e: e.name)
def test_a_part_goes_by_its_parents_operation_and_not_before_it(entity: Entity) -> None:
    if entity.parent is not None:
        parent = CATALOG[entity.parent]
        assert entity.operation == parent.operation
        assert entity.level >= parent.level
    for reference in (*entity.fields, *entity.own_keys):
        assert reference.refers_to is None or CATALOG[reference.refers_to].level <= entity.level


def test_the_entities_stand_in_the_order_of_operations() -> None:
    assert [e.level for e in CATALOG] == sorted(e.level for e in CATALOG)


def test_a_reference_names_a_part_of_the_other_key() -> None:
    assert CATALOG.referred_part(CATALOG["variation"].by_path["sizetable.id"]) == 0
    assert CATALOG.referred_part(CATALOG["deliverywindow_variation"].own_keys[0]) == 1
    assert CATALOG.referred_part(CATALOG["product"].by_path["sku"]) is None


def test_persons_are_marked() -> None:
    for entity in ("account", "buyer", "customer", "account_address", "invoice", "salesrep"):
        for field in CATALOG[entity].fields:
            last = field.path.rpartition(".")[2]
            if last in {"firstname", "lastname", "email", "telephone", "address1", "zipcode", "vat"}:
                assert field.personal or field.kind is FieldKind.DECIMAL, f"{entity}.{field.path}"
