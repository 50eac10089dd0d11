"""Dial modes: how many calls a dialer begins, given its agents (domain, ``dial_modes.csv``).

A mode sees counts only. Overdialling ones dial more calls than there are agents free and so abandon some of those who answer;
the others never do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

HIT_SHARE: Final = 0.42
"""Share of dials that a person answers, as a dialer expects it."""
FREED_WHILE_RINGING: Final = 0.08
"""Share of busy agents that become free while a call rings."""
POWER_RATIO: Final = 1.6
"""Calls that Power dials for each free agent."""


@dataclass(frozen=True, slots=True)
class DialMode:
    """A mode.

    ``wants(free, busy, ringing, daring)`` is the number of calls to begin now: given free and busy agents, calls that ring, and
    how daring past abandonment allows to be. A mode that previews takes the agent before it dials.
    """

    wants: Callable[[int, int, int, float], int]
    overdials: bool = False
    previews: bool = False


def _one_for_each(free: int, _busy: int, ringing: int, _daring: float) -> int:
    return free - ringing


def _in_ratio(free: int, _busy: int, ringing: int, _daring: float) -> int:
    return int(free * POWER_RATIO) - ringing


def _ahead(free: int, busy: int, ringing: int, daring: float) -> int:
    return int((free + busy * FREED_WHILE_RINGING) * daring / HIT_SHARE) - ringing


_PREDICT: Final = DialMode(_ahead, overdials=True)
_PROGRESS: Final = DialMode(_one_for_each)
_PREVIEW: Final = DialMode(_one_for_each, previews=True)
_POWER: Final = DialMode(_in_ratio, overdials=True)

MODES: Final[Mapping[str, DialMode]] = {
    "Predict": _PREDICT, "Progress": _PROGRESS, "Preview": _PREVIEW, "Power": _POWER,
    "PredictAndSeize": _PREDICT, "ProgressAndSeize": _PROGRESS, "PushPreview": _PREVIEW, "PowerAndSeize": _POWER,
    "PredictGVP": _PREDICT, "ProgressGVP": _PROGRESS, "PowerGVP": _POWER,
}  # fmt: skip
BASE_MODES: Final = ("Predict", "Progress", "Preview", "Power")
"""Groups begin with these in turn; of the changes of mode three in four are to them."""
VARIANTS: Final = tuple(name for name in MODES if name not in BASE_MODES)

_CAUTION: Final = 0.15
_COURAGE: Final = 0.005
_LEAST_DARING, _MOST_DARING = 0.5, 3.0


def daring_after(daring: float, abandoned: bool) -> float:
    """How daring to be after an answered call: much less after one that was abandoned, a little more after one that was not.

    The two balance where some 3 % of those who answer are abandoned.
    """
    return max(_LEAST_DARING, daring - _CAUTION) if abandoned else min(_MOST_DARING, daring + _COURAGE)
