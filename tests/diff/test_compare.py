from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from erp_sync.diff import Known, Rules, Seen, compare, fingerprints
from erp_sync.model.catalog import Entity, Field, KeyPart, Leaving
from erp_sync.model.change import Action, Baseline, FieldChange
from erp_sync.ports import KEY, LedgerReader
from tests.diff.readers import DictReader, records

PRODUCT = Entity(
    "product", "products_Update", 20, "products.product", (KeyPart("product", "id"),), "",
    fields=(Field("status"), Field("description"), Field("sku"), Field("brand.id"),
            Field("brand.description", sent_with="brand.id")),
    leaving=Leaving.RETIRE, retired_status="inactive",
)  # fmt: skip
VARIATION = Entity(
    "variation", "products_Update", 20, "variations.variation", (KeyPart("variation", "id"),), "",
    parent="product", fields=(Field("description"), Field("sizetable.id", immutable=True)), unique_id=True,
)  # fmt: skip
SIZE = Entity(
    "size", "sizes_Update", 10, "sizes.size", (KeyPart("sizetable", "sizetable.id"), KeyPart("size", "id")), "",
    fields=(Field("description"),), immutable=True,
)  # fmt: skip

PATHS = ["description", "sku", "status"]
states = st.one_of(st.none(), st.just(""), st.text("ab<&åé\U0001f600", min_size=1, max_size=4))
bodies = st.fixed_dictionaries(dict.fromkeys(PATHS, states))


def reader(*known: Baseline) -> tuple[DictReader, LedgerReader]:
    double = DictReader({b.key: b for b in known})
    return double, cast(LedgerReader, double)


def diff(entity: Entity, rows: list[dict[str, Any]], *known: Baseline, rules: Rules | None = None) -> Any:
    return compare(records(entity.name, rows), entity, rules or Rules(), Known(reader(*known)[1], entity.name), Seen())


def test_an_unknown_record_is_created_with_all_that_is_set() -> None:
    found = diff(PRODUCT, [{KEY: "P1", "description": "Cap", "sku": "", "status": None}])
    (change,) = found.changes
    assert change.action is Action.CREATE
    assert change.fields == (FieldChange("description", None, "Cap"), FieldChange("sku", None, ""))
    assert str(change.origin) == "items.csv:2"


def test_only_the_changed_field_goes_out_with_its_old_value() -> None:
    known = Baseline("P1", {"description": "Cap", "sku": "1", "status": "active"}, fingerprint=1)
    found = diff(PRODUCT, [{KEY: "P1", "description": "Hat", "sku": "1", "status": None}], known)
    (change,) = found.changes
    assert (change.action, change.fields) == (Action.UPDATE, (FieldChange("description", "Cap", "Hat"),))


def test_a_changed_name_takes_along_the_id_of_what_it_names() -> None:
    known = Baseline("P1", {"brand.id": "7", "brand.description": "Old"}, fingerprint=1)
    (change,) = diff(PRODUCT, [{KEY: "P1", "brand.id": "7", "brand.description": "New"}], known).changes
    assert change.fields == (FieldChange("brand.description", "Old", "New"), FieldChange("brand.id", "7", "7"))
    (other,) = diff(PRODUCT, [{KEY: "P1", "brand.id": "8", "brand.description": "Old"}], known).changes
    assert other.fields == (FieldChange("brand.id", "7", "8"),)


def test_an_equal_fingerprint_is_enough_and_no_field_is_read() -> None:
    rows = [{KEY: "P1", "description": "Cap"}]
    (print_,) = fingerprints(records("product", rows).frame)
    double, port = reader(Baseline("P1", {"description": "not even looked at"}, fingerprint=int(print_)))
    found = compare(records("product", rows), PRODUCT, Rules(), Known(port, "product"), Seen())
    assert (found.changes, found.unchanged, double.field_reads) == ([], 1, 0)


