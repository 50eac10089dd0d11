"""Resets by the local clock, held against a clock that is watched second by second (domain 6.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wallclock import ResetError, parse_resets

CHANGES = [
    ("Europe/Paris", datetime(2019, 3, 31, tzinfo=UTC)),
    ("Europe/Paris", datetime(2019, 10, 27, tzinfo=UTC)),
    ("America/New_York", datetime(2018, 11, 4, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2019, 10, 5, tzinfo=UTC)),
    ("Africa/Monrovia", datetime(1972, 1, 7, tzinfo=UTC)),
    ("UTC", datetime(2024, 2, 29, tzinfo=UTC)),
]
HOUR = 3_600_000


def watched(zone: str, times: tuple[int, ...], begin: int, end: int) -> list[int]:
    """The instants at which a clock on the wall first shows, or has skipped, each time of each day; by half minutes."""
    zone_info = parse_resets("00:00", zone).zone
    reached: dict[tuple[object, int], int] = {}
    for instant in range(begin - 30 * HOUR, end, 30_000):
        local = datetime.fromtimestamp(instant / 1000, zone_info)
        second = local.hour * 3600 + local.minute * 60 + local.second
        for time in times:
            if 0 <= second - time < 7200:
                reached.setdefault((local.date(), time), instant)
    return sorted({instant for instant in reached.values() if begin <= instant < end})


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("text", ["00:00", "01:30, 02:30", "00:00 +0:30"])
def test_resets_on_days_that_change_the_clock(zone: str, day: datetime, text: str) -> None:
    """A skipped time resets after the gap, one that comes twice at the first."""
    resets = parse_resets(text, zone)
    begin, end = round((day - timedelta(hours=20)).timestamp() * 1000), round((day + timedelta(hours=30)).timestamp() * 1000)
    expected = watched(zone, resets.times, begin, end)
    found, instant = [], resets.window(begin - 1)[1]
    while instant < end:
        found.append(instant)
        instant = resets.window(instant)[1]
    assert found == expected


@given(instants=st.lists(st.integers(-62_000_000_000_000, 253_000_000_000_000), min_size=1, max_size=20))
def test_columns_agree_with_single_instants(instants: list[int]) -> None:
    resets = parse_resets("06:00, 14:00, 22:00", "America/New_York")
    windows = [resets.window(instant) for instant in instants]
    assert resets.starts(np.array(instants, dtype=np.int64)).tolist() == [start for start, _ in windows]
    assert all(start <= instant < end for instant, (start, end) in zip(instants, windows, strict=True))


@pytest.mark.parametrize(
    ("text", "zone"), [("24:00", "UTC"), ("noon", "UTC"), ("00:00 +0:00", "UTC"), ("0:00", "Nowhere"), ("1:00,2:00+1:00", "UTC")]
)
def test_mistakes_are_told(text: str, zone: str) -> None:
    with pytest.raises(ResetError, match=r"24:00|noon|\+0:00|Nowhere|\+1:00"):
        parse_resets(text, zone)
