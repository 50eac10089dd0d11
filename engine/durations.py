"""Durations as people write them in definitions: 900, "15m", "0:15:00"."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_CLOCK = re.compile(r"(\d+):(\d{2}):(\d{2})")


def parse_duration(value: object) -> int:
    """Milliseconds of a number of seconds, ``H:MM:SS``, or a number with a unit (ms, s, m, h).

    Raises:
        ValueError: it is none of these, negative, or not a whole number of milliseconds.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return _whole(value * 1000, value)
    if isinstance(value, str):
        if found := _WITH_UNIT.fullmatch(value.strip()):
            return _whole(float(found[1]) * _UNITS[found[2]], value)
        if (found := _CLOCK.fullmatch(value.strip())) and int(found[2]) < 60 and int(found[3]) < 60:
            return 1000 * (int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3]))
    raise ValueError(f'{value!r} is not a duration: write seconds (900), a unit ("15m"), or "H:MM:SS"')


def _whole(milliseconds: float, value: object) -> int:
    if milliseconds != int(milliseconds):
        raise ValueError(f"{value!r} is not a whole number of milliseconds")
    return int(milliseconds)
