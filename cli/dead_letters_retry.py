"""`dialstat dead-letters retry`: dead letters sent again to where they came from, each exactly once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Final

import typer

from cli.errors import FAILED, INTERRUPTED, UsageError
from cli.letters import CAMPAIGN, REASON, RETRIES, SINCE, TOPIC, UNTIL, LetterSite, retried, summary, table
from cli.options import KAFKA, REGISTRY, TIMEOUT, Command
from cli.progress import Counted, note
from topologies.dead_letters import DeadLetter, Wanted
from topologies.retries import BATCH, Retry, RetryWriter
from topologies.sources import Configuration
from topologies.topics import require

_KINDS_TOLD: Final = 20


def retry(  # noqa: PLR0913 - one for each thing that can be asked for
    configuration: Configuration,
    *,
    letters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LETTER]...", help="By place, as list prints it; without any, all that the options choose"),
    ] = None,
    reason: REASON = None,
    campaign: CAMPAIGN = None,
    topic: TOPIC = None,
    since: SINCE = None,
    until: UNTIL = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most so many")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be sent, and send nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking")] = False,
    timeout: TIMEOUT = 10.0,
) -> None:
    """Send dead letters again to where they came from, each exactly once.

    Key, value and headers go as they came, in the order in which they were written. What was sent again is never sent a second time, also
    if the command was killed, or is run twice. What fails again is another letter, which can be retried. The exit code is 1 if you say no.
    """
    site = LetterSite(configuration.settings, timeout)
    wanted = site.wanted(letters, reason, topic, campaign, since, until)
    require(site.metadata, [site.topology.topic(RETRIES)])
    sources = _sources(site)
    if dry_run:
        chosen = _chosen(site, wanted, site.retries(), sources)[:limit]
        for line in table(chosen, {}):
            typer.echo(line)
        note(f"{len(chosen):,} letters would be sent again")
        return
    writer = RetryWriter(site.brokers, site.notes, sources, timeout)
    retries = site.retries()  # only now: what another retry was in the middle of is decided
    chosen = _chosen(site, wanted, retries, sources)[:limit]
    if not chosen:
        note("no letter is to be sent again")
        return
    if not yes:
        _ask(chosen)
    _send(writer, chosen, site.gone(retries))


def _sources(site: LetterSite) -> dict[str, int]:
    """The topics that workers read, which are all that a letter can be sent to, and how many partitions each has."""
    read = {topic.name for agent in site.topology.agents for topic in agent.inputs}
    return {topic: site.partitions(topic) for topic in read if topic in site.known}


def _chosen(site: LetterSite, wanted: Wanted, retries: Mapping[str, Retry], sources: Collection[str]) -> list[DeadLetter]:
    """The letters to send, in the order in which their records were written."""
    found = list(site.letters(wanted))
    absent = wanted.places - {letter.place for letter in found}
    if absent:
        raise UsageError(f"not among the letters that the options choose: {', '.join(map(str, sorted(absent)))}")
    again = [letter for letter in found if retried(letter, retries) is not None]
    strangers = Counter(letter.origin.topic for letter in found if letter.origin.topic not in sources)
    if again:
        note(f"{len(again):,} letters were sent again before, and are not a second time")
    for topic, count in strangers.items():
        note(f"{count:,} letters came from {topic}, which no worker of this app reads: they are not sent")
    without = sum(letter.left_out for letter in found)
    if without:
        note(f"{without:,} letters are without their bytes, which were too many: they are not sent")
    left = [letter for letter in found if retried(letter, retries) is None and letter.origin.topic in sources and not letter.left_out]
    return sorted(left, key=lambda letter: letter.origin)


def _ask(chosen: Sequence[DeadLetter]) -> None:
    for line in summary(chosen, {}, _KINDS_TOLD):
        note(line)
    if not typer.confirm(f"Send {len(chosen):,} letters again?", err=True):
        note("nothing was sent")
        raise typer.Exit(FAILED)


def _send(writer: RetryWriter, chosen: Sequence[DeadLetter], gone: Sequence[str]) -> None:
    done = 0
    try:
        with Counted("letters sent", len(chosen)) as counted:
            for batch in _batches(chosen):
                writer.send(batch, time.time_ns() // 1_000_000, () if done else gone)
                done += len(batch)
                counted.reach(done)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        note(f"{done:,} of {len(chosen):,} letters were sent again")


def _batches(chosen: Sequence[DeadLetter]) -> Iterator[Sequence[DeadLetter]]:
    return (chosen[start : start + BATCH] for start in range(0, len(chosen), BATCH))


RETRY = Command(
    retry,
    uses=(*KAFKA, *REGISTRY, "app"),
    examples="""
    dialstat dead-letters retry --brokers localhost:9092 --reason too_late --dry-run
    dialstat dead-letters retry --brokers localhost:9092 --reason too_late --campaign spring --since 2026-01-05T09:00
    dialstat dead-letters retry dead-letters:0:17 dead-letters:2:4 --brokers localhost:9092 --yes
    """,
)
