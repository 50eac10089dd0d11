"""dialstat's definitions for exactly the two jobs."""

from __future__ import annotations

from typing import Final

from benchmarks.peers.inputs import ALL_EVENTS, HOPPING, PANE_MS, TUMBLING, WINDOW_MS
from engine.catalog import ACTIONS

_TUMBLING: Final = f'[profile.{TUMBLING}]\nkind = "growing"\nreset = "00:00 +0:01"\npublish = "change"\nmin_interval = "1s"\n'
_FAMILIES: Final = ("dial", "lead")


def sliding() -> str:
    """The hopping window as dialstat has it: of the moment, moving on by ten seconds."""
    size, step = WINDOW_MS // 1000, PANE_MS // 1000
    return f'[profile.{HOPPING}]\nkind = "sliding"\nsize = {size}\nstep = {step}\npublish = "change"\nmin_interval = "1s"\n'


def hops() -> str:
    """The hopping window as six tumbling ones, so that every window is published to its end."""
    starts = range(0, WINDOW_MS // 1000, PANE_MS // 1000)
    profile = '[profile.{0}{1}]\nkind = "growing"\nreset = "00:00:{2:02} +0:01"\npublish = "change"\nmin_interval = "1s"\n'
    return "".join(profile.format(HOPPING, number, start) for number, start in enumerate(starts))


def whole(hopping: str) -> str:
    """Every action of calls and leads, on all four objects, under both windows."""
    profiles = [line.split(".")[1].rstrip("]") for line in (_TUMBLING + hopping).splitlines() if line.startswith("[profile.")]
    named = ", ".join(f'"{name}"' for name in profiles)
    names = (action.name for action in ACTIONS if action.family in _FAMILIES)
    statistics = (f'[statistic.{name}]\ncategory = "TotalNumber"\nmain = "{name}"\nprofiles = [{named}]\n' for name in names)
    return _TUMBLING + hopping + "".join(statistics)


def count() -> str:
    """All events of each campaign: each is either a dial or a lead."""
    mask = 'category = "TotalNumber"\nmain = "DialMade,LeadProcessed"'
    return f'{_TUMBLING}[statistic.{ALL_EVENTS}]\nobjects = ["Campaign"]\n{mask}\nprofiles = ["{TUMBLING}"]\n'
