"""Whatever changes come, in whatever order: the same plan, parents before children, ids by content alone."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.change import Action, Change, FieldChange
from erp_sync.model.extract import Origin
from erp_sync.model.key import join_key
from erp_sync.model.plan import Step, Waiting
from erp_sync.plan import open_plan, step_id
from erp_sync.plan.lines import change_of, change_to_plain
from tests.plan.memory import BINDING, MemoryReader, extract, writer

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
IDS = st.sampled_from(["1", "2", "A", "å", "a", " 1", "10", "P\u2028", '"'])


@st.composite
def changes(draw: st.DrawFn) -> Change:
    entity = draw(st.sampled_from(list(CATALOG)))
    key = tuple(draw(IDS) for _ in CATALOG.keys(entity.name))
    paths = sorted(f.path for f in entity.fields)
    chosen = draw(st.lists(st.sampled_from(paths), unique=True, max_size=4)) if paths else []
    fields = tuple(FieldChange(p, draw(st.none() | TEXTS), draw(TEXTS), draw(st.booleans())) for p in chosen)
    action = draw(st.sampled_from(list(Action)))
    origin = draw(st.none() | st.builds(Origin, TEXTS, TEXTS, TEXTS | st.integers()))
    return Change(entity.name, key, action, fields, origin, draw(st.integers(-(2**63), 2**63 - 1)), draw(TEXTS), "m:1")


SETS = st.lists(changes(), max_size=30, unique_by=lambda c: (c.entity, c.key))


def shuffled(some: list[Change], chance: random.Random) -> list[Change]:
    """All but the sizes, whose order among themselves is Centra's for ever."""
    sizes = iter([c for c in some if CATALOG[c.entity].immutable])
    return [next(sizes) if CATALOG[c.entity].immutable else c for c in chance.sample(some, len(some))]


@settings(deadline=None, max_examples=80)
@given(SETS, st.randoms(use_true_random=False), st.integers(1, 9))
def test_order_and_memory_do_not_matter_and_nothing_is_lost(
    given_changes: list[Change], chance: random.Random, run_length: int
) -> None:
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / "a.plan", Path(folder) / "b.plan"
        for path, some in ((first, given_changes), (second, shuffled(given_changes, chance))):
            with writer(path) as w:
                w._changes._run_length = run_length if path is second else 1000
                for c in some:
                    w.add(c)
                w.close(BINDING, extract())
        assert first.read_bytes() == second.read_bytes()
        file = open_plan(first)
        steps, waiting = list(file.steps()), list(file.waiting())
    assert len(steps) == file.manifest.steps
    assert {(x.entity, x.key): x.fields for x in (*steps, *waiting)} == {
        (c.entity, c.key): c.fields for c in given_changes
    }
    assert len(steps) + len(waiting) == len(given_changes)
    _check_order(steps)
    _check_parked(steps, waiting)


def _check_order(steps: list[Step]) -> None:
    made: dict[tuple[str, str], Step] = {}
    seen: set[str] = set()
    places = [
        (s.level, s.operation, e.sent_alone, s.key[0] if e.immutable else join_key(s.document))
        for s in steps
        for e in [CATALOG[s.entity]]
    ]
    assert places == sorted(places)
    for step in steps:
        assert set(step.needs) <= seen
        parent = CATALOG[step.entity].parent
        above = made.get((parent, join_key(step.key[: len(CATALOG.keys(parent))]))) if parent else None
        if above is not None and above.action is Action.CREATE and step.action in (Action.CREATE, Action.UPDATE):
            assert above.id in step.needs
        made[step.entity, join_key(step.key)] = step
        seen.add(step.id)


def _check_parked(steps: list[Step], waiting: list[Waiting]) -> None:
    """The ledger is empty: a new part goes only behind its new parent."""
    made = {(s.entity, s.key) for s in steps if s.action is Action.CREATE}
    for step in steps:
        lineage = [e for e in CATALOG.lineage(step.entity)[:-1] if not e.implied]
        if step.action is Action.CREATE and lineage:
            parent = lineage[-1].name
            assert (parent, step.key[: len(CATALOG.keys(parent))]) in made
    for waits in waiting:
        assert waits.reason or waits.action is Action.BLOCKED


@settings(max_examples=200)
@given(changes(), changes())
def test_ids_say_entity_key_action_and_what_is_sent_and_nothing_else(one: Change, other: Change) -> None:
    def sent(c: Change) -> object:
        return c.entity, c.key, c.action, sorted((f.path, f.new) for f in c.fields)

    def id_of(c: Change) -> str:
        return step_id(c.entity, c.key, c.action, c.fields)

    assert (id_of(one) == id_of(other)) == (sent(one) == sent(other))
    moved = tuple(replace(f, old="other", doubtful=not f.doubtful) for f in reversed(one.fields))
    assert id_of(one) == id_of(replace(one, fields=moved, origin=None, fingerprint=7, reason="x", mapping_at="y"))
    assert len(id_of(one)) == 20


@given(changes())
def test_a_spilled_change_comes_back_as_it_was(change: Change) -> None:
    assert change_of(change_to_plain(change)) == change


def test_a_large_plan_asks_the_ledger_by_the_thousand(tmp_path: Path) -> None:
    reader = MemoryReader()
    for n in range(12_000):
        reader.knows("product", f"P{n}")
    with writer(tmp_path / "a.plan", reader) as w:
        for n in range(12_000):
            w.add(Change("variation", (f"P{n}", f"V{n}"), Action.CREATE, (), None, n))
        assert w.close(BINDING, extract()).steps == 12_000
    assert reader.lookups <= 3 * 3
