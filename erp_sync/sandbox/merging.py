"""Partial updates: what is left out stays, what is empty is blanked, what is unknown comes into being (soap.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from erp_sync.sandbox.operations import Update, compiled
from erp_sync.sandbox.shapes import Chain, Group, Kind, Record, Spec, local_name
from erp_sync.sandbox.state import SPLIT
from erp_sync.sandbox.work import Journal, Refusal, Work

if TYPE_CHECKING:
    from lxml.etree import _Element

KEY_SEPARATOR: Final = "\x1f"
GROUP, LIST, MANY, REMOVE = Kind.GROUP, Kind.LIST, Kind.MANY, Kind.REMOVE  # a look-up less where every record passes


def apply_document(work: Work, update: Update, element: _Element, namespace: str) -> None:
    """Bring one object of an update operation into the state; raises Refusal with the state half changed."""
    if update.entity == "sizetable":
        return _apply_size(work, element, namespace)
    group = compiled(update.entity, namespace)
    key = _own_text(element, f"{{{namespace}}}id")
    table = work.state.tables[update.entity]
    record = table.get(key)
    fresh = record is None
    work.split = SPLIT.get(update.entity, "")
    if record is None:
        record = {}
        work.create(update.entity, key, record)
        changed = merge(work, group, element, record, None, ((key, record),))
    else:
        changed = merge(work, group, element, record, work.journal, ((key, record),))
        if changed:
            work.touched.append((update.entity, key, ""))
    if update.rule is not None:
        update.rule(work, (), key, record, fresh)
    work.records[update.entity] += 1
    return None


def _own_text(element: _Element, tag: str) -> str:
    """The text of the child that holds the identity; it mostly comes first."""
    head = element[0] if len(element) else None
    text = head.text if head is not None and head.tag == tag else element.findtext(tag)
    if not text:
        raise Refusal(f"A {local_name(str(element.tag))} has no {local_name(tag)}")
    return text


def merge(
    work: Work, group: Group, element: _Element, target: Record, journal: Journal | None, chain: Chain
) -> bool:  # fmt: skip
    """True where anything changed. Leaves come before lists, whatever their order in the request."""
    changed = False
    leaves = 0
    seen: set[str] = set()
    late: list[tuple[int, Spec, _Element]] | None = None
    children = group.children
    for child in element:
        spec = children.get(child.tag)
        if spec is None:
            _unknown(work, child)
            continue
        name = spec.name
        if spec.leaf is not None:
            if name in seen:
                raise Refusal(f"Element {name} occurs twice")
            seen.add(name)
            if len(child):
                raise Refusal(f"Element {name} must hold text only")
            text = child.text or ""
            leaves += 1
            old = target.get(name)
            if old == text:
                continue
            if spec.checked:
                text = _checked(work, spec, text, old)
            if journal is not None:
                journal.append((target, name, old))
            target[name] = text
            changed = True
        elif spec.kind == MANY:
            late = late or []
            late.append((spec.order, spec, child))
        else:
            if name in seen:
                raise Refusal(f"Element {name} occurs twice")
            seen.add(name)
            if spec.kind == GROUP and spec.group is not None and spec.group.plain:
                changed |= _merge_group(work, spec, child, target, journal, chain)
            else:
                late = late or []
                late.append((spec.order, spec, child))
    work.fields += leaves
    if late is not None:
        late.sort(key=_by_order)
        positions: dict[str, int] = {}
        for _, spec, child in late:
            if spec.kind == LIST:
                changed |= _merge_list(work, spec, child, target, journal, chain)
            elif spec.kind == MANY:
                position = positions[spec.name] = positions.get(spec.name, -1) + 1
                changed |= _merge_item(work, spec, child, position, _part(target, spec.name, journal), journal, chain)
            elif spec.kind == REMOVE:
                changed |= _remove(work, spec, child, target, chain)
            else:
                changed |= _merge_group(work, spec, child, target, journal, chain)
    return changed


def _by_order(entry: tuple[int, Spec, _Element]) -> int:
    return entry[0]


def _part(target: Record, name: str, journal: Journal | None) -> Record:
    part = target.get(name)
    if part is None:
        if journal is not None:
            journal.append((target, name, None))
        part = target[name] = {}
    found: Record = part
    return found


def _merge_group(
    work: Work, spec: Spec, element: _Element, target: Record, journal: Journal | None, chain: Chain
) -> bool:  # fmt: skip
    """An empty group blanks what was set in it."""
    assert spec.group is not None
    part = _part(target, spec.name, journal)
    if len(element):
        return merge(work, spec.group, element, part, journal, chain)
    changed = False
    for name, old in part.items():
        if isinstance(old, str) and old:
            _checked(work, spec.group.by_name[name], "", old)
            if journal is not None:
                journal.append((part, name, old))
            part[name] = ""
            changed = True
    return changed


def _merge_list(
    work: Work, spec: Spec, element: _Element, target: Record, journal: Journal | None, chain: Chain
) -> bool:  # fmt: skip
    """There is no delete: a record that is not in the list stays."""
    changed = False
    records = _part(target, spec.name, journal)
    for position, child in enumerate(element):
        if child.tag != spec.item_tag:
            _unknown(work, child)
            continue
        changed |= _merge_item(work, spec, child, position, records, journal, chain)
    return changed


def _merge_item(
    work: Work, spec: Spec, element: _Element, position: int, records: Record, journal: Journal | None, chain: Chain
) -> bool:  # fmt: skip
    assert spec.group is not None and spec.many is not None
    key = _key(spec, element) if spec.key_tags else str(position)
    record: Record | None = records.get(key)
    fresh = record is None
    if record is None:
        if journal is not None:
            journal.append((records, key, None))
        record = records[key] = {}
        merge(work, spec.group, element, record, None, (*chain, (key, record)))
        changed = True
    else:
        changed = merge(work, spec.group, element, record, journal, (*chain, (key, record)))
    many = spec.many
    if spec.name == work.split and len(chain) == 1:
        work.parts.setdefault(chain[0][0], set()).add(key)
    if many.rule is not None:
        many.rule(work, chain, key, record, fresh)
    if many.entity:
        work.records[many.entity] += 1
    return changed


def _key(spec: Spec, element: _Element) -> str:
    """The identity: one element's text, or several joined where only the first must be there."""
    first = _own_text(element, spec.key_tags[0][0])
    if len(spec.key_tags) == 1:
        return first
    return KEY_SEPARATOR.join([first, *(element.findtext("/".join(path)) or "" for path in spec.key_tags[1:])])


