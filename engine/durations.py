"""Durations as people write them, in definitions and settings: 900, "15m", "1h30m", "0:15:00"."""

from __future__ import annotations

import re
from typing import Final

UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*")
_SECONDS = re.compile(r"\d+(\.\d+)?")
_CLOCK = re.compile(r"(\d+):([0-5]\d):([0-5]\d)")
_LONGEST_MS: Final = 3_650 * UNITS_MS["d"]


def parse_duration(value: object) -> int:
    """Milliseconds of a number of seconds, ``H:MM:SS``, or numbers with units (ms, s, m, h, d).

    Raises:
        ValueError: it is none of these, negative, longer than ten years, or not a whole number of milliseconds.
    """
    milliseconds = None if isinstance(value, bool) else _milliseconds(str(value).strip().lower())
    if milliseconds is None:
        raise ValueError(f'expected a duration: seconds (900), units ("15m", "1h30m", "500ms") or "H:MM:SS"; got {value!r}')
    if milliseconds > _LONGEST_MS:
        raise ValueError(f"{value} is longer than ten years")
    if milliseconds != int(milliseconds):
        raise ValueError(f"{value!r} is not a whole number of milliseconds")
    return int(milliseconds)


def _milliseconds(text: str) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text) * 1_000
    if clock := _CLOCK.fullmatch(text):
        return 1_000.0 * (int(clock[1]) * 3_600 + int(clock[2]) * 60 + int(clock[3]))
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text):
        return None
    return sum(float(number) * UNITS_MS[unit] for number, unit in parts)
