"""Durations as an operator writes them: `1h`, `10s`, `500ms`, `1h30m`, or a bare number of seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer

_UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*")
_SECONDS = re.compile(r"\d+(\.\d+)?")
_LONGEST_MS: Final = 3_650 * 86_400_000


def parse_duration(text: object) -> timedelta:
    """The duration that `text` names, to the millisecond; numbers are seconds.

    Raises:
        ValueError: not a duration, negative, or longer than ten years.
    """
    if isinstance(text, timedelta):
        return text
    milliseconds = _milliseconds(str(text).strip().lower())
    if milliseconds is None or isinstance(text, bool):
        raise ValueError(f"expected a duration such as 1h, 10s, 500ms, 1h30m or a number of seconds, got {text!r}")
    if milliseconds > _LONGEST_MS:
        raise ValueError(f"{text} is longer than ten years")
    return timedelta(milliseconds=round(milliseconds))


def _milliseconds(text: str) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text) * 1_000
    parts = _PART.findall(text)
    if not parts or _PART.sub("", text):
        return None
    return sum(float(number) * _UNITS_MS[unit] for number, unit in parts)


def in_ms(duration: timedelta) -> int:
    """A duration in whole milliseconds."""
    return duration // timedelta(milliseconds=1)


def format_duration(duration: timedelta) -> str:
    """A duration as one would write it in the settings: the largest unit that divides it, `90m`, `10s`, `500ms`."""
    milliseconds = in_ms(duration)
    for unit, size in sorted(_UNITS_MS.items(), key=lambda entry: -entry[1]):
        if unit != "d" and milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
"""A setting's type: written as text, held as a `timedelta`."""
