"""`dialstat worker`: computes until it is stopped (contract 5)."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from cli.options import EVERY, TIMEOUT, Command
from cli.page import serve_page
from cli.progress import note
from cli.site import Site, site
from engine.definitions import Definitions
from topologies.definitions import load_definitions
from topologies.sources import Configuration


def worker(configuration: Configuration, timeout: TIMEOUT = 10.0) -> None:
    """Compute: read the inputs, write actions and statistics, serve page, metrics and health.

    Prints `ready partitions=...` on standard error each time it has restored what it was assigned, and runs until SIGTERM or
    Ctrl-C. Any number of workers share the partitions; with `--brokers embedded` the broker is within this one.
    """
    definitions = load_definitions(configuration.settings)
    with site(configuration.settings, timeout) as found:
        code = run(found, definitions)
    raise typer.Exit(code)


def run(found: Site, definitions: Definitions, welcome: str = "page, metrics and health at") -> int:
    """Run a worker in this thread until it is stopped; the exit code. ``welcome`` is said before the page's address."""
    from topologies.app import create_app, run_worker  # noqa: PLC0415 - Faust takes a second to import, which the other commands save

    app = create_app(found.settings, definitions, found.partitions, tell_ready)
    with serve_page(found.settings, app.dialstat_health) as address:
        note(f"{welcome} {address}")
        return run_worker(app)


def tell_ready(partitions: Sequence[int]) -> None:
    """The line that says that everything assigned is restored (contract 5)."""
    note(f"ready partitions={','.join(map(str, partitions))}")


WORKER = Command(
    worker,
    uses=EVERY,
    examples="""
    dialstat worker --brokers localhost:9092
    dialstat worker --config dialstat.toml --http 0.0.0.0:8080
    dialstat worker --brokers localhost:9092 --definitions my.toml --http 127.0.0.1:0
    """,
)
