"""The text of one element with gaps in it, and what goes into which gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from erp_sync.centra.wsdl import Tree


class Template:
    """An element called ``name`` whose children are the leaves and lists at ``places``, in the WSDL's order.

    ``places`` says for each dotted path which text fills it (its number in what ``fill`` is given); ``lists`` are
    those paths whose text is a row of whole elements and is not wrapped. Filling a list of pieces and joining it is
    the fastest way that CPython has to write such a text.
    """

    __slots__ = ("_pick", "_pieces")

    def __init__(self, tree: Tree, name: str, places: Mapping[str, int], lists: frozenset[str], prefix: str) -> None:
        self._pieces = [f"<{prefix}:{name}>"]
        order: list[int] = []
        self._gaps(tree, "", places, lists, prefix, order)
        self._pieces[-1] += f"</{prefix}:{name}>"
        # two indexes or more: an itemgetter of one would give a bare value
        self._pick: itemgetter[Any] | None = None if order == list(range(len(order))) else itemgetter(*order)

    def _gaps(
        self,
        tree: Tree,
        above: str,
        places: Mapping[str, int],
        lists: frozenset[str],
        prefix: str,
        order: list[int],
    ) -> None:
        for name, below in tree.items():
            path = f"{above}{name}"
            if path in lists:
                order.append(places[path])
                self._pieces += ["", ""]
            elif path in places or (below and any(place.startswith(f"{path}.") for place in places)):
                self._pieces[-1] += f"<{prefix}:{name}>"
                if path in places:
                    order.append(places[path])
                    self._pieces += ["", ""]
                else:
                    self._gaps(below or {}, f"{path}.", places, lists, prefix, order)
                self._pieces[-1] += f"</{prefix}:{name}>"

    def fill(self, texts: Sequence[str]) -> str:
        """``texts``: as many as ``places`` has numbers."""
        pieces = self._pieces.copy()
        pieces[1::2] = self._pick(texts) if self._pick else texts
        return "".join(pieces)