def test_a_doubtful_field_is_sent_again_although_it_is_equal() -> None:
    rows = [{KEY: "P1", "description": "Cap", "sku": "1"}]
    (print_,) = fingerprints(records("product", rows).frame)
    known = Baseline("P1", {"description": "Cap", "sku": "1"}, frozenset({"sku"}), int(print_))
    (change,) = diff(PRODUCT, rows, known).changes
    assert change.fields == (FieldChange("sku", "1", "1", doubtful=True),)


def test_a_record_that_only_ever_got_no_reply_is_created_again() -> None:
    known = Baseline("P1", {}, frozenset({"description"}), exists=False)
    (change,) = diff(PRODUCT, [{KEY: "P1", "description": "Cap"}], known).changes
    assert change.action is Action.CREATE
    assert change.fields == (FieldChange("description", None, "Cap", doubtful=True),)


def test_a_dropped_field_is_left_alone_and_the_new_fingerprint_is_offered() -> None:
    known = Baseline("P1", {"description": "Cap", "sku": "1"}, fingerprint=1)
    found = diff(PRODUCT, [{KEY: "P1", "description": "Cap"}], known)
    assert found.changes == []
    assert found.verified_keys.to_pylist() == ["P1"]


def test_ownership() -> None:
    rules = Rules(centra=frozenset({"description"}), create_only=frozenset({"sku"}))
    row = [{KEY: "P1", "description": "Cap", "sku": "2"}]
    (created,) = diff(PRODUCT, row, rules=rules).changes
    assert created.fields == (FieldChange("sku", None, "2"),)
    known = Baseline("P1", {"description": "Hat", "sku": "1"}, fingerprint=1)
    later = diff(PRODUCT, row, known, rules=rules)
    assert later.changes == []
    assert [(c.key, c.fields) for c in later.foreign] == [(("P1",), (FieldChange("description", "Hat", "Cap"),))]


def test_what_centra_owns_and_has_otherwise_is_told_although_nothing_else_changed() -> None:
    rules = Rules(centra=frozenset({"description", "status"}))
    row = {KEY: "P1", "description": "Cap", "status": None, "sku": "2"}
    (print_,) = fingerprints(records("product", [row]).frame, ["sku"])
    same = Baseline("P1", {"description": "Hat", "sku": "2", "status": "active"}, fingerprint=int(print_))
    found = diff(PRODUCT, [row], same, rules=rules)
    assert (found.changes, found.unchanged, len(found.verified_keys)) == ([], 1, 0)
    (foreign,) = found.foreign
    assert foreign.fields == (FieldChange("description", "Hat", "Cap"),)
    assert str(foreign.origin) == "items.csv:2"


def test_what_centra_owns_and_nobody_ever_acknowledged_is_not_known_to_differ() -> None:
    rules = Rules(centra=frozenset({"description"}))
    row = {KEY: "P1", "description": "Cap", "sku": "2"}
    assert diff(PRODUCT, [row], Baseline("P1", {"sku": "1"}, fingerprint=1), rules=rules).foreign == []
    assert diff(PRODUCT, [row], rules=rules).foreign == []


def test_an_immutable_field_blocks_and_says_what() -> None:
    known = Baseline("P1\x1fV1", {"description": "Red", "sizetable.id": "A"}, fingerprint=1)
    (change,) = diff(VARIATION, [{KEY: "P1\x1fV1", "description": "Blue", "sizetable.id": "B"}], known).changes
    assert change.action is Action.BLOCKED
    assert "sizetable.id: 'A' -> 'B'" in change.reason


def test_an_immutable_field_that_was_never_acknowledged_may_be_sent() -> None:
    known = Baseline("P1\x1fV1", {"description": "Red"}, fingerprint=1)
    (change,) = diff(VARIATION, [{KEY: "P1\x1fV1", "description": "Red", "sizetable.id": "B"}], known).changes
    assert change.action is Action.UPDATE


def test_a_renamed_size_blocks() -> None:
    known = Baseline("T\x1fS", {"description": "Small"}, fingerprint=1)
    (change,) = diff(SIZE, [{KEY: "T\x1fS", "description": "Little"}], known).changes
    assert change.action is Action.BLOCKED


