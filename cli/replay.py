"""`dialstat replay`: a file through the same engine as the workers run, without Kafka or a clock (contract 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agents.replay import run_replay
from cli.instants import parse_instant
from cli.options import Command
from cli.progress import EVENTS_FILE, Counted, note, open_events
from topologies.definitions import load_definitions
from topologies.limits import limits_of
from topologies.sources import Configuration


def replay(
    configuration: Configuration,
    events: EVENTS_FILE,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go; made if it is not there")],
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Also report every object as of this time: ISO 8601 (UTC without an offset) or ms; may be given again",
        ),
    ] = None,
) -> None:
    """Compute actions and statistics from a file of events.

    Writes actions.jsonl, statistics.jsonl (final reports, and those of each --at) and dead_letters.jsonl (the lines that were
    not counted, and why).
    """
    instants = [parse_instant(text) for text in at or ()]
    definitions = load_definitions(configuration.settings)
    with open_events(events, "reading") as source, Counted("events applied") as applied:
        run_replay(source, definitions, limits_of(configuration.settings), instants, out, applied.reach)
    note(f"{applied.count} events applied; results in {out}")


REPLAY = Command(
    replay,
    uses=("definitions", "allowed_lateness", "chain_retention"),
    examples="""
    dialstat replay events.jsonl.gz --out results
    dialstat replay events.jsonl --definitions my.toml --out results --at 2008-05-05T10:00:00Z --at 1210000000000
    zcat events.jsonl.gz | dialstat replay - --out results
    """,
)
