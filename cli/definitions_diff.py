"""`dialstat definitions diff`: what a change of definitions would have done to a recorded day."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agents.replay import Input, read_input
from cli.errors import FAILED, UsageError
from cli.instants import parse_instant, shown_instant
from cli.options import Command
from cli.progress import Counted, note, open_events
from topologies.definitions import load_definitions
from topologies.definitions_diff import Changed, Compared, Difference, Moment, ObjectName, changed_tables, compare
from topologies.limits import limits_of
from topologies.sources import Configuration

ABSENT = "-"


def diff(
    configuration: Configuration,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Definitions as they are")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Definitions as they are to be")],
    events: Annotated[
        str,
        typer.Option(
            "--events",
            metavar="FILE",
            help="What was recorded, in the offline form; .gz is unpacked, - is standard input",
            show_default=False,
        ),
    ],
    at: Annotated[
        list[str] | None,
        typer.Option("--at", metavar="TIME", help="Also compare every object as of this time: ISO 8601 or ms; may be given again"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, metavar="N", help="List at most so many values")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line, without a limit")] = False,
) -> None:
    """Show what a change of definitions would have done to recorded events, by object and statistic.

    Compared are the last final report of every window, and every object at the end of the events and at each --at. The exit code is 1 if
    a value differs or only one of both has it.
    """
    instants = [parse_instant(text) for text in at or ()]
    before, after = (load_definitions(configuration.settings, file) for file in (old, new))
    tables = list(changed_tables(*(tomllib.loads(path.read_text(encoding="utf-8")) for path in (old, new))))
    with open_events(events, "reading") as source:
        given = _some_events(read_input(source, limits_of(configuration.settings)), events)
    with Counted("events applied") as applied:
        compared = compare(given, before, after, limits_of(configuration.settings), instants, applied.reach)
    _tell_uncounted(given, events)
    for line in _json_lines(tables, compared) if as_json else _text_lines(tables, compared, limit):
        typer.echo(line)
    if compared.differences or compared.lone:
        raise typer.Exit(FAILED)


def _some_events(given: Input, file: str) -> Input:
    """The input, unless all that is in it is something else: then nothing would differ whatever is changed."""
    if given.bad and not given.count:
        first = min(given.bad, key=lambda bad: bad.line)
        raise UsageError(f"{file}: no line is an event of the offline form; of line {first.line}: {first.refusal.detail}")
    return given


def _tell_uncounted(given: Input, file: str) -> None:
    """Either replay sets the same lines aside."""
    if lines := {bad.line for bad in given.bad}:
        note(f"lines of {file} that are not counted: {len(lines):,}; `dialstat replay` writes which, and why")


def _json_lines(tables: list[Changed], compared: Compared) -> Iterator[str]:
    for table in tables:
        yield orjson.dumps({"table": table.table, "keys": table.keys, "old": table.old, "new": table.new}, default=str).decode()
    for lone in compared.lone:
        yield orjson.dumps({**_named(lone.name), **lone.moment._asdict(), "only": lone.side, "values": lone.values}).decode()
    for one in compared.differences:
        yield orjson.dumps({**_named(one.name), **one.moment._asdict(), "statistic": one.statistic, **one.values}).decode()


def _named(name: ObjectName) -> dict[str, str | None]:
    return dict(zip(("object_type", "tenant", "campaign", "group", "calling_list"), name, strict=True))


def _text_lines(tables: list[Changed], compared: Compared, limit: int) -> Iterator[str]:
    yield from map(_told, tables)
    if not tables:
        yield "The definitions are the same."
    yield ""
    counts = Counter(one.statistic.partition("{")[0] for one in compared.differences)
    told = "".join(f"; {name} {count:,}" for name, count in counts.most_common())
    for side in ("old", "new"):
        if lone := Counter(one.moment.profile for one in compared.lone if one.side == side):
            yield f"reports that only {side.upper()} makes: {', '.join(f'{profile} {number:,}' for profile, number in lone.items())}"
    yield f"{len(compared.differences):,} of {compared.values:,} values of {compared.reports:,} reports that both make differ{told}"
    yield from _listed(islice(compared.listed(), limit))
    if compared.listed_count > limit:
        yield f"and {compared.listed_count - limit:,} more; --limit lists them, --json prints all"


def _told(table: Changed) -> str:
    if table.old is None or table.new is None:
        return f"{'added  ' if table.old is None else 'removed'}  {table.table}"
    keys = (f"{key} {_key(table.old, key)} → {_key(table.new, key)}" for key in table.keys)
    return f"changed  {table.table}: {', '.join(keys)}"


def _key(table: Mapping[str, Any], key: str) -> str:
    return orjson.dumps(table[key], default=str).decode() if key in table else ABSENT


def _listed(differences: Iterable[Difference]) -> Iterator[str]:
    """A table as lines, none where there is nothing to list; nothing is cut, however narrow the terminal."""
    table = Table("object", "profile", "window", "statistic", "old", "new", box=None, pad_edge=False)
    for one in differences:
        kind, *names = one.name
        values = (_value(one.values, side) for side in ("old", "new"))
        table.add_row(f"{kind} {'/'.join(name for name in names if name)}", one.moment.profile, _window(one.moment), one.statistic, *values)
    if not table.row_count:
        return
    console = Console(width=10_000, color_system=None)
    with console.capture() as captured:
        console.print(table, markup=False)
    yield from (line.rstrip() for line in captured.get().splitlines())


def _window(moment: Moment) -> str:
    start, as_of = shown_instant(moment.window_start), shown_instant(moment.as_of)
    if start == as_of:
        return f"at {as_of}"
    return f"{start} {'to' if moment.final else 'until'} {as_of}"


def _value(values: Mapping[str, Any], side: str) -> str:
    """A value as JSON; a state without its times, which are of the events alone and so the same under all definitions."""
    match values.get(side):
        case {"status": status, "dial_mode": mode, "conditions": conditions}:
            return " ".join(filter(None, (status, mode, *conditions)))
    return _key(values, side)


DIFF = Command(
    diff,
    uses=("allowed_lateness", "chain_retention"),
    examples="""
    dialstat definitions diff definitions.toml changed.toml --events yesterday.jsonl.gz
    dialstat definitions diff definitions.toml changed.toml --events yesterday.jsonl.gz --at 2026-01-05T12:00:00Z --json
    """,
)
