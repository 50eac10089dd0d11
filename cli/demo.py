"""`dialstat demo`: everything in one process, to look at."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Annotated

import typer

from cli.logging_setup import set_up_logging
from cli.options import Command
from cli.progress import note
from cli.site import Site, site
from cli.worker import run
from simulator.pacing import pace
from simulator.scenario import preset
from simulator.simulate import simulate
from topologies.definitions import load_definitions
from topologies.inputs import InputWriter
from topologies.records import registry_of
from topologies.security import brokers_of
from topologies.settings import BUILTIN, EMBEDDED, Settings
from topologies.sources import Configuration

_BROKER_TIMEOUT = 10.0
_STOP_SECONDS = 5.0


def demo(
    configuration: Configuration,
    seed: Annotated[int, typer.Option("--seed", help="Other seeds give other campaigns")] = 1,
) -> None:
    """Watch simulated campaigns come to life on a page.

    A broker inside the process, a worker, the page, and six busy campaigns in real time, until Ctrl-C. Needs no Kafka, and
    keeps nothing.
    """
    if "log_level" not in configuration.origins:
        set_up_logging("warning", configuration.settings.log_format)
    settings = configuration.settings.model_copy(update={"brokers": EMBEDDED, "schema_registry": BUILTIN})
    definitions = load_definitions(settings)
    with site(with_free_port(settings), _BROKER_TIMEOUT) as found, _campaigns(found, seed):
        code = run(found, definitions, "Ctrl-C ends the demo. Watch it at")
    raise typer.Exit(code)


def with_free_port(settings: Settings) -> Settings:
    """The settings with another port for the page if theirs is taken, and a word about it."""
    host, port = settings.http_address
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        note(f"port {port} is taken by another program, so the page gets another one")
        return settings.model_copy(update={"http": f"{settings.http.rpartition(':')[0]}:0"})
    return settings


class _StoppedError(Exception):
    """The demo ends."""


@contextlib.contextmanager
def _campaigns(found: Site, seed: int) -> Iterator[None]:
    """Simulated campaigns, in a thread, as long as the context."""
    stop = Event()
    thread = Thread(target=_feed, args=(found.settings, seed, stop), name="dialstat-campaigns", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_SECONDS)


def _feed(settings: Settings, seed: int, stop: Event) -> None:
    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise _StoppedError

    events = simulate(preset("demo", seed=seed, start_ms=_now_ms()))
    try:
        with InputWriter(brokers_of(settings), registry_of(settings), settings.topic_prefix) as writer:
            for event in pace(events, _now_ms, sleep):
                writer.write(event)
    except _StoppedError:
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, a demo without campaigns is over
        note(f"the simulated campaigns have ended: {error}")
        os.kill(os.getpid(), signal.SIGTERM)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


DEMO = Command(
    demo,
    uses=("http", "definitions", "log_level"),
    examples="""
    dialstat demo
    dialstat demo --http 127.0.0.1:9000 --seed 7
    """,
)