def _remove(work: Work, spec: Spec, element: _Element, target: Record, chain: Chain) -> bool:
    """Removing what is not there is no error: a repeated request must do no harm."""
    assert spec.group is not None
    changed = False
    records = target.get(spec.removes_from, {})
    for child in element:
        if child.tag != spec.item_tag:
            _unknown(work, child)
            continue
        merge(work, spec.group, child, {}, None, ())
        work.records[spec.name] += 1
        key = _key(spec, child)
        changed |= work.remove(records, key)
        if spec.removes_from == work.split and len(chain) == 1:
            work.parts.setdefault(chain[0][0], set()).add(key)
    return changed


def _checked(work: Work, spec: Spec, text: str, old: str | None) -> str:
    leaf = spec.leaf
    assert leaf is not None
    if leaf.immutable and old:
        raise Refusal(f"{spec.name} of an object that exists cannot be changed")
    if not text:
        if not leaf.may_be_blank:
            raise Refusal(f"{spec.name} must not be blank: expected {leaf.expected}")
        return text
    if leaf.pattern is not None and leaf.pattern.fullmatch(text) is None:
        raise Refusal(f"{spec.name} is {text!r}, expected {leaf.expected}")
    if leaf.refers_to is not None and not work.state.has(leaf.refers_to, text):
        raise Refusal(f"{leaf.refers_to.capitalize()} {text!r} does not exist")
    return "***" if leaf.secret else text


def _unknown(work: Work, element: _Element) -> None:
    name = local_name(str(element.tag))
    if work.knobs.unknown == "refuse":
        raise Refusal(f"Element {name!r} is not known here")
    work.ignored.append(name)


def _apply_size(work: Work, element: _Element, namespace: str) -> None:
    """One size, its sizetable inside it. Once made neither can be changed; a new one gives a notice (soap.md)."""
    group = compiled("", namespace)
    sent: Record = {}
    merge(work, group, element, sent, None, ())
    table_sent: Record = sent.pop("sizetable", {})
    key, size_key = table_sent.get("id"), sent.get("id")
    if not size_key or not key:
        raise Refusal("A size needs an id, and a sizetable with an id")
    work.records["size"] += 1
    table = work.state.tables["sizetable"].get(key)
    if table is None:
        table = {**table_sent, "sizes": {}}
        work.create("sizetable", key, table)
    elif _differs(work, table, table_sent):
        raise Refusal(f"Sizetable {key!r} cannot be changed")
    size = table["sizes"].get(size_key)
    if size is not None:
        if _differs(work, size, sent):
            raise Refusal(f"Size {size_key!r} cannot be changed")
        return
    work.put(table["sizes"], size_key, sent)
    work.touched.append(("sizetable", key, size_key))
    work.notices.append(
        f"Added new size: {size_key}: {sent.get('description', '')} to: {table.get('description', '')}!"
    )


def _differs(work: Work, stored: Record, sent: Record) -> bool:
    """Blank and never sent are the same here."""
    if work.knobs.sizetables == "ignore":
        return False
    return any(stored.get(name, "") != text for name, text in sent.items())
