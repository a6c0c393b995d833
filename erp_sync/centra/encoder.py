"""Steps of one document -> its XML: identities and changed fields, as a text made from templates.

The catalog says what a record is, the WSDL in which order its elements go out. For each set of fields that turns up
a template is made once; a record then costs filling its gaps. zeep's own objects are more than twenty times slower
(tests/bench/bench_encoding.py), and what comes out is the same (tests/centra/test_encoder.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from erp_sync.centra.template import Template
from erp_sync.centra.wsdl import Tree
from erp_sync.centra.xml_text import ILLEGAL, escape, is_plain
from erp_sync.errors import CannotSend, FixSettings
from erp_sync.model.catalog import Catalog, Entity, Leaving
from erp_sync.model.change import Action, FieldChange
from erp_sync.model.key import Key
from erp_sync.model.plan import Step


class Encoder:
    """Compiled once per WSDL; ``prefix`` is the one that the envelope binds to Centra's namespace.

    Raises FixSettings when the WSDL lacks an entity's element or an identity.
    """

    def __init__(self, catalog: Catalog, trees: Mapping[str, Tree], prefix: str) -> None:
        self._plans: dict[str, _Plan] = {}
        self._removals: dict[str, _Plan] = {}
        for entity in catalog:
            parent = self._plans[entity.parent] if entity.parent else None
            above = parent.tree if parent else trees.get(entity.operation, {})
            self._plans[entity.name] = _Plan(entity, parent, above, prefix)
            if entity.leaving is Leaving.UNLINK:
                removal = replace(entity, element=entity.unlink_element, fields=())
                self._removals[entity.name] = _Plan(removal, parent, above, prefix)

    def encode(self, steps: Sequence[Step]) -> bytes:
        """The root record's element with all that ``steps`` say of it and its parts. Raises CannotSend.

        A record of which no parts are sent is written at once, the others when all their parts have been.
        """
        unlink = Action.UNLINK
        plans = [self._plans[s.entity] if s.action is not unlink else self._removal(s) for s in steps]
        texts = [[*s.key[p.first :], *[f.new for f in s.fields]] for s, p in zip(steps, plans, strict=True)]
        if "" in [written[0] for written in texts] or not is_plain("\n".join(chain.from_iterable(texts))):
            texts = [p.checked(s.key, s.fields, t) for s, p, t in zip(steps, plans, texts, strict=True)]
        holding = set(chain.from_iterable([plan.ancestors for plan in set(plans)]))
        nodes: dict[tuple[_Plan, Key], _Node] = {}
        rows: list[str] = []  # where the last part went: mostly the next one's place too
        rows_of: tuple[_Plan, Key] | None = None
        for step, plan, written in zip(steps, plans, texts, strict=True):
            paths = tuple([f.path for f in step.fields])
            if (parent := plan.parent) is None or plan in holding:
                node = _node(nodes, plan, step.key)
                node.paths, node.texts = paths, written
                continue
            if rows_of != (of := (plan, step.key[: plan.first])):
                rows, rows_of = _node(nodes, parent, of[1]).lists[plan.element], of
            template = plan.templates.get(paths) or plan.template(step.key, paths)
            rows.append(template.fill(written))
        return _finished(nodes).encode()

    def _removal(self, step: Step) -> _Plan:
        if step.entity not in self._removals:
            where = self._plans[step.entity].where(step.key)
            raise CannotSend(f"{where}: Centra has no list to remove it by")
        return self._removals[step.entity]


class _Node:
    """A record whose parts are still coming in, or the mere identity of one. It keeps its place among its siblings."""

    __slots__ = ("at", "key", "lists", "paths", "plan", "siblings", "texts")

    def __init__(self, plan: _Plan, key: Key, siblings: list[str]) -> None:
        self.plan, self.key, self.siblings = plan, key, siblings
        self.paths: tuple[str, ...] = ()
        self.texts: list[str] = []  # none: the mere identity
        self.lists: defaultdict[str, list[str]] = defaultdict(list)
        self.at = len(siblings)
        siblings.append("")


def _node(nodes: dict[tuple[_Plan, Key], _Node], plan: _Plan, key: Key) -> _Node:
    """The record's node; a new one stands after those of its ancestors."""
    node = nodes.get((plan, key))
    if node is None:
        siblings: list[str] = []
        if plan.parent is not None:
            siblings = _node(nodes, plan.parent, key[: plan.first]).lists[plan.element]
        node = nodes[plan, key] = _Node(plan, key, siblings)
    return node


