"""`dialstat describe`: the topology and the settings in force."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import EVERY, Command
from topologies.declaration import declare
from topologies.describe import describe_mermaid, describe_settings, describe_text
from topologies.limits_page import limits_table
from topologies.reasons import reasons_table
from topologies.sources import Configuration


class Format(StrEnum):
    """What is printed, and how."""

    TEXT = "text"
    MERMAID = "mermaid"
    SETTINGS = "settings"
    REASONS = "reasons"
    LIMITS = "limits"


def describe(
    configuration: Configuration,
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="text: agents, topics, settings; mermaid: a diagram; settings, limits, reasons of dead letters: as Markdown"
        ),
    ] = Format.TEXT,
) -> None:
    """Print the topology as these settings make it: agents, topics, state, and where each setting was set."""
    topology = declare(configuration.settings)
    match form:
        case Format.TEXT:
            text = describe_text(topology, configuration)
        case Format.MERMAID:
            text = describe_mermaid(topology)
        case Format.SETTINGS:
            text = describe_settings()
        case Format.REASONS:
            text = reasons_table()
        case Format.LIMITS:
            text = limits_table()
    typer.echo(text, nl=False)


DESCRIBE = Command(
    describe,
    uses=EVERY,
    examples="""
    dialstat describe --config dialstat.toml
    dialstat describe --format mermaid --topic-prefix test-
    """,
)
