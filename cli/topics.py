"""`dialstat topics`: make the topics, list them and what is wrong with them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.errors import FAILED, UsageError
from cli.options import KAFKA, TIMEOUT, Command
from cli.site import outside_broker
from topologies.declaration import declare
from topologies.rights import ROLES
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


def acls(
    configuration: Configuration,
    principal: Annotated[str, typer.Argument(metavar="PRINCIPAL", help="Who is to be allowed, such as User:dialstat")],
    role: Annotated[str, typer.Option("--for", metavar="ROLE", help=f"What it is: {', '.join(ROLES)}")] = "worker",
) -> None:
    """Print the commands of Kafka that allow what a worker needs, and no more; also for its page, for dialers, and for readers."""
    settings = configuration.settings
    if role not in ROLES:
        raise UsageError(f"--for: {role!r} is none of {', '.join(ROLES)}")
    brokers = "localhost:9092" if settings.embedded else settings.brokers
    for right in ROLES[role](declare(settings)):
        typer.echo(right.command(principal, brokers))


CREATE = Command(
    create,
    uses=(*KAFKA, "app", "partitions", "replication_factor"),
    examples="""
    dialstat topics create --brokers localhost:9092
    dialstat topics create --brokers kafka1:9092,kafka2:9092 --partitions 12 --replication-factor 3
    """,
)
ACLS = Command(
    acls,
    uses=(*KAFKA, "app"),
    examples="""
    dialstat topics acls User:dialstat --brokers kafka1:9093
    dialstat topics acls User:dialer --for dialer | sh
    """,
)
LIST = Command(list_topics, uses=(*KAFKA, "app"), examples="dialstat topics list --brokers localhost:9092")
