"""Time profiles: which windows a statistic is computed over, and when its values are published (domain 6, 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.catalog import ObjectType
from engine.wallclock import Resets

PublishMode: TypeAlias = Literal["change", "interval", "reset"]


@dataclass(frozen=True, slots=True)
class Publish:
    """When open windows are published (domain 7.2-7.4), ms. Closed ones are in every mode."""

    mode: PublishMode = "change"
    min_interval_ms: int = 1_000
    interval_ms: int = 10_000


@dataclass(frozen=True, slots=True)
class Growing:
    """From the last reset to now (domain 6.1). ``resets_text`` and ``timezone`` are what ``resets`` was read from."""

    name: str
    publish: Publish
    resets_text: str
    timezone: str
    resets: Resets = field(compare=False)

    @property
    def shape(self) -> str:
        """What its windows are; another shape under the same name starts anew."""
        return f"growing {self.resets_text} {self.timezone}"


@dataclass(frozen=True, slots=True)
class Sliding:
    """The last ``size_ms``, moved on in steps of ``step_ms`` (domain 6.2)."""

    name: str
    publish: Publish
    size_ms: int
    step_ms: int

    @property
    def shape(self) -> str:
        """What its panes are; another shape under the same name starts anew."""
        return f"sliding {self.size_ms}:{self.step_ms}"

    def start(self, instant: int) -> int:
        """Start of the window at an instant: on a step exactly the last ``size``, between steps up to a step less."""
        return -(-instant // self.step_ms) * self.step_ms - self.size_ms

    def starts(self, instants: NDArray[np.int64]) -> NDArray[np.int64]:
        """``start`` of each instant."""
        starts: NDArray[np.int64] = -(-instants // self.step_ms) * self.step_ms - self.size_ms
        return starts


@dataclass(frozen=True, slots=True)
class SinceActivation:
    """From the moment that the campaign (or group) last left StatusDeactivated (domain 6.4)."""

    name: str
    publish: Publish

    @property
    def shape(self) -> str:
        """What its windows are."""
        return "since activation"


@dataclass(frozen=True, slots=True)
class CampaignPeriod:
    """Successive periods of ``days`` x 24 hours from the campaign's first activation on (domain 6.5)."""

    name: str
    publish: Publish
    days: int

    @property
    def shape(self) -> str:
        """What its windows are; another shape under the same name starts anew."""
        return f"campaign period {self.days}"


@dataclass(frozen=True, slots=True)
class Selection:
    """The last ``count`` actions (domain 6.3)."""

    name: str
    publish: Publish
    count: int


@dataclass(frozen=True, slots=True)
class Now:
    """The built-in profile of categories of the present, which have no window (contract 3, domain 5.6)."""

    publish: Publish = Publish()
    name: str = "now"


NOW: Final = "now"

Closing: TypeAlias = Growing | SinceActivation | CampaignPeriod
"""Profiles whose windows close, with a final report."""

Profile: TypeAlias = Closing | Sliding | Selection | Now


def has_windows(profile: Profile, kind: ObjectType) -> bool:
    """Whether objects of a type have windows under a profile: a calling list is never activated (domain 6.4, 6.5)."""
    return kind is not ObjectType.CALLING_LIST or not isinstance(profile, SinceActivation | CampaignPeriod)
