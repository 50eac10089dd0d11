"""What tells events apart beyond their object: the dimensions that statistics may be filtered and broken down by.

Two of them are names on the event's route, the call result is in the credit's code, and the other two travel beside each credit as one
number, its trait.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np

from engine.arrays import Int64s
from engine.catalog import CALL_RESULTS, DIAL_MODES
from engine.credits import CALL, CODES, INSTANTS, LEAD
from engine.directory import Route


class Dimension(StrEnum):
    """A property that events carry, as the definitions file names it."""

    CALL_RESULT = "call_result"
    GROUP = "group"
    CALLING_LIST = "calling_list"
    ATTEMPT = "attempt"
    DIAL_MODE = "dial_mode"


Value: TypeAlias = str | int | None
"""A value of a dimension: a number of ``attempt``, a name of all others; None where an event has none."""

_MODES: Final = 16
"""More than the dial modes; a power of two."""
_ATTEMPTS: Final = (1 << 31) + 1
"""What is added to an attempt to keep 0 for none: an attempt is any 32-bit integer."""

NO_TRAIT: Final = 0
"""The trait of a credit without attempt and dial mode."""

MODE_CODE: Final[Mapping[str, int]] = {mode: number for number, mode in enumerate(DIAL_MODES, start=1)}
"""Dial modes by number; 0 is none in force."""

COUNTED: Final = np.array([bool(INSTANTS[code]) for code in range(CODES)])
"""Whether a credit of a code counts anything, shape (codes,)."""


def _result_of(code: int) -> int | None:
    result = code - LEAD if code >= LEAD else code - CALL
    return result if CALL <= code < LEAD + len(CALL_RESULTS) else None


RESULT_OF_CODE: Final = tuple(_result_of(code) for code in range(CODES))
"""The call result that a credit's code stands for; None if it is not of a call result."""


def traits_of(attempts: Int64s, given: Int64s) -> Int64s:
    """Traits of events with these attempts, and without a dial mode so far; where ``given`` is 0 there is no attempt."""
    return np.where(given != 0, (attempts + _ATTEMPTS) * _MODES, NO_TRAIT)


def known_traits(traits: Int64s) -> bool:
    """Whether each is a trait of some event."""
    attempts, modes = np.divmod(traits, _MODES)
    return len(traits) == 0 or bool(attempts.min() >= 0 and attempts.max() < 2 * _ATTEMPTS and modes.max() <= len(DIAL_MODES))


def attempt_of(trait: int) -> int | None:
    """The attempt in a trait."""
    code = trait // _MODES
    return code - _ATTEMPTS if code else None


def mode_of(trait: int) -> str | None:
    """The dial mode in a trait."""
    code = trait % _MODES
    return DIAL_MODES[code - 1] if code else None


def value_of(dimension: Dimension, route: Route, code: int, trait: int) -> Value:
    """The value that a credit has in a dimension."""
    match dimension:
        case Dimension.CALL_RESULT:
            result = RESULT_OF_CODE[code]
            return None if result is None else CALL_RESULTS[result].name
        case Dimension.GROUP:
            return route.group
        case Dimension.CALLING_LIST:
            return route.calling_list
        case Dimension.ATTEMPT:
            return attempt_of(trait)
        case Dimension.DIAL_MODE:
            return mode_of(trait)