def test_a_variation_that_moved_to_another_product_blocks() -> None:
    known = Baseline("P1\x1fV1", {"description": "Red"}, fingerprint=1)
    (change,) = diff(VARIATION, [{KEY: "P2\x1fV1", "description": "Red"}], known).changes
    assert change.action is Action.BLOCKED
    assert "under P1" in change.reason


def test_a_variation_moves_freely_where_centra_never_acknowledged_it() -> None:
    sent = Baseline("P1\x1fV1", {}, doubtful=frozenset({"description"}), exists=False)
    (change,) = diff(VARIATION, [{KEY: "P2\x1fV1", "description": "Red"}], sent).changes
    assert change.action is Action.CREATE


def test_a_retired_record_that_is_back_needs_a_status() -> None:
    known = Baseline("P1", {"description": "Cap", "status": "inactive"}, fingerprint=1, retired=True)
    (without,) = diff(PRODUCT, [{KEY: "P1", "description": "Cap"}], known).changes
    assert without.action is Action.BLOCKED
    (with_status,) = diff(PRODUCT, [{KEY: "P1", "description": "Cap", "status": "active"}], known).changes
    assert with_status.fields == (FieldChange("status", "inactive", "active"),)


def test_ids_differ_by_case_and_by_trailing_blanks() -> None:
    known = Baseline("p1", {"description": "Cap"}, fingerprint=1)
    found = diff(PRODUCT, [{KEY: k, "description": "Cap"} for k in ("p1", "P1", "p1 ")], known)
    assert [c.key for c in found.changes] == [("P1",), ("p1 ",)]


Rows = list[tuple[str, dict[str, str | None]]]
some_rows = st.lists(st.tuples(st.sampled_from("abcde"), bodies), max_size=12)


def _print(body: dict[str, str | None]) -> int:
    return int(fingerprints(records("product", [{KEY: "k", **body}]).frame)[0])


@given(some_rows, some_rows, st.integers(1, 12))
def test_chunking_does_not_change_what_is_found(rows: Rows, known_rows: Rows, size: int) -> None:
    whole = [{KEY: k, **body} for k, body in rows]

    def run(step: int) -> tuple[list[Any], set[int]]:
        seen, known = Seen(), Known(reader(*there)[1], "product")
        changes = [
            (c.key, c.fields, str(c.origin))
            for at in range(0, len(whole), step)
            for c in compare(records("product", whole[at : at + step], at + 2), PRODUCT, Rules(), known, seen).changes
        ]
        return changes, set(seen.conflicts())

    there = [
        Baseline(k, {p: v for p, v in body.items() if v is not None}, fingerprint=_print(body))
        for k, body in dict(known_rows).items()
    ]

    # a column that no row of a chunk sets is absent there, and names are part of a fingerprint: give all columns
    whole = [dict.fromkeys(PATHS) | row for row in whole]
    assert run(size) == run(max(1, len(whole)))


@given(bodies, bodies)
def test_applying_a_change_leaves_nothing_to_change(
    before: dict[str, str | None], after: dict[str, str | None]
) -> None:
    known = Baseline("P1", {p: v for p, v in before.items() if v is not None}, fingerprint=None)
    fields = dict(known.fields)
    for change in diff(PRODUCT, [{KEY: "P1", **after}], known).changes:
        for moved in change.fields:
            assert fields.get(moved.path) == moved.old != moved.new
            fields[moved.path] = moved.new
    assert all(fields[p] == v for p, v in after.items() if v is not None)
    assert diff(PRODUCT, [{KEY: "P1", **after}], Baseline("P1", fields, fingerprint=None)).changes == []


@given(bodies, bodies)
def test_fingerprints_tell_the_three_states_apart(one: dict[str, str | None], two: dict[str, str | None]) -> None:
    first, second = fingerprints(records("product", [{KEY: "a", **one}, {KEY: "b", **two}]).frame, PATHS)
    assert (first == second) == (one == two)


def test_names_are_part_of_a_fingerprint() -> None:
    frame = records("product", [{KEY: "P1", "description": None, "sku": None}]).frame
    assert fingerprints(frame, ["description"])[0] != fingerprints(frame, ["sku"])[0]
