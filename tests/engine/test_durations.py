"""Durations as people write them (contract 3)."""

from __future__ import annotations

import re

import pytest

from engine.durations import parse_duration

EXPECTED = 'expected a duration: seconds (900), units ("15m", "1h30m", "500ms") or "H:MM:SS"; got {!r}'
TEN_YEARS = 3_650 * 86_400_000


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        (0, 0),
        (900, 900_000),
        (1.5, 1_500),
        (0.001, 1),
        ("15", 15_000),
        ("0.25", 250),
        ("15m", 900_000),
        ("1h30m", 5_400_000),
        (" 1 H 30 M ", 5_400_000),
        ("1.5s", 1_500),
        ("500ms", 500),
        ("1d2h3m4s5ms", 93_784_005),
        ("0:15:00", 900_000),
        ("25:59:58", 93_598_000),
        ("3650d", TEN_YEARS),
    ],
)
def test_values(value: object, milliseconds: int) -> None:
    found = parse_duration(value)
    assert (found, type(found)) == (milliseconds, int)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        *(
            (value, EXPECTED.format(value))
            for value in (True, "", "soon", "15x", "1:60:00", "1:00:60", "1:0:0", "-5", -5, "1h and 5m", None, [1])
        ),
        ("0.5ms", "'0.5ms' is not a whole number of milliseconds"),
        (0.0005, "0.0005 is not a whole number of milliseconds"),
        ("3650d1ms", "3650d1ms is longer than ten years"),
        (TEN_YEARS, f"{TEN_YEARS} is longer than ten years"),
    ],
)
def test_what_is_none(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_duration(value)
