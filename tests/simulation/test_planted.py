"""A simulation proves something only as far as it catches what is wrong: bugs planted into the real code."""

from __future__ import annotations

import pytest

from tests.simulation.planted import BUGS, Bug
from tests.simulation.story import attempt

SEEDS = 300  # the very seeds that test_simulation.py tells without a bug


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_caught(bug: Bug) -> None:
    caught = next((seed for seed in range(SEEDS) if _ends_badly(seed, bug)), None)
    assert caught is not None, f"{SEEDS} stories did not catch it"
    *_, wrong = attempt(caught)
    assert not wrong, "without the bug the same story ends well"


def _ends_badly(seed: int, bug: Bug) -> bool:
    with bug():
        *_, wrong = attempt(seed)
    return bool(wrong)
