"""The ``dialstat`` command: its sub-commands, in the order in which one meets them."""

from __future__ import annotations

import typer

from cli import (
    dead_letters,
    dead_letters_retry,
    definitions,
    definitions_diff,
    definitions_import,
    demo,
    describe,
    explain,
    load,
    replay,
    simulate,
    tail,
    topics,
    verify,
    worker,
)

app = typer.Typer(
    name="dialstat",
    help="Exact, live, replayable statistics of outbound dialling, on Kafka.",
    epilog="To see it at once: `dialstat demo`. Every command explains itself with --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_definitions = typer.Typer(
    help="Check definitions, test and compare them; print the shipped ones and what can be defined.", no_args_is_help=True
)
_dead_letters = typer.Typer(help="List what was not counted, show why, and send it again.", no_args_is_help=True)
_topics = typer.Typer(help="Make the topics; list them and what is wrong with them.", no_args_is_help=True)

topics.CREATE.add_to(_topics, "create")
topics.ACLS.add_to(_topics, "acls")
topics.LIST.add_to(_topics, "list")
dead_letters.LIST.add_to(_dead_letters, "list")
dead_letters.SHOW.add_to(_dead_letters, "show")
dead_letters_retry.RETRY.add_to(_dead_letters, "retry")
definitions.CHECK.add_to(_definitions, "check")
definitions.DEFAULT.add_to(_definitions, "default")
definitions.TEST.add_to(_definitions, "test")
definitions.REFERENCE.add_to(_definitions, "reference")
definitions.SCHEMA.add_to(_definitions, "schema")
definitions_diff.DIFF.add_to(_definitions, "diff")
definitions_import.IMPORT.add_to(_definitions, "import")

app.add_typer(_topics, name="topics")
app.add_typer(_definitions, name="definitions")
demo.DEMO.add_to(app, "demo")
worker.WORKER.add_to(app, "worker")
load.LOAD.add_to(app, "load")
tail.TAIL.add_to(app, "tail")
replay.REPLAY.add_to(app, "replay")
app.add_typer(_dead_letters, name="dead-letters")
verify.VERIFY.add_to(app, "verify")
explain.EXPLAIN.add_to(app, "explain")
simulate.SIMULATE.add_to(app, "simulate")
describe.DESCRIBE.add_to(app, "describe")


def main() -> None:
    """Run the command; the entry point of the package."""
    app()
