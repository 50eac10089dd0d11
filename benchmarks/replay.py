"""``python -m benchmarks.replay``: a million events replayed with a hundred statistics under every kind of profile; the last line is JSON.

What a kind of profile costs is what the replay takes with its statistics alone, less what it takes with none but one value of the
present. What a Sliding window costs is measured from one minute to a day, in steps of ten seconds, on events that last for more than
a day, so that of each window as many panes leave as come. All figures are CPU-seconds of this process; of what is compared, the
least of some runs, turn about.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from agents.replay import run_replay
from benchmarks.pipeline import traffic
from engine.campaigns import Limits
from engine.definitions import parse_definitions
from simulator.simulate import simulate

EVENTS: Final = 1_000_000
COMPARED: Final = 100_000
STATISTICS: Final = 100
TURNS: Final = 3
_RATE: Final = 100.0
_DAY_AND_A_QUARTER_S: Final = 30 * 3_600
PROFILES: Final = {
    "growing": 'kind = "growing"\nreset = "00:00 +0:30"',
    "sliding": 'kind = "sliding"\nsize = 900\nstep = 10',
    "selection": 'kind = "selection"\ncount = 100',
    "since_activation": 'kind = "since_activation"',
    "campaign_period": 'kind = "campaign_period"\ndays = 30',
}
SLIDING_SIZES: Final = {"1 min": 60, "15 min": 900, "2 h": 7_200, "24 h": 86_400}
_ACTIONS = (
    "DialMade",
    "DialAnswer",
    "DialBusy",
    "DialNoAnswer",
    "DialSITDetected",
    "DialDropped",
    "LeadProcessed",
    "LeadAnswer",
    "LeadBusy",
)
_LASTING = ("StatusRunning", "StatusActivated", "Predict", "Progress", "Preview", "StatusWaitingAgents", "StatusWaitingPorts")
_OF_EVENTS = (
    'category = "TotalNumber"\nmain = "{0}"',
    'category = "RelativeNumberPercentage"\nmain = "{0}"\nrelative = "DialMade"',
    'category = "RelativeNumber"\nmain = "{0}"\nrelative = "LeadProcessed"',
)
_OF_TIME = (
    'category = "AverageTime"\nmain = "{0}"',
    'category = "TotalAdjustedTime"\nmain = "{0}"',
    'category = "MaxTime"\nmain = "{0}"',
)
_OF_WINDOWS = (
    'category = "TotalTime"\nmain = "{0}"',
    'category = "ElapsedTimePercentage"\nmain = "{0}"',
    'category = "AverageOfCurrentNumber"\nmain = "{0}"',
)


def definitions(kinds: Iterable[str], profiles: dict[str, str] | None = None) -> str:
    """So many statistics as there are in all, shared out among kinds of profiles; one of the present where there is no kind."""
    tables = profiles or PROFILES
    kinds = list(kinds)
    text = '[statistic.Now]\ncategory = "CurrentNumber"\nmain = "StatusRunning"\n'
    for kind in kinds:
        text += f"[profile.{kind}]\n{tables[kind]}\n"
        for number, table in enumerate(islice(bodies(kind), STATISTICS // len(PROFILES)), start=1):
            text += f'[statistic.{kind}_{number}]\n{table}\nprofiles = ["{kind}"]\n'
    return text


def bodies(kind: str) -> Iterator[str]:
    """Endless statistics that a kind of profile can have, without their names and profiles."""
    of_time = _OF_TIME if kind == "selection" else (*_OF_TIME, *_OF_WINDOWS)
    actions, lasting = cycle(_ACTIONS), cycle(_LASTING)
    for of_events, lasts in zip(cycle(_OF_EVENTS), cycle(of_time), strict=False):
        yield of_events.format(next(actions))
        yield lasts.format(next(lasting))


def lines(count: int, rate: float) -> bytes:
    """Events of forty simulated campaigns in the offline form, ``rate`` a second of their own time."""
    return b"".join(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in islice(simulate(traffic(1, rate)), count))


def cpu_seconds(events: bytes, text: str) -> float:
    """What a replay takes, its files included."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        run_replay(io.BytesIO(events), parse_definitions(text, "benchmark"), Limits(), [], Path(folder), lambda _: None)
        return time.process_time() - began


def beyond_none(events: bytes, texts: dict[str, str]) -> tuple[float, dict[str, float]]:
    """CPU-seconds of a replay with one value of the present, and what each of some definitions takes beyond it."""
    nothing = definitions([])
    turns = [(cpu_seconds(events, nothing), [cpu_seconds(events, text) for text in texts.values()]) for _ in range(TURNS)]
    none = min(least for least, _ in turns)
    return none, {name: min(spent) - none for name, spent in zip(texts, zip(*(spent for _, spent in turns), strict=True), strict=True)}


def measure(count: int, compared: int, console: Console) -> dict[str, Any]:
    """Measure all, then each kind alone, then Sliding windows of all sizes; what is compared is compared on the same events."""
    whole = lines(count, _RATE)
    seconds = cpu_seconds(whole, definitions(PROFILES))
    few = b"".join(islice(io.BytesIO(whole), compared))
    del whole
    least, alone = beyond_none(few, {kind: definitions([kind]) for kind in PROFILES})
    sizes = {name: definitions(["sliding"], _sliding(size)) for name, size in SLIDING_SIZES.items()}
    _, sliding = beyond_none(lines(compared, compared / _DAY_AND_A_QUARTER_S), sizes)
    micros = 1e6 / compared
    console.print(_table("twenty statistics under", {"none (reading, events, actions)": least, **alone}, micros))
    console.print(_table("a Sliding window of", sliding, micros))
    every = least + sum(alone.values())
    return {
        "replay_events_per_cpu_second": round(count / seconds),
        "replay_us_per_event": {"none": round(least * micros, 1), **{kind: round(spent * micros, 1) for kind, spent in alone.items()}},
        "replay_share": {kind: round(spent / every, 2) for kind, spent in alone.items()},
        "sliding_us_per_event": {name: round(spent * micros, 1) for name, spent in sliding.items()},
    }


def main() -> None:
    """Measure, and print what came of it."""
    given = argparse.ArgumentParser(description="A replay with a hundred statistics under every kind of profile.")
    given.add_argument("--events", type=int, default=EVENTS)
    given.add_argument("--compared", type=int, default=COMPARED, help="events for each of the runs that are compared")
    asked = given.parse_args()
    print(json.dumps(measure(asked.events, asked.compared, Console(stderr=True))))


def _sliding(size: int) -> dict[str, str]:
    return {"sliding": f'kind = "sliding"\nsize = {size}\nstep = 10'}


def _table(title: str, seconds: dict[str, float], micros: float) -> Table:
    table = Table(title, "µs an event")
    for name, spent in seconds.items():
        table.add_row(name, f"{spent * micros:.1f}")
    return table


if __name__ == "__main__":
    main()
