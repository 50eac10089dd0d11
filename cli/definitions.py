"""`dialstat definitions`: check a file of definitions, print the shipped one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Command
from engine.definitions import default_definitions
from engine.reference import reference as statistics_reference
from topologies.definitions import SHIPPED, load_definitions
from topologies.sources import Configuration


def check(
    configuration: Configuration,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The definitions; without it, those that the settings name")] = None,
) -> None:
    """Check a file of definitions and say what it defines.

    All mistakes are reported at once, each with its line, its name and what would be right; the exit code is 2 then.
    """
    path = file or configuration.settings.definitions
    definitions = load_definitions(path)
    per_profile = Counter(profile for statistic in definitions.statistics for profile in statistic.profiles)
    profiles = ", ".join(f"{name} ({per_profile[name]})" for name in definitions.profiles)
    typer.echo(f"{path or SHIPPED}: {len(definitions.statistics)} statistics; profiles: {profiles}")


def default(configuration: Configuration) -> None:  # noqa: ARG001 - every command is given the settings
    """Print the definitions that are shipped, to start your own from."""
    typer.echo(default_definitions(), nl=False)


def reference(configuration: Configuration) -> None:  # noqa: ARG001 - every command is given the settings
    """Print what can be defined: every category and profile, of which actions and for which objects, in Markdown."""
    typer.echo(statistics_reference(), nl=False)


CHECK = Command(
    check,
    uses=("definitions",),
    examples="""
    dialstat definitions check my-definitions.toml
    dialstat definitions check
    """,
)
DEFAULT = Command(default, examples="dialstat definitions default > my-definitions.toml")
REFERENCE = Command(reference, examples="dialstat definitions reference")
