"""The types of the catalog: what an entity is, which fields it has, how it leaves. The data is the target's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class FieldKind(StrEnum):
    """What a field's text must look like on the wire; mapping brings an ERP's text into this form."""

    TEXT = "text"
    DECIMAL = "decimal"  # "1234.50": point, no thousands separator
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"  # "2026-11-24"
    STATUS = "status"  # one of Field.words
    COUNTRY = "country"  # ISO 3166-1 alpha-2
    CURRENCY = "currency"  # ISO 4217
    REFERENCE = "reference"  # the id of a record of Field.refers_to
    SECRET = "secret"  # never mapped, never stored


class Leaving(StrEnum):
    """How a record of an entity leaves Centra; there is no delete (soap.md, "Updates")."""

    NEVER = "never"
    RETIRE = "retire"  # by status
    UNLINK = "unlink"  # by a remove list


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf below an entity's element. ``path`` is dotted, as in ``folder.description``.

    A reference holds one id. ``refers_by`` is the key part of the other entity that this id is, where it is not the
    last one: a variation's ``sizetable.id`` refers to ``size`` by ``sizetable``, that is to every size of that table.
    """

    path: str
    kind: FieldKind = FieldKind.TEXT
    doc: str = ""
    words: tuple[str, ...] = ()
    refers_to: str | None = None
    refers_by: str = ""
    sent_with: str = ""  # path that names the nested object or its unit: goes out along with a change of this field
    immutable: bool = False  # cannot be changed once Centra has it
    personal: bool = False  # masked in whatever is meant to be shared


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One level of a key: its name in mappings (``product``) and the dotted element that carries it (``id``).

    ``refers_to``: the part names a record of another entity by that one's last key part, as a price names its product.
    """

    name: str
    path: str
    doc: str = ""
    refers_to: str | None = None


@dataclass(frozen=True)
class Entity:
    """A kind of record.

    ``element`` is the dotted path of the record's element below its parent's element, or below the operation's
    request element for a root: ``products.product``, ``variations.variation``.
    ``mirrors`` are fields that always repeat the record's own id (``stockid`` of a variation).
    ``sent_alone`` entities share their ancestors' elements but never their requests (stock).
    ``implied`` records come into being with their first part, which waits for no record of theirs (a product within
    a pricelist that has prices on its variations only).
    ``needs_part``: records may be refused without one of this entity below them (an active account without a buyer).
    """

    name: str
    operation: str
    level: int
    element: str
    own_keys: tuple[KeyPart, ...]
    doc: str
    parent: str | None = None
    fields: tuple[Field, ...] = ()
    mirrors: tuple[str, ...] = ()
    leaving: Leaving = Leaving.NEVER
    retired_status: str = ""  # with RETIRE: the word that `status` takes
    unlink_element: str = ""  # with UNLINK: as `element`, for the remove list
    immutable: bool = False  # the record as a whole cannot be changed once made
    unique_id: bool = False  # its own id is unique over all parents
    sent_alone: bool = False
    perishable: bool = False  # true only at its extract's time: never replayed (stock)
    implied: bool = False
    needs_part: str = ""

    @cached_property
    def by_path(self) -> Mapping[str, Field]:
        return {f.path: f for f in self.fields}


@dataclass(frozen=True)
class Catalog:
    """All entities, in the order of operations."""

    entities: tuple[Entity, ...]
    _by_name: dict[str, Entity] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update((e.name, e) for e in self.entities)

    def __getitem__(self, name: str) -> Entity:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities)

    def lineage(self, name: str) -> tuple[Entity, ...]:
        """The entity's ancestors from the root down, itself last."""
        line: list[Entity] = []
        step: str | None = name
        while step is not None:
            line.append(self[step])
            step = self[step].parent
        return tuple(reversed(line))

    def root(self, name: str) -> Entity:
        return self.lineage(name)[0]

    def keys(self, name: str) -> tuple[KeyPart, ...]:
        """The whole key, the root's part first."""
        return tuple(part for entity in self.lineage(name) for part in entity.own_keys)

    def referred_part(self, reference: Field | KeyPart) -> int | None:
        """Which part of the other entity's key (from 0) a reference's text is; None where it refers to nothing."""
        if reference.refers_to is None:
            return None
        names = [part.name for part in self.keys(reference.refers_to)]
        by = reference.refers_by if isinstance(reference, Field) else ""
        return names.index(by) if by else len(names) - 1

    def root_key_length(self, name: str) -> int:
        """How many leading parts of a key name the document that the record travels in."""
        return len(self.root(name).own_keys)
