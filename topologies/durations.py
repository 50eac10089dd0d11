"""The type of settings that are durations: written as definitions write them, held as a `timedelta`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from engine import durations


def parse_duration(text: object) -> timedelta:
    """The duration that `text` names; numbers are seconds.

    Raises:
        ValueError: see `engine.durations`.
    """
    return text if isinstance(text, timedelta) else timedelta(milliseconds=durations.parse_duration(text))


def in_ms(duration: timedelta) -> int:
    """A duration in whole milliseconds."""
    return duration // timedelta(milliseconds=1)


def format_duration(duration: timedelta) -> str:
    """A duration as one would write it in the settings: the largest unit that divides it, `90m`, `10s`, `500ms`."""
    milliseconds = in_ms(duration)
    for unit, size in sorted(durations.UNITS_MS.items(), key=lambda entry: -entry[1]):
        if unit != "d" and milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str)]
"""A setting's type: written as text, held as a `timedelta`."""
