"""`dialstat explain`: the events and durable actions behind a published number (domain 7.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Final

import orjson
import typer

from cli.errors import UsageError
from cli.instants import shown_instant
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.recounting import EVENTS, Site, read_file, reports_of_file
from cli.tables import aligned
from engine.definitions import Definitions
from engine.statistic import Statistic
from recount.evidence import STATE, Entry, Explanation
from recount.happened import Applied, Durable, Reading
from recount.inputs import Input
from recount.recounting import Recount
from recount.reports import Report
from recount.window import Counted, Window
from topologies.definitions import load_definitions
from topologies.sources import Configuration


def explain(
    configuration: Configuration,
    report: Annotated[
        str,
        typer.Argument(metavar="REPORT", help="TOPIC:PARTITION:OFFSET, as verify and `tail --offsets` print it; FILE:LINE with --events"),
    ],
    name: Annotated[str, typer.Argument(metavar="STATISTIC", help='One of the report\'s values; of a breakdown also Name{group="g"}')],
    events: EVENTS = None,
    limit: Annotated[int, typer.Option("--limit", min=0, metavar="N", help="List at most so many of each part")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line")] = False,
    timeout: TIMEOUT = 10.0,
) -> None:
    """List what a published number was counted of, by an independent recount of the input.

    Each event with its place in the input; of durable actions the events that began and ended them; of ratios both parts; of a formula the
    same for each statistic that it names. The number recomputed comes last, and the one that was published.
    """
    definitions = load_definitions(configuration.settings)
    found, given = _found(configuration, report, events, timeout)
    statistic = _statistic(definitions, found, name)
    recount = Recount(definitions, given)
    if (reason := recount.unverifiable(found)) is not None:
        raise UsageError(f"{report} can't be explained: {reason}")
    explanation = recount.explain(found, statistic, name.removeprefix(statistic.name))
    published = found.state if statistic.category == STATE else found.values[name]
    if as_json:
        _print_lines(found, explanation, published, limit)
    else:
        _print_text(found, explanation, published, limit)


def _found(configuration: Configuration, where: str, events: str | None, timeout: float) -> tuple[Report, Input]:
    """The report, and the input that it was made of."""
    if events is not None:
        file, _, line = where.rpartition(":")
        if not file or not line.isdecimal():
            raise UsageError(f"{where}: with --events a report is named FILE:LINE")
        for found in reports_of_file(file):
            if found.where == f"{file}:{int(line)}":
                return found, read_file(events, configuration.settings)
        raise UsageError(f"{file} has no report at line {line}")
    topic, _, place = where.partition(":")
    partition, _, offset = place.partition(":")
    if not (topic and partition.isdecimal() and offset.isdecimal()):
        raise UsageError(f"{where}: a report is named TOPIC:PARTITION:OFFSET, such as campaign-statistics:0:17; FILE:LINE needs --events")
    site = Site(configuration.settings, timeout)
    found = site.report((topic, int(partition)), int(offset))
    return found, site.read([found], {})


def _statistic(definitions: Definitions, report: Report, name: str) -> Statistic:
    plain = name.partition("{")[0]
    statistic = next((found for found in definitions.panel(report.profile, report.object_type) if found.name == plain), None)
    if statistic is None or (name not in report.values and statistic.category != STATE):
        raise UsageError(f"{report.where} has no statistic {name}, or the definitions do not; it has {', '.join(report.values)}")
    return statistic


def _print_text(report: Report, explanation: Explanation, published: object, limit: int) -> None:
    names = "/".join(part for part in report.name[1:] if part)
    typer.echo(f"{report.object_type} {names}, {report.profile}, {shown_instant(report.window_start)} to {shown_instant(report.as_of)}")
    for line in _lines(explanation, limit):
        typer.echo(line)
    typer.echo(f"\nrecomputed  {_text(explanation.value)}\npublished   {_text(published)}")


def _lines(explanation: Explanation, limit: int) -> Iterator[str]:
    for named in explanation.named:
        yield from _lines(named, limit)
    statistic = explanation.statistic
    yield f"\n{statistic.name}: {statistic.category}{f' = {statistic.formula.text}' if statistic.formula else ''}"
    for part in explanation.parts:
        yield f"\n  {part.mask}: {part.number:,} {part.what}"
        yield from _tables(part.entries[:limit], explanation.window)
        if len(part.entries) > limit:
            yield f"    and {len(part.entries) - limit:,} more"
    yield f"\n  {statistic.name} = {_text(explanation.value)}"


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _tables(entries: Sequence[Entry], window: Window) -> Iterator[str]:
    """A table of each kind of entries that there are."""
    for kind, head, cells in _TABLES:
        rows = [cells(entry, window) for entry in entries if isinstance(entry, kind)]
        if rows:
            yield from (f"    {line}" for line in aligned([head, *rows]))


def _instant_cells(one: Counted, _: Window) -> tuple[str, ...]:
    return one.action, str(one.times), shown_instant(one.cause.at), _place(one.cause), one.cause.event.event_id


def _durable_cells(one: Durable, window: Window) -> tuple[str, ...]:
    running = one.end is None or one.ended_by is None
    end, ended_by = ("in progress", "") if running else (shown_instant(one.end or 0), _place(one.ended_by or one.begun_by))
    lasted, inside = (f"{ms / 1000} s" for ms in (window.length(one), window.inside(one)))
    return one.action, one.group or "", shown_instant(one.begin), end, lasted, inside, _place(one.begun_by), ended_by


def _reading_cells(one: Reading, _: Window) -> tuple[str, ...]:
    event = one.cause.event
    return str(one.records), event.group or "", event.calling_list or "", shown_instant(one.at), _place(one.cause), event.event_id


_TABLES: Final[tuple[tuple[type, tuple[str, ...], Callable[[Any, Window], tuple[str, ...]]], ...]] = (
    (Counted, ("action", "count", "occurred at", "place", "event"), _instant_cells),
    (Durable, ("action", "group", "begin", "end", "lasted", "in the window", "begun by", "ended by"), _durable_cells),
    (Reading, ("scheduled", "group", "list", "from", "place", "event"), _reading_cells),
)


def _place(applied: Applied) -> str:
    return ":".join(str(part) for part in applied.event.source)


def _print_lines(report: Report, explanation: Explanation, published: object, limit: int) -> None:
    for form in (*_forms(explanation, limit), {"report": report.where, "statistic": explanation.statistic.name, "published": published}):
        typer.echo(orjson.dumps(form).decode())


def _forms(explanation: Explanation, limit: int) -> Iterator[dict[str, Any]]:
    for named in explanation.named:
        yield from _forms(named, limit)
    name = explanation.statistic.name
    for part in explanation.parts:
        for entry in part.entries[:limit]:
            yield {"statistic": name, "mask": part.mask, "part": part.what, **_form(entry, explanation.window)}
        more = max(0, len(part.entries) - limit)
        yield {"statistic": name, "mask": part.mask, "part": part.what, "number": part.number, "more": more}
    yield {"statistic": name, "recomputed": explanation.value}


def _form(entry: Entry, window: Window) -> dict[str, Any]:
    if isinstance(entry, Counted):
        return {"action": entry.action, "count": entry.times, "occurred_at": entry.cause.at, "event": _cause(entry.cause)}
    if isinstance(entry, Reading):
        event = entry.cause.event
        names = {"group": event.group, "calling_list": event.calling_list}
        return {"action": "RecordsScheduled", "records": entry.records, "occurred_at": entry.at, **names, "event": _cause(entry.cause)}
    return {
        "action": entry.action,
        "group": entry.group,
        "begin": entry.begin,
        "end": entry.end,
        "lasted_ms": window.length(entry),
        "inside_ms": window.inside(entry),
        "begun_by": _cause(entry.begun_by),
        "ended_by": None if entry.ended_by is None else _cause(entry.ended_by),
    }


def _cause(applied: Applied) -> dict[str, Any]:
    return {**applied.event.source._asdict(), "event_id": applied.event.event_id, "kind": applied.event.kind}


EXPLAIN = Command(
    explain,
    uses=(*KAFKA, *REGISTRY, "definitions", "allowed_lateness", "chain_retention"),
    examples="""
    dialstat explain campaign-statistics:0:17 HitRatio --brokers localhost:9092
    dialstat explain results/statistics.jsonl:3 HitRatio --events events.jsonl.gz
    dialstat explain results/statistics.jsonl:3 RunningTime --events events.jsonl.gz --json --limit 1000000
    """,
)
