"""Lengths of time, read and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_sync.settings.values import read_duration, show_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("12h", 43200), ("30m", 1800), ("1d", 86400), ("90s", 90), ("1h30m", 5400), ("1d1s", 86401)]
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "12", "h", "1.5h", "30m1h", "-1h", " 1h", "1h\n", 12, None, True])
def test_what_is_no_length_of_time(text: object) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        read_duration(text)


@given(st.integers(min_value=1, max_value=10**8))
def test_shown_is_read_again(seconds: int) -> None:
    assert read_duration(show_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
