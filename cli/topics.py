"""`dialstat topics`: make the topics, list them and what is wrong with them."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from cli.errors import FAILED
from cli.options import KAFKA, TIMEOUT, Command
from cli.site import outside_broker
from topologies.declaration import declare
from topologies.sources import Configuration
from topologies.topics import FoundTopic, Topics


def create(configuration: Configuration, timeout: TIMEOUT = 10.0) -> None:
    """Make the topics that are missing.

    Topics that are there are left as they are; if one has another number of partitions than `--partitions` says, nothing is made.
    """
    settings = configuration.settings
    topics = Topics(declare(settings), outside_broker(settings), timeout)
    made = topics.create(settings.replication_factor)
    for topic in made:
        typer.echo(f"made {topic.name} ({settings.partitions} partitions, {topic.cleanup})")
    if not made:
        typer.echo("all topics are there")


def list_topics(configuration: Configuration, timeout: TIMEOUT = 10.0) -> None:
    """List the topics, their partitions, and what is wrong with them.

    The exit code is 1 if a topic is missing or is not as it must be.
    """
    settings = configuration.settings
    found = Topics(declare(settings), outside_broker(settings), timeout).found()
    _print(found)
    if any(entry.mistake for entry in found):
        raise typer.Exit(FAILED)


def _print(found: list[FoundTopic]) -> None:
    table = Table("topic", "role", "partitions", "cleanup", "state", box=None, pad_edge=False)
    for entry in found:
        table.add_row(entry.topic.name, entry.topic.role, str(entry.partitions or "-"), entry.cleanup or "-", entry.mistake or "ok")
    console = Console()
    if not console.is_terminal:
        console.width = 200  # a file or a pipe has no width; lines must not be broken there
    console.print(table)


CREATE = Command(
    create,
    uses=(*KAFKA, "app", "partitions", "replication_factor"),
    examples="""
    dialstat topics create --brokers localhost:9092
    dialstat topics create --brokers kafka1:9092,kafka2:9092 --partitions 12 --replication-factor 3
    """,
)
LIST = Command(list_topics, uses=(*KAFKA, "app"), examples="dialstat topics list --brokers localhost:9092")