def _finished(nodes: Mapping[tuple[_Plan, Key], _Node]) -> str:
    """The root's text, after all others have been written into their parents' lists."""
    whole = list(nodes.values())
    roots = [node for node in whole if node.plan.parent is None]
    if len(roots) != 1:
        raise ValueError(f"the steps of one document have one root, and these have {len(roots)}")
    roots[0].plan.checked(roots[0].key, (), [])
    for node in reversed(whole):
        template = node.plan.template(node.key, node.paths, tuple(node.lists))
        texts = node.texts or node.plan.checked(node.key, (), list(node.key[node.plan.first :]))
        node.siblings[node.at] = template.fill([*texts, *map("".join, node.lists.values())])
    return roots[0].siblings[0]


class _Plan:
    """How the records of one entity are written."""

    def __init__(self, entity: Entity, parent: _Plan | None, above: Tree, prefix: str) -> None:
        self.parent, self.element = parent, entity.element
        self.ancestors: tuple[_Plan, ...] = (*parent.ancestors, parent) if parent else ()
        self.own = len(entity.own_keys)
        self.first: int = parent.first + parent.own if parent else 0  # where its own part of a key begins
        self.tree: Tree = _below(above, entity.element) or {}
        self.templates: dict[tuple[str, ...], Template] = {}  # by paths, or by paths, "#" and lists
        self._entity, self._prefix = entity, prefix
        self._identity = [part.path for part in entity.own_keys]
        if missing := [path for path in self._identity if not _is_leaf(self.tree, path)]:
            raise FixSettings(
                f"the WSDL's {entity.operation} has no element {entity.element}.{missing[0]}",
                advice="Set `wsdl: shipped` to use the one that ships with the program.",
            )

    def template(self, key: Key, paths: tuple[str, ...], lists: tuple[str, ...] = ()) -> Template:
        """For texts in the order: identity, ``paths``, ``lists``. Raises CannotSend for a field that is not there."""
        shape = (*paths, "#", *lists) if lists else paths
        if shape in self.templates:
            return self.templates[shape]
        unknown = [p for p in paths if p not in self._entity.by_path or not _is_leaf(self.tree, p)]
        if unknown:
            raise CannotSend(
                f"{self.where(key)}.{unknown[0]}: {self._entity.name} has no such field, or the WSDL does not",
                advice="Correct the path in the mapping; with a WSDL from the endpoint, try `wsdl: shipped`.",
            )
        places = {path: number for number, path in enumerate([*self._identity, *paths, *lists])}
        places.update((mirror, self.own - 1) for mirror in self._entity.mirrors)
        name = self.element.rpartition(".")[2]
        made = self.templates[shape] = Template(self.tree, name, places, frozenset(lists), self._prefix)
        return made

    def checked(self, key: Key, fields: Sequence[FieldChange], texts: list[str]) -> list[str]:
        """The texts of identity and fields, escaped. Raises CannotSend."""
        if "" in key:
            raise CannotSend(f"{self.where(key)}: an identity is empty")
        if is_plain("\n".join(texts)):
            return texts
        for path, text in zip([*self._identity, *[f.path for f in fields]], texts, strict=True):
            if found := ILLEGAL.search(text):
                raise CannotSend(
                    f"{self.where(key)}.{path}: XML 1.0 cannot carry U+{ord(found[0]):04X}, "
                    f"character {found.start() + 1} of {len(text)}",
                    advice="Remove it in the ERP, or by a transform in the mapping.",
                )
        return [escape(text) for text in texts]

    def where(self, key: Key) -> str:
        """The element's path for people: ``products.product[P1].variations.variation[V1]``."""
        above = f"{self.parent.where(key[: self.first])}." if self.parent else ""
        own = ", ".join(part if part.isprintable() else ascii(part) for part in key[self.first :])
        return f"{above}{self.element}[{own}]"


def _below(tree: Tree, path: str) -> Tree | None:
    """The children of the element at a dotted path; None for a leaf and for what is not there."""
    step: Tree | None = tree
    for name in path.split("."):
        step = step.get(name) if step else None
    return step


def _is_leaf(tree: Tree, path: str) -> bool:
    stem, _, name = path.rpartition(".")
    siblings = (_below(tree, stem) if stem else tree) or {}
    return name in siblings and siblings[name] is None
