"""`dialstat definitions`: check a file of definitions, run its test cases, print the shipped one and what can be defined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.errors import FAILED, UsageError
from cli.options import Command
from engine.definitions import default_definitions
from engine.definitions_schema import definitions_schema
from engine.reference import reference as statistics_reference
from topologies.cases import Case, CaseError, read_case, run_case
from topologies.definitions import SHIPPED, load_definitions
from topologies.limits import limits_of
from topologies.sources import Configuration


def check(
    configuration: Configuration,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The definitions; without it, those that the settings name")] = None,
) -> None:
    """Check a file of definitions and say what it defines.

    All mistakes are reported at once, each with its line, its name and what would be right; the exit code is 2 then.
    """
    path = file or configuration.settings.definitions
    definitions = load_definitions(configuration.settings, file)
    per_profile = Counter(profile for statistic in definitions.statistics for profile in statistic.profiles)
    profiles = ", ".join(f"{name} ({per_profile[name]})" for name in definitions.profiles)
    typer.echo(f"{path or SHIPPED}: {len(definitions.statistics)} statistics; profiles: {profiles}")


def default(configuration: Configuration) -> None:  # noqa: ARG001 - every command is given the settings
    """Print the definitions that are shipped, to start your own from."""
    typer.echo(default_definitions(), nl=False)


def test(
    configuration: Configuration,
    cases: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of test cases, one TOML file a case; or one such file")],
) -> None:
    """Run test cases of definitions: events in, values expected.

    Says of each case whether it is as expected, and what is not. The exit code is 1 if any is not, 2 if one can't be read.
    """
    definitions = load_definitions(configuration.settings)
    files = sorted(cases.rglob("*.toml")) if cases.is_dir() else [cases]
    if not files:
        raise UsageError(f"{cases}: there is no test case, a file *.toml, in this folder")
    read = _read_cases(files)
    failed = 0
    for file, case in read:
        wrong = run_case(case, definitions, limits_of(configuration.settings))
        failed += bool(wrong)
        typer.echo(f"{'FAILED' if wrong else 'ok'}  {file}{f': {case.description}' if case.description else ''}")
        for difference in wrong:
            typer.echo(f"        {difference}")
    typer.echo(f"{len(read) - failed} of {len(read)} cases as expected")
    if failed:
        raise typer.Exit(FAILED)


def _read_cases(files: Iterable[Path]) -> list[tuple[Path, Case]]:
    """All test cases with their files.

    Raises:
        CaseError: with every mistake in every file.
    """
    read, mistakes = [], []
    for file in files:
        try:
            read.append((file, read_case(file)))
        except CaseError as error:
            mistakes.append(str(error))
    if mistakes:
        raise CaseError("\n".join(mistakes))
    return read


def schema(configuration: Configuration) -> None:  # noqa: ARG001 - every command is given the settings
    """Print the JSON Schema of definitions: editors complete and check a file by it."""
    typer.echo(orjson.dumps(definitions_schema(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode(), nl=False)


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
SCHEMA = Command(schema, examples="dialstat definitions schema > definitions.schema.json")
REFERENCE = Command(reference, examples="dialstat definitions reference")
TEST = Command(
    test,
    uses=("definitions", "allowed_lateness", "chain_retention"),
    examples="""
    dialstat definitions test cases --definitions my-definitions.toml
    dialstat definitions test examples/cases
    """,
)
