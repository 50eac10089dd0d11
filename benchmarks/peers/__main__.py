"""``python -m benchmarks.peers``: the same two jobs done by dialstat and by others; writes peers.md, peers.svg and peers.json.

Each peer is a process of its own on an otherwise idle broker. CPU-seconds are that process's alone, from the commit that passes the
warm-up's share of the events to the last record that it wrote.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

from benchmarks.peers import inputs, processes, recount, written
from benchmarks.peers.inputs import JOBS, Input
from benchmarks.peers.peers import PEERS, Peer, Place
from benchmarks.peers.processes import PeerError
from benchmarks.peers.topics import Topics
from benchmarks.peers.written import Outcome
from benchmarks.pipeline import broker, create_topics

_SAMPLE_S: Final = 0.1
_SCRAPE_S: Final = 0.5
"""Where the peer has to answer itself, it is asked seldom enough not to be a part of what is measured."""


@dataclass(slots=True)
class Bench:
    """A broker with the input on it, as far as it was asked for."""

    topics: Topics
    folder: Path
    given: Input
    warm_up: float
    limit_s: float
    _loaded: set[str] = field(default_factory=set)

    def run(self, peer: Peer, job: str, events: int) -> Outcome:
        """One peer, one job, from an empty output to the recount."""
        part = self.given.part(events)
        prefix = f"{peer.name}-{job}."
        place = Place(job, self.topics.bootstrap, self._input(peer, prefix, part), prefix, self.folder / f"{peer.name}-{job}", events)
        if not peer.own_input:
            self.topics.create([f"{prefix}{name}" for names in peer.outputs.values() for name in names])
        try:
            figures, load = self._measure(peer, place)
            return Outcome(peer.name, peer.label, job, events, figures, self._judge(peer, job, part, prefix), load=load)
        finally:
            self.topics.delete(prefix)

    def _input(self, peer: Peer, prefix: str, part: Input) -> str:
        """The topic with so many events, loaded once for all that read it."""
        topic = f"{prefix}call-results" if peer.own_input else f"calls-{len(part.records)}"
        if peer.own_input:
            create_topics(self.topics.bootstrap, prefix)
        elif topic not in self._loaded:
            self.topics.create([topic])
        if topic not in self._loaded:
            inputs.load(self.topics.bootstrap, topic, part)
        if not peer.own_input:
            self._loaded.add(topic)
        return topic

    def _measure(self, peer: Peer, place: Place) -> tuple[processes.Measured, float]:
        command = peer.command(place)
        group = self.topics.progress(f"{place.prefix}app", place.topic)
        with group as committed, processes.running(command) as (process, log):
            told = {"offsets": committed, "log": lambda: processes.said(log), "metrics": lambda: processes.counted(log)}
            every_s = _SCRAPE_S if peer.progress == "metrics" else _SAMPLE_S
            samples = processes.watch(process, log, told[peer.progress], place.events, every_s=every_s, limit_s=self.limit_s)
            load = os.getloadavg()[0]
            written_to = [f"{place.prefix}{name}" for name in chain(*peer.outputs.values())]
            end = self.topics.at_last_write(written_to, self.limit_s, lambda: processes.sample(process.pid, place.events))
            figures = processes.measured(samples, end, self.warm_up, processes.peak_mb(process.pid))
        return figures, load

    def _judge(self, peer: Peer, job: str, part: Input, prefix: str) -> recount.Verdict:
        def values(what: str) -> Iterator[bytes]:
            return (value for name in peer.outputs[what] for _key, value in self.topics.read(f"{prefix}{name}"))

        return recount.judge(part, job, values("actions"), values("statistics"), passing=peer.passing)


def main() -> int:
    """Run what was asked for; 1 if a peer failed, or nobody ran."""
    asked = _arguments()
    chosen = [peer for peer in PEERS if asked.peers is None or peer.name in asked.peers]
    events = {
        (peer.name, job): _events(asked.events, peer, job, asked.scale) for peer in chosen for job in asked.jobs if job in peer.events
    }
    outcomes: list[Outcome] = []
    ready = [peer for peer in chosen if _prepared(peer, outcomes)]
    runs = [(peer, job, events[peer.name, job]) for job in asked.jobs for peer in ready if (peer.name, job) in events]
    if runs:
        _say(f"simulating {max(count for _, _, count in runs):,} events")
        given = inputs.generate(max(count for _, _, count in runs), asked.rate)
        with tempfile.TemporaryDirectory() as name, broker(Path(name) / "kafka") as running:
            bench = Bench(Topics(running.bootstrap), Path(name), given, asked.warm_up, asked.limit)
            for peer, job, count in runs:
                outcomes.append(_outcome(bench, peer, job, count))
    written.write(asked.out, outcomes, {"rate": asked.rate, "warm_up": asked.warm_up})
    print((asked.out / "peers.md").read_text(encoding="utf-8"))
    return 1 if not runs or any(one.failure for one in outcomes) else 0


def _outcome(bench: Bench, peer: Peer, job: str, count: int) -> Outcome:
    _say(f"{peer.label}: {job}, {count:,} events")
    try:
        outcome = bench.run(peer, job, count)
    except (PeerError, KafkaException, TimeoutError) as error:
        outcome = Outcome(peer.name, peer.label, job, count, failure=str(error))
    _say(f"  {outcome.told()}")
    return outcome


def _prepared(peer: Peer, outcomes: list[Outcome]) -> bool:
    """Whether a peer can run; why not is an outcome, too."""
    try:
        peer.prepare()
    except PeerError as error:
        _say(f"{peer.label} is left out: {error}")
        outcomes.append(Outcome(peer.name, peer.label, "", 0, left_out=str(error)))
        return False
    return True


def _events(given: Mapping[str, int], peer: Peer, job: str, scale: float) -> int:
    for name in (f"{peer.name}:{job}", peer.name, "all"):
        if name in given:
            return given[name]
    return max(1, round(peer.events[job] * scale))


def _counts(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    return name or "all", int(number)


def _arguments() -> argparse.Namespace:
    names = [peer.name for peer in PEERS]
    given = argparse.ArgumentParser(description="The same two jobs on the same broker, done by dialstat and by others.")
    given.add_argument("--peers", nargs="+", choices=names, help="who takes part (default: all)")
    given.add_argument("--jobs", nargs="+", choices=JOBS, default=JOBS, help="default: both")
    given.add_argument(
        "--events",
        nargs="+",
        type=_counts,
        default=[],
        metavar="[PEER[:JOB]=]COUNT",
        help="how many events: for all, for a peer, or for a peer's job (default: as many as it does in a minute or two)",
    )
    given.add_argument("--scale", type=float, default=1.0, help="times the default numbers of events")
    given.add_argument("--rate", type=float, default=2_000.0, help="events per second of event time")
    given.add_argument("--warm-up", type=float, default=0.4, help="share of the events before measuring begins")
    given.add_argument("--limit", type=float, default=900.0, help="seconds after which a peer is given up")
    given.add_argument("--out", type=Path, default=Path("build/peers/outcome"), help="folder for table, picture and JSON")
    asked = given.parse_args()
    asked.events = dict(asked.events)
    return asked


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
