"""``python -m benchmarks.growth``: CPU time an event against the size of everything; curves as SVG, JSON and Markdown.

Both agents run in this process (``benchmarks.driver``), without Kafka. Each point is a state of its own: every campaign is started, every
list gets an event, then some more come to warm up, and what is measured comes last. The clock moves as it does for a worker that
catches up (``CHUNK_MS`` for 2,000 events), so a changed object is reported once in 20,000 events at most.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import replay
from benchmarks.driver import CHUNK, CHUNK_MS, NAMES, Driver, Spent
from benchmarks.panels import Panel, draw
from benchmarks.synthetic import START_MS, Source, Traffic
from engine.definitions import default_definitions, parse_definitions
from transport.garbage import collect_seldom
from transport.records import SourceRecord

EVENTS: Final = 20_000
QUICK: Final = 600
_MINUTE, _HOUR = 60, 3_600
_FILL_RATE: Final = 1.0
"""Events a second while the windows of a whole day are filled: one for each step of ten campaigns."""
_SETTLE_MS: Final = 2_000
"""Longer than any ``min_interval`` here, so that what waits for its report is reported before anything is measured."""
_LIVE_MS: Final = 1_000
"""Of the clock with 2,000 events, where they come as fast as they happen."""
_WINDOW_RATE: Final = 200.0


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: its place on the axis, and what is measured there.

    ``size`` are the events of a round, ``fill_s`` is event time at a low rate before it, ``clock_ms`` is how far the clock moves with
    2,000 events.
    """

    at: float
    traffic: Traffic
    definitions: str = ""
    size: int = CHUNK
    fill_s: int = 0
    clock_ms: int = CHUNK_MS


@dataclass(frozen=True, slots=True)
class Curve:
    """One panel: its axis, and the points of each line."""

    name: str
    axis: str
    lines: dict[str, list[Point]]
    logarithmic: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """What a point came to; times are CPU time, µs an event."""

    at: float
    decode: float
    apply: float
    lists: float
    reports: float
    changes: float

    @property
    def us(self) -> float:
        """All steps."""
        return self.decode + self.apply + self.lists


def curves() -> list[Curve]:
    """Every curve, least first, so that the first point of each line is what the others are compared with."""
    base = Traffic()
    sizes = (10, 100, 1_000, 10_000)
    lists = (60, 1_000, 10_000, 100_000)
    return [
        Curve(
            "campaigns",
            "campaigns, a list each",
            {
                "ten are busy": [Point(n, replace(base, campaigns=n, lists=n, busy=10, busy_lists=10)) for n in sizes],
                "all are busy": [Point(n, replace(base, campaigns=n, lists=n)) for n in sizes],
            },
        ),
        Curve(
            "lists",
            "calling lists of 40 campaigns",
            {
                "60 are busy": [Point(n, replace(base, lists=n, busy_lists=60)) for n in lists],
                "all are busy": [Point(n, replace(base, lists=n)) for n in lists],
            },
        ),
        Curve(
            "statistics",
            "statistics under two profiles, every object reported with each 2,000 events",
            {"": [Point(n, base, statistics(n), clock_ms=_LIVE_MS) for n in (10, 30, 100, 300, 1_000)]},
        ),
        Curve(
            "window",
            "minutes of a Sliding window, steps of 10 s",
            {
                "": [
                    Point(size / _MINUTE, replace(base, campaigns=10, lists=10, rate=_WINDOW_RATE), sliding(size), fill_s=24 * _HOUR)
                    for size in (_MINUTE, 15 * _MINUTE, 2 * _HOUR, 24 * _HOUR)
                ]
            },
        ),
        Curve(
            "partitions",
            "partitions that share 8,000 events a round, 1,000 campaigns",
            {"": [Point(n, replace(base, campaigns=1_000, lists=1_000, partitions=n), size=4 * CHUNK) for n in (4, 16, 64, 256)]},
        ),
        Curve(
            "late",
            "% of the events up to 10 minutes late",
            {"": [Point(100 * share, replace(base, late_share=share)) for share in (0.0, 0.05, 0.1, 0.25, 0.5)]},
            logarithmic=False,
        ),
        Curve(
            "hot",
            "% of the traffic in one of 40 campaigns",
            {"": [Point(100 * share, replace(base, hot_share=share)) for share in (0.0, 0.5, 0.9, 0.99)]},
            logarithmic=False,
        ),
        Curve(
            "wide",
            "campaigns in turn in a chunk of 2,000, a list each",
            {"": [Point(n, replace(base, campaigns=n, lists=n, in_turn=True)) for n in (1, 10, 100, 1_000, 2_000)]},
        ),
    ]


def statistics(count: int) -> str:
    """So many statistics, each in today's window and in a Sliding one of a quarter of an hour."""
    text = "".join(f"[profile.{kind}]\n{replay.PROFILES[kind]}\n" for kind in ("growing", "sliding"))
    for number, table in enumerate(islice(replay.bodies("growing"), count)):
        text += f'[statistic.s{number}]\n{table}\nprofiles = ["growing", "sliding"]\n'
    return text


def sliding(size_s: int) -> str:
    """Twenty statistics in a Sliding window."""
    return replay.definitions(["sliding"], {"sliding": f'kind = "sliding"\nsize = {size_s}\nstep = 10'})


