"""What is done with a chain after a call: which number is tried next and when, or that the chain has ended (domain 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from simulator.outcomes import ABANDONED, DROPPED, WRONG_NUMBER, WRONG_PARTY

if TYPE_CHECKING:
    from simulator.lists import Chain
    from simulator.world import World

MAX_ATTEMPTS: Final = 5
"""Calls to one chain, over all its numbers."""
DEAD_NUMBERS: Final = frozenset({11, 12, 13, 17, 39, WRONG_NUMBER})
"""Results after which a number is never called again; the chain goes on with its next number, if it has one."""
NEXT_NUMBER: Final = (1.0, 5.0)

_SOON: Final = (3.0, 8.0)
_LATER: Final = (30.0, 90.0)
_MUCH_LATER: Final = (60.0, 180.0)
RETRIES: Final[Mapping[int, tuple[float, float]]] = {
    6: _SOON,                                               # busy: the person is there
    **dict.fromkeys((0, 3, 4, 10, 28, 34, 35, 36, 37, 38, 41, 42, 43, 44), _SOON),
    **dict.fromkeys((8, 14, 15, 16), (8.0, 20.0)),          # the network may have recovered
    **dict.fromkeys((5, 32, ABANDONED, DROPPED, WRONG_PARTY), (15.0, 45.0)),
    **dict.fromkeys((7, 27), _LATER),
    9: _MUCH_LATER,
}  # fmt: skip
"""Minutes after which a chain is tried again, by the result of its last call. A result that is not here ends the chain."""


def wait_before_next(world: World, chain: Chain, result: int) -> int | None:
    """Settle a chain after a call.

    Returns:
        ms until its next number is to be called; None = the chain has ended.
    """
    minutes = NEXT_NUMBER if result in DEAD_NUMBERS else RETRIES.get(result)
    if minutes is None or chain.attempts >= MAX_ATTEMPTS:
        return None
    if result not in DEAD_NUMBERS:
        chain.turn += 1
    elif not chain.drop_number():
        return None
    return int(world.minutes(*minutes) / world.scenario.retry_speed)
