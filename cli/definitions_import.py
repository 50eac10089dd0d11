"""`dialstat definitions import`: the options of a Genesys Stat Server as definitions of ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from cli.errors import UsageError
from cli.options import Command
from topologies.sources import Configuration
from topologies.stat_server import ALL, Choice, Import, import_export
from topologies.stat_server_export import Export, ExportError, parse_export
from topologies.stat_server_report import definitions_text, report_text

_PROFILES = typer.Option(metavar="NAME", help=f"A time profile for what is computed over time; may be given again; {ALL}: every one")
_RANGES = typer.Option(metavar="NAME", help=f"A time range for what is computed in one; may be given again; {ALL}: every one, as without")
_TIMEZONE = typer.Option(metavar="ZONE", help="Where the Stat Server's clock is, an IANA name such as Europe/Paris; else UTC")
_COMMENTS = typer.Option("--comments/--no-comments", help="Tell above each statistic where it comes from and in what it differs")


def import_definitions(
    configuration: Configuration,  # noqa: ARG001 - every command is given the settings
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The exported options, as text; - is standard input")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write the definitions; else standard output")] = None,
    profiles: Annotated[list[str] | None, _PROFILES] = None,
    ranges: Annotated[list[str] | None, _RANGES] = None,
    timezone: Annotated[str | None, _TIMEZONE] = None,
    comments: Annotated[bool, _COMMENTS] = True,
) -> None:
    """Take over the stat types of a Genesys Stat Server.

    Writes definitions, and on standard error a report: what was taken over, what is different, what can't be, each with its line and
    the reason. A file that is there already is not written over.
    """
    name = "standard input" if str(file) == "-" else str(file)
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    export, found = _import(data, name, Choice(profiles or (), ranges or (), _zone(timezone)))
    report = report_text(found, name, export.encoding)
    if not found.statistics:
        typer.echo(report, err=True)
        raise UsageError(f"{name}: none of its stat types can be taken over, so there is nothing to write")
    text = definitions_text(found, Path(name).name, comments=comments)
    if out is None:
        typer.echo(text, nl=False)
    else:
        with out.open("x", encoding="utf-8") as target:
            target.write(text)
    typer.echo(report, err=True, nl=False)


def _import(data: bytes, name: str, choice: Choice) -> tuple[Export, Import]:
    try:
        export = parse_export(data)
        return export, import_export(export, choice)
    except ExportError as error:
        raise UsageError(f"{name}: {error}") from error


def _zone(name: str | None) -> str | None:
    try:
        return name and ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"--timezone: {name!r} is not the name of an IANA time zone, such as Europe/Paris") from error


IMPORT = Command(
    import_definitions,
    examples="""
    dialstat definitions import stat_server.cfg --timezone Europe/Paris --out my-definitions.toml
    dialstat definitions import stat_server.cfg --profiles Today --profiles LastHour > my-definitions.toml
    """,
)
