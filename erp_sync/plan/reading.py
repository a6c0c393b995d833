"""Opens a plan's file, and refuses one that is not, to the byte, what was written, or no longer true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from erp_sync.errors import FixSettings, Place, Refused
from erp_sync.model.catalog import Catalog
from erp_sync.model.extract import Rejection
from erp_sync.model.plan import Binding, Manifest, Step, Waiting
from erp_sync.plan import lines

_T = TypeVar("_T")
_KINDS = ("step", "waiting", "rejection", "manifest")
_AGAIN = "make a new plan"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan whose digest was verified. Its parts are read from the file as they are asked for."""

    path: Path
    manifest: Manifest

    def steps(self) -> Iterator[Step]:
        """In the order in which they are to be applied."""
        return self._of("step", lines.step_of)

    def waiting(self) -> Iterator[Waiting]:
        """Blocked, parked and held changes, in the order of operations."""
        return self._of("waiting", lines.waiting_of)

    def rejections(self) -> Iterator[Rejection]:
        return self._of("rejection", lines.rejection_of)

    def _of(self, kind: str, read: Callable[[dict[str, Any]], _T]) -> Iterator[_T]:
        opening = f'{{"kind":"{kind}"'.encode()
        with self.path.open("rb") as file:
            for line in file:
                if line.startswith(opening):
                    yield read(json.loads(line))


def open_plan(path: Path) -> PlanFile:
    """Raises FixSettings where there is no file, Refused (saying what is wrong) where it is not as it was written."""
    digest, number, steps, kind = sha256(), 0, 0, _KINDS[0]
    plain: dict[str, Any] | None = None
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise FixSettings(f"there is no plan {path}", advice="make one: erp-sync plan --out FILE") from error
    with file:
        for number, line in enumerate(file, start=1):
            if plain is not None:
                what = "a second manifest" if line.startswith(b'{"kind":"manifest"') else "another line"
                raise _refused(path, number, f"{what} follows the manifest")
            if not line.endswith(b"\n"):
                raise _refused(path, number, "the last line is cut off: the file is not whole")
            before, kind = kind, _kind(path, number, line)
            if _KINDS.index(kind) < _KINDS.index(before):
                raise _refused(path, number, f"a {kind} line follows a {before} line: lines were moved")
            if kind == "manifest":
                plain = _manifest(path, number, line)
                _verify(path, number, plain, digest.copy(), f"sha256:{digest.hexdigest()}", steps)
            else:
                digest.update(line)
                steps += kind == "step"
    if plain is None:
        raise _refused(path, number, "there is no manifest at its end: the file is cut off, or was never finished")
    return PlanFile(path, lines.manifest_of(plain))


def _kind(path: Path, number: int, line: bytes) -> str:
    for kind in _KINDS:
        if line.startswith(f'{{"kind":"{kind}"'.encode()):
            return kind
    raise _refused(path, number, "this is not a line of a plan")


def _manifest(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise _refused(path, number, "the manifest was changed: it is not JSON") from error
    if plain.get("version") != lines.VERSION:
        raise _refused(path, number, f"the plan is of version {plain.get('version')}, not {lines.VERSION}")
    return plain


def _verify(path: Path, number: int, plain: dict[str, Any], digest: Any, content: str, steps: int) -> None:
    body = {name: value for name, value in plain.items() if name != "digest"}
    digest.update(lines.dump(body).encode())
    if f"sha256:{digest.hexdigest()}" == plain.get("digest"):
        return
    if content == plain.get("content"):
        raise _refused(path, number, "the manifest was changed after the plan was made")
    if steps != plain.get("steps"):
        raise _refused(path, number, f"there are {steps} steps, the manifest says {plain.get('steps')}")
    raise _refused(path, number, "lines before the manifest were changed or moved: their digest is another")


def _refused(path: Path, number: int, what: str) -> Refused:
    return Refused(f"not the plan that was made: {what}", advice=_AGAIN, place=Place(str(path), number))


_BOUND = {
    "extract": "the ERP's data is another than the plan was made from",
    "mapping": "the mapping was edited after the plan was made",
    "ledger": "the plan was made with another ledger",
    "generation": "another run has changed the ledger since the plan was made",
    "endpoint": "the plan was made for another Centra (address, namespace or login)",
}


def check_binding(manifest: Manifest, current: Binding, now: datetime) -> None:
    """Raises Refused naming everything that moved since the plan was made, its expiry included."""
    moved = [
        f"{text} ({getattr(manifest.binding, name)} -> {getattr(current, name)})"
        for name, text in _BOUND.items()
        if getattr(manifest.binding, name) != getattr(current, name)
    ]
    if now >= manifest.expires_at:
        moved.append(f"it expired at {manifest.expires_at.isoformat()}")
    if moved:
        raise Refused("the plan no longer holds: " + "; ".join(moved), advice=_AGAIN)


def withholding(manifest: Manifest, catalog: Catalog) -> Callable[[Step, datetime], str]:
    """For each step, why it is not sent now: its entity is refused by a guard, or it has perished. Empty: it goes.

    A refused entity takes along everything below it in the catalog.
    """
    refused = manifest.refused_entities
    below = {e.name: next((a.name for a in catalog.lineage(e.name) if a.name in refused), "") for e in catalog}
    perish = manifest.perishables_expire_at or manifest.expires_at

    def why(step: Step, now: datetime) -> str:
        if entity := below[step.entity]:
            return f"a guard refuses {entity}"
        if catalog[step.entity].perishable and now >= perish:
            return f"expired at {perish.isoformat()}: true only at the time of its extract"
        return ""

    return why
