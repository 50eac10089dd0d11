"""`dialstat simulate`: events of simulated campaigns, to a file or onto Kafka."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Annotated, Any, cast

import orjson
import typer

from cli.errors import UsageError
from cli.instants import parse_instant
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.progress import Counted, note
from cli.site import outside_broker
from simulator.pacing import pace
from simulator.scenario import PRESETS, Scenario, preset
from simulator.simulate import simulate as events_of
from topologies.declaration import Role, declare
from topologies.durations import in_ms, parse_duration
from topologies.inputs import DELIVERY_SECONDS, InputWriter
from topologies.kafka import connect
from topologies.records import registry_of
from topologies.settings import Settings
from topologies.sources import Configuration
from topologies.topics import require

Event = Mapping[str, Any]
Write = Callable[[Event], None]


def simulate(  # noqa: PLR0913 - one for each thing that can be asked for
    configuration: Configuration,
    *,
    name: Annotated[str, typer.Option("--preset", metavar="|".join(PRESETS), help="The site that is simulated")] = "demo",
    seed: Annotated[int, typer.Option("--seed", help="Other seeds give other events, the same seed the same")] = 1,
    rate: Annotated[float | None, typer.Option("--rate", min=0.001, metavar="EVENTS_PER_SECOND", help="What the site is sized for")] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="As fast as it can, not in real time; simulated time then begins where the preset says")
    ] = False,
    start: Annotated[
        str | None, typer.Option("--start", metavar="TIME", help="With --fast: where simulated time begins; ISO 8601 or ms")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, metavar="EVENTS", help="Stop after so many")] = None,
    lasting: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="Stop after so much simulated time: 10m, 8h")] = None,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write; .gz is packed, - is standard output")] = "-",
    kafka: Annotated[bool, typer.Option("--kafka", help="Write onto the input topics of --brokers instead")] = False,
    timeout: TIMEOUT = 10.0,
) -> None:
    """Make events of simulated campaigns, in the offline form or straight onto Kafka.

    In real time until Ctrl-C, unless told otherwise.
    """
    scenario = _scenario(name, seed, rate, _start(start, fast=fast), lasting)
    events: Iterator[Event] = itertools.islice(events_of(scenario), count)
    if not fast:
        events = pace(cast("Iterator[Any]", events), _now_ms, time.sleep)
    opened = _onto_kafka(configuration.settings, timeout) if kafka else _to_file(out, at_once=not fast)
    with opened as write, Counted("events", count) as made, contextlib.suppress(KeyboardInterrupt):
        for number, event in enumerate(events, start=1):
            write(event)
            made.reach(number)
    note(f"{made.count} events simulated")


def _scenario(name: str, seed: int, rate: float | None, start_ms: int | None, lasting: str | None) -> Scenario:
    try:
        scenario = replace(preset(name, seed=seed, start_ms=start_ms), rate=rate)
        return scenario if lasting is None else replace(scenario, until_ms=scenario.start_ms + in_ms(parse_duration(lasting)))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _start(text: str | None, *, fast: bool) -> int | None:
    if fast:
        return None if text is None else parse_instant(text)
    if text is not None:
        raise UsageError("--start needs --fast: in real time, simulated time begins now")
    return _now_ms()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextlib.contextmanager
def _to_file(name: str, *, at_once: bool) -> Iterator[Write]:
    with _opened(name) as file:

        def write(event: Event) -> None:
            file.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
            if at_once:
                file.flush()

        yield write
        file.flush()


@contextlib.contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdout.buffer
        return
    path = Path(name)
    with path.open("wb") as plain:
        if path.suffix != ".gz":
            yield plain
            return
        with gzip.open(plain, "wb") as packed:
            yield cast("IO[bytes]", packed)


@contextlib.contextmanager
def _onto_kafka(settings: Settings, timeout: float) -> Iterator[Write]:
    brokers = outside_broker(settings)
    require(connect(brokers, timeout)[1], tuple(declare(settings).of_role(Role.INPUT)))
    with InputWriter(brokers, registry_of(settings), settings.topic_prefix, max(timeout, DELIVERY_SECONDS)) as writer:
        yield writer.write


SIMULATE = Command(
    simulate,
    uses=(*KAFKA, *REGISTRY),
    examples="""
    dialstat simulate
    dialstat simulate --fast --preset site --for 8h --seed 7 --out day.jsonl.gz
    dialstat simulate --kafka --brokers localhost:9092 --preset demo
    dialstat simulate --kafka --brokers localhost:9092 --preset wide --rate 2000
    """,
)
