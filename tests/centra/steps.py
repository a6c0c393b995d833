"""Steps for tests, and what zeep's own objects make of them: the long way, by nested dicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.catalog import Entity, FieldKind, Leaving
from erp_sync.model.change import Action, FieldChange
from erp_sync.model.key import Key
from erp_sync.model.plan import Step

NO_TEXT = {"buyer.store", "customer.store", "account.carrierinformation.packages", "deliverywindow.atonce",
           "deliverywindow_variation.productlimit", "deliverywindow_variation.variationlimit"}  # fmt: skip
"""Fields that are no xs:string in the WSDL: zeep could not blank them."""


def step(entity: str, key: Key, action: Action = Action.UPDATE, /, **fields: str) -> Step:
    """``folder__description`` stands for ``folder.description``."""
    return made(entity, key, {path.replace("__", "."): text for path, text in fields.items()}, action)


def made(entity: str, key: Key, fields: dict[str, str], action: Action = Action.UPDATE) -> Step:
    described = CATALOG[entity]
    changes = tuple(FieldChange(path, None, new) for path, new in fields.items())
    return Step(
        id="/".join([entity, *key]),
        level=described.level,
        operation=described.operation,
        entity=entity,
        key=key,
        action=action,
        fields=changes,
        fingerprint=0,
        document=key[: CATALOG.root_key_length(entity)],
    )


def nested(steps: Sequence[Step]) -> dict[str, Any]:
    """One document as the dict that zeep takes for the root record's element."""
    root: dict[str, Any] = {}
    for one in steps:
        here, rest = root, one.key
        for entity in CATALOG.lineage(one.entity):
            own, rest = rest[: len(entity.own_keys)], rest[len(entity.own_keys) :]
            last = entity.name == one.entity
            if entity.parent is not None:
                path = entity.unlink_element if last and one.action is Action.UNLINK else entity.element
                *stem, name = path.split(".")
                for element in stem:
                    here = here.setdefault(element, {})
                here = _member(here.setdefault(name, []), entity, own)
            for part, text in zip(entity.own_keys, own, strict=True):
                _put(here, part.path, text)
            for mirror in entity.mirrors:
                _put(here, mirror, own[-1])
        for change in one.fields:
            _put(here, change.path, change.new)
    return root


def _member(members: list[dict[str, Any]], entity: Entity, own: Key) -> dict[str, Any]:
    for member in members:
        if all(_get(member, part.path) == text for part, text in zip(entity.own_keys, own, strict=True)):
            return member
    members.append({})
    return members[-1]


def _put(element: dict[str, Any], path: str, text: str) -> None:
    *stem, name = path.split(".")
    for above in stem:
        element = element.setdefault(above, {})
    element[name] = text


def _get(element: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        element = element.get(name, {})
    return element


_CONTROLS = "".join(map(chr, range(32)))
legal = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=_CONTROLS + "\ufffe\uffff")
    | st.sampled_from("\t\n\r&<>\"']]>%{} \U0001f455"),
    max_size=12,
)
ids = legal.filter(bool)


def _text(entity: Entity, path: str) -> st.SearchStrategy[str]:
    if f"{entity.name}.{path}" not in NO_TEXT:
        return legal
    boolean = entity.by_path[path].kind is FieldKind.BOOLEAN
    return st.sampled_from(["true", "false"]) if boolean else st.integers(-5, 10**6).map(str)


@st.composite
def documents(draw: st.DrawFn) -> list[Step]:
    """Steps of one document: any entities below one root, any fields, some of them unlinks, in any order."""
    root = draw(st.sampled_from([e for e in CATALOG if e.parent is None]))
    family = [e for e in CATALOG if CATALOG.root(e.name) is root]
    root_key = tuple(draw(ids) for _ in root.own_keys)
    pool = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    found: dict[tuple[str, Key], Step] = {}
    for entity in draw(st.lists(st.sampled_from(family), min_size=1, max_size=8)):
        below = len(CATALOG.keys(entity.name)) - len(root_key)
        key = root_key + tuple(draw(st.sampled_from(pool)) for _ in range(below))
        if entity.leaving is Leaving.UNLINK and draw(st.booleans()):
            found[entity.name, key] = made(entity.name, key, {}, Action.UNLINK)
        else:
            paths = draw(st.lists(st.sampled_from(sorted(entity.by_path)), unique=True, max_size=6))
            found[entity.name, key] = made(entity.name, key, {path: draw(_text(entity, path)) for path in paths})
    return draw(st.permutations(list(found.values())))
