"""How dials end: shares of results, and how long the line is busy with each.

The shares are those published for outbound calling. Of known numbers no answer takes 25-35 %, busy 3-6 %, fax and modem up to 3 %,
failures less than 1 %; of random numbers some 10 % can't be reached at all (SIT). Answers come after 6-10 s or 18-22 s of ringing.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

ANSWER: Final = 33
ABANDONED: Final = 21
DROPPED: Final = 26
WRONG_PARTY: Final = 40
AGENT_CALLBACK_ERROR: Final = 47
GROUP_CALLBACK_ERROR: Final = 48
DO_NOT_CALL: Final = 51
CANCELLED: Final = 52
WRONG_NUMBER: Final = 53


@dataclass(frozen=True, slots=True)
class Outcome:
    """A result of a dial: its share of dials in percent, and seconds until it is known; of what picks up, seconds from then on."""

    result: int
    share: float
    known_s: tuple[float, float] = (1.0, 4.0)
    picked_up_s: tuple[float, float] | None = None


_SIT: Final = (
    Outcome(8, 0.2, (2, 5)), Outcome(11, 0.7, (2, 5)), Outcome(12, 0.4, (2, 5)), Outcome(13, 0.2, (2, 5)), Outcome(14, 0.2, (2, 5)),
    Outcome(15, 0.15, (2, 5)), Outcome(16, 0.15, (2, 5)),
)  # fmt: skip
_FAILURES: Final = tuple(
    Outcome(result, share)
    for result, share in {
        3: 0.05,
        4: 0.03,
        10: 0.1,
        34: 0.1,
        35: 0.04,
        36: 0.1,
        37: 0.1,
        38: 0.05,
        41: 0.08,
        42: 0.03,
        43: 0.03,
        44: 0.04,
    }.items()
)
_OTHERS: Final = (
    Outcome(27, 0.3, (8, 20)),                              # the dialer gave the ringing up
    Outcome(9, 17.0, (18, 22), (2, 5)),
    Outcome(17, 1.5, (6, 10), (2, 5)), Outcome(39, 0.1, (6, 10), (2, 5)),
    Outcome(5, 0.3, (6, 10), (0.5, 3)), Outcome(26, 0.4, (6, 10), (0.5, 3)), Outcome(32, 0.5, (6, 10), (3, 6)),
    Outcome(28, 0.05), Outcome(0, 0.05),
)  # fmt: skip
NO_ANSWER_SHARE: Final = (27.0, 32.0)
BUSY_SHARE: Final = (3.6, 5.4)
_RANDOM_NUMBERS: Final[Mapping[str, float]] = {"sit": 5.0, "others": 0.9}
QUICK_SHARE: Final = 0.65
"""Share of answers after 6-10 s; the rest come after 18-22 s."""


class Outcomes:
    """The outcomes of the numbers of one list, each drawn by its share; what no share takes is answered by a person."""

    __slots__ = ("_bounds", "_outcomes")

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._outcomes: tuple[Outcome | None, ...] = (*outcomes, None)
        self._bounds = tuple(accumulate(outcome.share / 100 for outcome in outcomes))

    def draw(self, chance: Random) -> Outcome | None:
        """The outcome of a dial; None = a person answers."""
        return self._outcomes[bisect(self._bounds, chance.random())]


def _scaled(outcomes: Sequence[Outcome], factor: float) -> list[Outcome]:
    return [Outcome(each.result, each.share * factor, each.known_s, each.picked_up_s) for each in outcomes]


def outcomes_of_list(chance: Random, random_numbers: bool) -> Outcomes:
    """The outcomes of a list with known or with random numbers; lists differ a little in no answer and busy."""
    sit, others = (_RANDOM_NUMBERS["sit"], _RANDOM_NUMBERS["others"]) if random_numbers else (1.0, 1.0)
    common = [
        Outcome(7, chance.uniform(*NO_ANSWER_SHARE), (25, 35)),
        Outcome(6, chance.uniform(*BUSY_SHARE), (3, 6)),
        *_OTHERS,
    ]
    return Outcomes([*_scaled(common, others), *_scaled(_SIT, sit), *_FAILURES])


def ringing_s(chance: Random) -> tuple[float, float]:
    """Between how many seconds of ringing a person answers."""
    return (6.0, 10.0) if chance.random() < QUICK_SHARE else (18.0, 22.0)
