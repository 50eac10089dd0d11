"""Definitions that a simulated site may have: few statistics, all kinds of profiles."""

from __future__ import annotations

from functools import cache
from random import Random

from engine.definitions import Definitions, parse_definitions

RESETS = {"minute": ("23:58", "23:59", "00:00", "00:01", "00:02", "00:03", "00:05", "00:10"), "day": ("00:00",)}
"""Of growing profiles, UTC; dense where the simulation's events fall."""

PROFILES = {
    "minute": f'kind = "growing"\nreset = "{", ".join(RESETS["minute"])}"\npublish = "reset"',
    "day": 'kind = "growing"\nreset = "00:00"\nmin_interval = "5s"',
    "slide": 'kind = "sliding"\nsize = 60\nstep = 10\nmin_interval = "5s"',
    "last3": 'kind = "selection"\ncount = 3\nmin_interval = "5s"',
    "since": 'kind = "since_activation"\nmin_interval = "10s"',
    "period": 'kind = "campaign_period"\ndays = 1\npublish = "interval"\ninterval = "40s"',
}
STATISTICS = {
    "Dials": 'category = "TotalNumber"\nmain = "DialMade"',
    "Leads": 'category = "TotalNumber"\nmain = "LeadProcessed,RecordsNotProcessed,CallbackMissed"',
    "Hit": 'category = "RelativeNumberPercentage"\nmain = "DialAnswer"\nrelative = "DialMade"',
    "Running": 'category = "TotalTime"\nmain = "StatusRunning,Predict"',
    "MeanRun": 'category = "AverageTime"\nmain = "StatusRunning,StatusWaitingAgents"',
    "Most": 'category = "MaxNumber"\nmain = "Predict,RecordsScheduled"',
    "Now": 'category = "CurrentNumber"\nmain = "RecordsScheduled"',
    "State": 'category = "CurrentState"',
    "ByResult": 'category = "TotalNumber"\nmain = "DialMade"\nby = ["call_result"]\nlimit = 2',
}
_COUNTABLE = {"Dials", "Leads", "Hit", "MeanRun"}
_CHOICES = (
    ("minute", ("Dials", "Leads", "Hit")),
    ("minute slide", ("Dials", "Running", "Leads")),
    ("day since", ("Dials", "MeanRun", "Running", "Now", "State")),
    ("minute period last3", ("Dials", "Leads", "MeanRun", "Hit")),
    ("minute since slide", ("Hit", "ByResult", "Most", "Dials")),
    ("day period slide since last3 minute", tuple(STATISTICS)),
)


def boundaries(profile: str, instant: int) -> list[int]:
    """Where the windows of a growing profile begin, from the day before an instant (ms) to two days after it."""
    midnight = instant - instant % 86_400_000
    times = [(int(hours) * 60 + int(minutes)) * 60_000 for hours, minutes in (time.split(":") for time in RESETS[profile])]
    return sorted(midnight + day * 86_400_000 + time for day in (-1, 0, 1, 2) for time in times)


def draw(random: Random) -> Definitions:
    """The definitions of a seed."""
    return _parsed(random.randrange(len(_CHOICES)))


@cache
def _parsed(choice: int) -> Definitions:
    profiles, statistics = _CHOICES[choice]
    names = profiles.split()
    text = "".join(f"[profile.{name}]\n{PROFILES[name]}\n" for name in names)
    for name in statistics:
        listed = [profile for profile in names if profile != "last3" or name in _COUNTABLE]
        text += f"[statistic.{name}]\n{STATISTICS[name]}\nprofiles = {listed}\n".replace("'", '"')
    return parse_definitions(text, "simulation")