class Run:
    """One point being measured: a driver, where its records come from, and the clock."""

    def __init__(self, point: Point) -> None:
        text = point.definitions or default_definitions()
        self.driver = Driver(parse_definitions(text, "benchmark"), partitions=point.traffic.partitions)
        self._point = point
        self._source = Source(point.traffic)
        self._now = START_MS + 7 * 24 * _HOUR * 1_000

    def prepare(self, events: int) -> None:
        """Start every campaign, give every list an event, fill the windows, and warm up with so many events."""
        for partition, started in self._source.started().items():
            for low in range(0, len(started), CHUNK):
                self.driver.round(NAMES.campaign_events, {partition: started[low : low + CHUNK]}, self._now)
        if self._point.fill_s:
            self._source.rate = _FILL_RATE
            self.work(round(self._point.fill_s * _FILL_RATE))
            self._source.rate = self._point.traffic.rate
        self._through(self._source.everywhere(self._point.size))
        self._now += _SETTLE_MS
        self.work(events)

    def work(self, events: int) -> None:
        """Go through so many events, at least one round of them."""
        self._through(self._source.rounds(max(events, self._point.size), self._point.size))

    def _through(self, rounds: Iterable[dict[int, list[SourceRecord]]]) -> None:
        for records in rounds:
            self._now += self._point.clock_ms * self._point.size // CHUNK
            self.driver.round(NAMES.call_results, records, self._now)


def measure(point: Point, events: int) -> Figure:
    """One point, in a state of its own."""
    run = Run(point)
    run.prepare(events // 2)
    run.driver.spent = spent = Spent()
    collect_seldom()
    run.work(events)
    return Figure(point.at, **spent.us_per_event(), reports=spent.reports / spent.events, changes=spent.changes / spent.events)


def table(measured: dict[str, dict[str, list[Figure]]]) -> Iterator[str]:
    """Every figure as lines of Markdown; ``times`` is what a point costs of what its line's first does."""
    yield "| curve | at | µs an event | times | decode | apply | lists | reports an event | changelog records an event |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, lines in measured.items():
        for line, figures in lines.items():
            for one in figures:
                steps = f"{one.decode:.1f} | {one.apply:.1f} | {one.lists:.1f} | {one.reports:.2f} | {one.changes:.2f}"
                title = f"{name}, {line}" if line else name
                yield f"| {title} | {one.at:,g} | {one.us:.1f} | {one.us / figures[0].us:.1f} | {steps} |"


def picture(chosen: Iterable[Curve], measured: dict[str, dict[str, list[Figure]]]) -> str:
    """Every curve as a panel of one SVG."""
    return draw(
        [
            Panel(
                curve.name,
                curve.axis,
                "µs an event",
                {name: [(one.at, one.us) for one in figures] for name, figures in measured[curve.name].items()},
                curve.logarithmic,
            )
            for curve in chosen
        ]
    )


def main() -> None:
    """Measure every curve, or those that are named."""
    names = [curve.name for curve in curves()]
    given = argparse.ArgumentParser(description="CPU time an event against the size of everything, without Kafka.")
    given.add_argument("curves", nargs="*", help=f"which: {', '.join(names)}; all if none is named")
    given.add_argument("--events", type=int, default=EVENTS, help="events measured at each point")
    given.add_argument("--quick", action="store_true", help="the ends of each curve with few events: shows that it works, measures nothing")
    given.add_argument("--out", type=Path, default=Path("build/growth"), help="folder for growth.svg, growth.json and growth.md")
    asked = given.parse_args()
    if unknown := set(asked.curves) - set(names):
        given.error(f"no curve is called {', '.join(sorted(unknown))}")
    console = Console(stderr=True)
    chosen = [_few(curve) if asked.quick else curve for curve in curves() if curve.name in (asked.curves or names)]
    measured: dict[str, dict[str, list[Figure]]] = {}
    for curve in chosen:
        began = time.process_time()
        measured[curve.name] = {
            name: [measure(point, QUICK if asked.quick else asked.events) for point in points] for name, points in curve.lines.items()
        }
        console.print(f"{curve.name}: {time.process_time() - began:.0f} CPU-seconds")
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "growth.svg").write_text(picture(chosen, measured), encoding="utf-8")
    text = "\n".join(table(measured)) + "\n"
    (asked.out / "growth.md").write_text(text, encoding="utf-8")
    print(text, file=sys.stderr)
    figures = {name: {line: [asdict(one) for one in found] for line, found in lines.items()} for name, lines in measured.items()}
    (asked.out / "growth.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: round(found[-1].us / found[0].us, 1) for name, lines in measured.items() for found in [[*lines.values()][-1]]}))


def _few(curve: Curve) -> Curve:
    """The first two points of each line, made small."""
    return replace(curve, lines={name: [_small(point) for point in points[:2]] for name, points in curve.lines.items()})


def _small(point: Point) -> Point:
    traffic = replace(point.traffic, campaigns=min(point.traffic.campaigns, 100), lists=min(point.traffic.lists, 100))
    return replace(point, traffic=traffic, size=min(point.size, QUICK // 2), fill_s=min(point.fill_s, QUICK))


if __name__ == "__main__":
    main()
