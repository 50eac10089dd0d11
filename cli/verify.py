"""`dialstat verify`: published reports held against a recount of their input (domain 7.5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import orjson
import typer

from cli.errors import FAILED, UsageError
from cli.instants import shown_instant
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.progress import Counted, note
from cli.recounting import EVENTS, Site, read_file, reports_of_file
from cli.sampling import Sample
from engine.definitions import Definitions
from recount.inputs import Input
from recount.recounting import Difference, Recount, Verdict
from recount.reports import Report
from topologies.definitions import load_definitions
from topologies.sources import Configuration


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports are to be checked; None is any."""

    campaign: str | None
    profile: str | None
    finals: bool

    def takes(self, report: Report) -> bool:
        """Whether a report is one of them."""
        _, tenant, campaign, *_ = report.name
        named = {campaign, f"{tenant}/{campaign}" if tenant else campaign}
        return (
            (self.campaign is None or self.campaign in named)
            and (self.profile is None or self.profile == report.profile)
            and (report.final or not self.finals)
        )


def verify(  # noqa: PLR0913 - one for each thing that can be asked for
    configuration: Configuration,
    *,
    reports: Annotated[
        str | None, typer.Option("--reports", metavar="FILE", help="Reports that `dialstat replay` wrote; with --events, without a Kafka")
    ] = None,
    events: EVENTS = None,
    sample: Annotated[float, typer.Option("--sample", min=0, max=1, metavar="RATE", help="Check this share of the reports")] = 1.0,
    count: Annotated[int | None, typer.Option("--count", min=1, metavar="N", help="Check at most so many, of all evenly")] = None,
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="NAME", help="Check those of this campaign, or tenant/campaign")
    ] = None,
    profile: Annotated[str | None, typer.Option("--profile", metavar="NAME", help="Check those under this profile")] = None,
    finals: Annotated[bool, typer.Option("--finals", help="Check those of closed windows")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON, one a line")] = False,
    timeout: TIMEOUT = 10.0,
) -> None:
    """Recompute published statistics from their input, and tell every difference.

    Reads reports and the input up to the offsets that they name, and computes their values a second time, by another way than the
    workers'. Definitions, lateness and retention must be those of the workers. The exit code is 1 if a value differs.
    """
    if (reports is None) != (events is None):
        raise UsageError("--reports and --events belong together: the reports of a replay, and the file that was replayed")
    definitions = load_definitions(configuration.settings)
    wanted, chosen = Wanted(campaign, profile, finals), Sample(sample, count)
    given = (
        _from_files(configuration, reports, events, wanted, chosen)
        if reports is not None and events is not None
        else _from_kafka(configuration, timeout, wanted, chosen)
    )
    tally = _check(chosen, definitions, given, as_json=as_json)
    tally.tell(chosen.offered)
    if tally.differing:
        raise typer.Exit(FAILED)


def _from_files(configuration: Configuration, reports: str, events: str, wanted: Wanted, chosen: Sample) -> Input:
    for report in filter(wanted.takes, reports_of_file(reports)):
        chosen.offer(report)
    return read_file(events, configuration.settings)


def _from_kafka(configuration: Configuration, timeout: float, wanted: Wanted, chosen: Sample) -> Input:
    site = Site(configuration.settings, timeout)
    moments: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    with Counted("reports read") as counted:
        for report in site.published():
            counted.reach(counted.count + 1)
            if wanted.takes(report):
                chosen.offer(report)
            if report.name[0] != "CallingList":
                _note_moment(report, site.inputs, moments)
    return site.read(chosen.chosen, moments)


def _note_moment(report: Report, topics: Iterable[str], moments: defaultdict[int, set[tuple[int, int]]]) -> None:
    """A report of a campaign tells how far both topics of its partition had been applied at one moment."""
    reached = {source.topic: source.offset for source in report.inputs}
    of_events, of_results = (reached.get(topic, -1) for topic in topics)
    for partition in report.partitions:
        moments[partition].add((of_events, of_results))


@dataclass(slots=True)
class Tally:
    """What came of all reports."""

    checked: int = 0
    values: int = 0
    differing: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unverified: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Count one more."""
        self.checked += verdict.refusal is None
        self.values += verdict.compared
        self.differing += bool(verdict.differences)
        self.unverified.update(verdict.unverified)
        if verdict.refusal is not None:
            self.refused[verdict.refusal] += 1

    def tell(self, offered: int) -> None:
        """Tell the operator, on standard error; the reports were chosen of ``offered``."""
        note(f"{self.checked:,} of {offered:,} reports checked, {self.values:,} values; {self.differing:,} reports differ")
        for what, reasons in (("reports", self.refused), ("values", self.unverified)):
            for reason, times in reasons.most_common():
                note(f"{times:,} {what} could not be checked: {reason}")


def _check(chosen: Sample, definitions: Definitions, given: Input, *, as_json: bool) -> Tally:
    """Check the sample and print the differences."""
    recount, tally, show = Recount(definitions, given), Tally(), _json if as_json else _line
    with Counted("reports checked", len(chosen.chosen)) as counted:
        for report in chosen.chosen:
            verdict = recount.verify(report)
            tally.add(verdict)
            for difference in verdict.differences:
                typer.echo(show(difference))
            counted.reach(counted.count + 1)
    return tally


def _line(difference: Difference) -> str:
    report = difference.report
    _, *names = report.name
    window = f"{shown_instant(report.window_start)} to {shown_instant(report.as_of)}"
    published, recomputed = (orjson.dumps(value).decode() for value in (difference.published, difference.recomputed))
    return (
        f"{report.where}: {report.object_type} {'/'.join(name for name in names if name)}, {report.profile}, {window}: "
        f"{difference.what} published {published}, recomputed {recomputed}"
    )


def _json(difference: Difference) -> str:
    report = difference.report
    fields = ("object_type", "tenant", "campaign", "group", "calling_list")
    form = {
        "report": report.where,
        **dict(zip(fields, report.name, strict=True)),
        "profile": report.profile,
        "window_start": report.window_start,
        "as_of": report.as_of,
        "final": report.final,
        "statistic": difference.what,
        "published": difference.published,
        "recomputed": difference.recomputed,
    }
    return orjson.dumps(form).decode()


VERIFY = Command(
    verify,
    uses=(*KAFKA, *REGISTRY, "definitions", "allowed_lateness", "chain_retention"),
    examples="""
    dialstat verify --brokers localhost:9092 --count 1000
    dialstat verify --brokers localhost:9092 --campaign spring --finals
    dialstat verify --reports results/statistics.jsonl --events events.jsonl.gz
    """,
)
