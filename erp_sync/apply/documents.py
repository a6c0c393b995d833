"""Steps -> documents. A document is a root record's element with what changes of it and below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from erp_sync.errors import CannotSend
from erp_sync.model.catalog import Catalog
from erp_sync.model.key import Key
from erp_sync.model.plan import Step
from erp_sync.ports import Target

Group = tuple[int, str, bool]  # level, operation, whether its requests hold nothing else


@dataclass(frozen=True, slots=True)
class Document:
    """Steps of one root record, parents first, and their bytes on the wire."""

    steps: tuple[Step, ...]
    data: bytes

    @property
    def root(self) -> Key:
        return self.steps[0].document

    @property
    def doubtful(self) -> bool:
        """Something of it was sent before, without a reply."""
        return any(f.doubtful for s in self.steps for f in s.fields)


def groups(steps: Iterable[Step], catalog: Catalog) -> Iterator[tuple[Group, Iterator[Step]]]:
    """Steps that may share requests. The next group begins when every step of this one has its outcome."""
    return groupby(steps, key=lambda s: (s.level, s.operation, catalog[s.entity].sent_alone))


def pieces(steps: Iterable[Step], most: int) -> Iterator[list[Step]]:
    """Steps of one root record together, at most ``most`` of them."""
    for _, of_root in groupby(steps, key=lambda s: s.document):
        piece: list[Step] = []
        for step in of_root:
            piece.append(step)
            if len(piece) >= most:
                yield piece
                piece = []
        if piece:
            yield piece


def encode(target: Target, steps: Sequence[Step], most_bytes: int) -> Iterator[Document]:
    """One document, or several where it is too long. Raises CannotSend."""
    data = target.encode(steps)
    if len(data) <= most_bytes or len(steps) == 1:
        yield Document(tuple(steps), data)
        return
    half = len(steps) // 2
    yield from encode(target, steps[:half], most_bytes)
    yield from encode(target, steps[half:], most_bytes)


def unsendable(target: Target, steps: Sequence[Step], whole: CannotSend) -> list[tuple[Step, str]]:
    """Which steps of a document cannot go on the wire, and why; all of them where none can be blamed alone."""
    blamed: list[tuple[Step, str]] = []
    for step in steps:
        try:
            target.encode([step])
        except CannotSend as error:
            blamed.append((step, error.message))
    return blamed or [(step, whole.message) for step in steps]


def inseparable(steps: Sequence[Step], catalog: Catalog) -> bool:
    """A record, and the first part without which it may be refused: an active account and a buyer."""
    return len(steps) > 1 and catalog[steps[0].entity].needs_part == steps[1].entity


def halves(
    target: Target, documents: Sequence[Document], catalog: Catalog
) -> tuple[list[Document], list[Document]] | None:
    """Two parts of about as many steps, cut between documents if there are several. What comes first needs nothing
    of what comes later. None for what must not be cut: a single step, or an inseparable pair."""
    if len(documents) == 1:
        steps = documents[0].steps
        cut = len(steps) // 2
        if inseparable(steps, catalog):
            cut = max(cut, 2)
        if cut in (0, len(steps)):
            return None
        first, second = steps[:cut], steps[cut:]
        return [Document(first, target.encode(first))], [Document(second, target.encode(second))]
    total, before, cut = sum(len(d.steps) for d in documents), 0, 1
    best = total
    for number, document in enumerate(documents[:-1], start=1):
        before += len(document.steps)
        if abs(total - 2 * before) < best:
            best, cut = abs(total - 2 * before), number
    return list(documents[:cut]), list(documents[cut:])
