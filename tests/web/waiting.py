"""Waiting for what is to come, instead of for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, seconds: float = 20.0) -> T:
    """The first true value of the condition, looked at fifty times a second; fails naming what did not come."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"did not come within {seconds:g} s: {what}"
        time.sleep(0.02)
    return value
