"""What came of a run, in numbers and in the words that Centra used most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from erp_sync.model.outcome import Outcome, OutcomeKind

_WORDS = 50
_WAITS = "each waits for a record that this run could not create"


@dataclass(slots=True)
class Summary:
    """``counts`` and ``by_entity``: outcome kind -> steps. ``settled``: steps that an earlier run of this plan applied.

    ``messages``, ``doubts`` and ``skipped``: how many records were refused, are in doubt or were not sent, with these
    words; the first 50 of each.
    ``ended`` says why the run stopped early; empty when it did not.
    """

    counts: Counter[str] = field(default_factory=Counter)
    by_entity: dict[str, Counter[str]] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    requests: int = 0
    ended: str = ""

    @property
    def status(self) -> str:
        """As the ledger keeps it: done when every step was applied, failed when none was, else partly."""
        applied = self.counts[OutcomeKind.APPLIED] + self.settled
        if sum(self.counts.values()) + self.settled == applied and not self.ended:
            return "done"
        return "partly" if applied else "failed"

    @property
    def broken_off(self) -> str:
        """The status of a run that did not come to its end: what is in here is not all of it."""
        return "partly" if self.counts[OutcomeKind.APPLIED] else "failed"

    def take(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.counts[outcome.kind] += 1
            self.by_entity.setdefault(outcome.step.entity, Counter())[outcome.kind] += 1
            if outcome.kind is OutcomeKind.REJECTED:
                _count(self.messages, "; ".join(outcome.messages) or outcome.reason)
            elif outcome.kind is OutcomeKind.IN_DOUBT:
                _count(self.doubts, "; ".join(outcome.messages) or outcome.reason)
            elif outcome.kind is OutcomeKind.SKIPPED:
                _count(self.skipped, _WAITS if outcome.waits_for else outcome.reason)


def _count(words: Counter[str], text: str) -> None:
    if text in words or len(words) < _WORDS:
        words[text] += 1
