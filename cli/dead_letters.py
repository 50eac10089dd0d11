"""`dialstat dead-letters list` and `show`: what was not counted, and why (contract 6)."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Final

import orjson
import typer

from cli.errors import UsageError
from cli.instants import shown_instant
from cli.letters import CAMPAIGN, REASON, SINCE, TOPIC, UNTIL, LetterSite, form, retried, summary, table
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.progress import note
from cli.tables import hex_lines, on_one_line
from topologies.dead_letters import DeadLetter
from topologies.reasons import REASONS
from topologies.retries import Retry
from topologies.sources import Configuration

_TOLD: Final = 50


def list_letters(  # noqa: PLR0913 - one for each thing that can be asked for
    configuration: Configuration,
    *,
    reason: REASON = None,
    campaign: CAMPAIGN = None,
    topic: TOPIC = None,
    since: SINCE = None,
    until: UNTIL = None,
    in_short: Annotated[bool, typer.Option("--summary", help="Count them by reason, topic and campaign instead")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="The newest N; with --summary, the N most frequent kinds")
    ] = _TOLD,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line")] = False,
    timeout: TIMEOUT = 10.0,
) -> None:
    """List the dead letters: where each stands, where it came from, and why it was not counted."""
    if in_short and as_json:
        raise UsageError("--summary is for people; of --json, other programs count what they need")
    site = LetterSite(configuration.settings, timeout)
    retries, wanted = site.retries(), site.wanted(None, reason, topic, campaign, since, until)
    if in_short:
        for line in summary(site.letters(wanted), retries, limit):
            typer.echo(line)
        return
    found = Counter[None]()
    newest = heapq.nlargest(limit, _counting(site.letters(wanted), found), key=_age)[::-1]
    for line in (orjson.dumps(form(one, retried(one, retries))).decode() for one in newest) if as_json else table(newest, retries):
        typer.echo(line)
    if found.total() > len(newest):
        note(f"the newest {len(newest):,} of {found.total():,} letters; --limit lists more, --summary counts all")


def _counting(letters: Iterator[DeadLetter], found: Counter[None]) -> Iterator[DeadLetter]:
    for letter in letters:
        found[None] += 1
        yield letter


def _age(letter: DeadLetter) -> tuple[int, int, int]:
    return letter.at, letter.place.partition, letter.place.offset


def show(
    configuration: Configuration,
    place: Annotated[str, typer.Argument(metavar="LETTER", help="PARTITION:OFFSET, or dead-letters:PARTITION:OFFSET as list prints it")],
    timeout: TIMEOUT = 10.0,
) -> None:
    """Show all of a dead letter: headers, bytes, fields, and what can be done about it."""
    site = LetterSite(configuration.settings, timeout)
    letter = next(site.letters(site.wanted([place])), None)
    if letter is None:
        raise UsageError(f"{site.topic} has no dead letter {place}")
    for line in _shown(letter, retried(letter, site.retries())):
        typer.echo(line)


def _shown(letter: DeadLetter, retry: Retry | None) -> Iterator[str]:
    known = REASONS.get(letter.reason)
    yield f"letter     {letter.place}, set aside {shown_instant(letter.at)}"
    yield f"came from  {on_one_line(str(letter.origin))}, written {shown_instant(letter.written_at)}"
    yield f"reason     {on_one_line(letter.reason)}{f': {known.when}' if known else ''}"
    yield f"detail     {on_one_line(letter.detail)}"
    yield f"to do      {known.todo if known else 'this release does not know the reason; see the documents of the one that wrote it'}"
    if letter.attempt:
        yield f"it is      attempt {letter.attempt}: {on_one_line(letter.retry_of or '?')}, sent again"
    if retry:
        yield f"retried    {shown_instant(retry.at)}, as {retry.sent_as}; if that failed too, it is a letter of its own"
    yield f"campaign   {on_one_line(letter.campaign or '-')}"
    yield f"key        {'none' if letter.key is None else on_one_line(letter.key.decode(errors='backslashreplace'))}"
    for name, value in letter.headers:
        yield f"header     {on_one_line(name)}: {on_one_line((value or b'').decode(errors='backslashreplace'))}"
    yield ""
    if letter.unreadable is not None:
        yield f"fields     {on_one_line(letter.unreadable)}"
    if letter.fields is not None:
        yield from orjson.dumps(letter.fields, default=repr, option=orjson.OPT_INDENT_2).decode().splitlines()
    yield f"\nvalue      {'none' if letter.value is None else f'{len(letter.value):,} bytes'}"
    yield from hex_lines(letter.value or b"")


LIST = Command(
    list_letters,
    uses=(*KAFKA, *REGISTRY),
    examples="""
    dialstat dead-letters list --brokers localhost:9092 --summary
    dialstat dead-letters list --brokers localhost:9092 --reason too_late --since 2026-01-05 --campaign spring
    dialstat dead-letters list --brokers localhost:9092 --limit 1000000 --json
    """,
)
SHOW = Command(show, uses=(*KAFKA, *REGISTRY), examples="dialstat dead-letters show dead-letters:0:17 --brokers localhost:9092")
