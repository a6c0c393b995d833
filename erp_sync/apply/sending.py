"""One request, again and again while that helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, wait_exponential

from erp_sync.apply.options import SendOptions
from erp_sync.apply.pace import Pace
from erp_sync.model.outcome import Reply, ReplyKind
from erp_sync.ports import Reporter, Target


@dataclass(frozen=True, slots=True)
class Sent:
    """``reply`` is the last one; ``doubted``: an earlier send got none, so the request may have been applied before."""

    reply: Reply
    doubted: bool


class Sender:
    """Retries what is certainly not applied, and what is in doubt where ``again`` allows (updates are upserts by id).

    Waits double with jitter, or are as long as Centra asks. Of refusals only those that may pass are retried.
    ``sleep`` takes seconds; ``random`` gives numbers from 0 to 1. ``confirm`` is asked before each send but the first:
    it raises where the ledger was lost during the wait (the process was stopped, and another took its run over).
    """

    def __init__(
        self,
        target: Target,
        options: SendOptions,
        pace: Pace,
        reporter: Reporter,
        sleep: Callable[[float], None],
        random: Callable[[], float],
        confirm: Callable[[], None],
    ) -> None:
        self._target, self._options, self._pace, self._reporter = target, options, pace, reporter
        self._sleep, self._random, self._confirm = sleep, random, confirm
        self._wait = wait_exponential(multiplier=options.first_wait, max=options.longest_wait)
        self.requests = 0

    def send(self, operation: str, documents: Sequence[bytes], *, again: bool, expired: Callable[[], bool]) -> Sent:
        """``expired``: it may not be sent any more. Asked again after each wait."""
        doubted = over_meanwhile = False
        last: Reply | None = None

        def attempt() -> Reply:
            nonlocal doubted, last, over_meanwhile
            if last is not None and (self._pace.ended or expired()):
                over_meanwhile = True
                return last
            if last is not None:
                self._confirm()
            self.requests += 1
            last = self._target.send(operation, documents)
            self._pace.note(last)
            doubted |= last.kind is ReplyKind.IN_DOUBT
            return last

        def worth_it(state: RetryCallState) -> bool:
            reply = _reply(state)
            if over_meanwhile:
                return False
            return {
                ReplyKind.RETRY_LATER: True,
                ReplyKind.IN_DOUBT: again,
                ReplyKind.REJECTED: reply.passing,
            }.get(reply.kind, False)

        def over(state: RetryCallState) -> bool:
            asked = _reply(state).retry_after or 0.0
            if asked > self._options.longest_wait:
                self._pace.end(f"Centra asks to come back in {asked:.0f} seconds")
            return state.attempt_number >= self._options.attempts or bool(self._pace.ended)

        def announce(state: RetryCallState) -> None:
            said = "; ".join(_reply(state).messages) or _reply(state).kind.value
            self._reporter.note(f"{operation}: {said}; again in {state.upcoming_sleep:.1f} s")

        retrying = Retrying(
            retry=worth_it,
            stop=over,
            wait=self._how_long,
            sleep=self._sleep,
            before_sleep=announce,
            retry_error_callback=_reply,
        )
        return Sent(retrying(attempt), doubted)

    def _how_long(self, state: RetryCallState) -> float:
        asked = _reply(state).retry_after
        return asked if asked is not None else self._wait(state) * (0.5 + self._random() / 2)


def _reply(state: RetryCallState) -> Reply:
    assert state.outcome is not None
    reply = state.outcome.result()
    assert isinstance(reply, Reply)
    return reply
