"""Rounds in a process of their own, so that what ends a process, or never ends, is found like anything else."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from tests.fuzz.target import run_round
from tests.fuzz.targets import TARGETS

STUCK_SECONDS: Final = 120.0
"""Of processor time: a case that takes more hangs."""
SILENT_SECONDS: Final = 1_800.0
"""A round that takes longer waits for something that never comes."""


@dataclass(slots=True)
class Told:
    """What came of a target's rounds; ``failure`` is None if its property held of every case."""

    name: str
    first: int
    rounds: int = 0
    cases: int = 0
    seconds: float = 0.0
    failure: str | None = None

    @property
    def seed(self) -> int:
        """Of the round that is running, or failed."""
        return self.first + self.rounds


def run_target(
    name: str,
    seed: int,
    seconds: float,
    silent: float = SILENT_SECONDS,
    rounds: Callable[[str, int, float, Connection], None] | None = None,
) -> Told:
    """Rounds of a target with the seeds from ``seed`` on, until the time is over or one fails; at least one round.

    Args:
        name: of the target.
        seed: of the first round.
        seconds: a round that has begun is ended.
        silent: seconds that a round may take.
        rounds: what to run in the process, if not the rounds.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of others' threads
    mine, theirs = context.Pipe()
    process = context.Process(target=rounds or _rounds, args=(name, seed, seconds, theirs), daemon=True)
    told, began = Told(name, seed), time.monotonic()
    process.start()
    theirs.close()
    try:
        while told.failure is None and (message := _next(mine, silent)) is not None:
            told.cases += message[0]
            told.failure = message[1]
            told.rounds += told.failure is None
    except TimeoutError:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGABRT)  # so that it says where it is
        told.failure = f"a round takes more than {silent:g} s"
    process.join()
    if told.failure is None and process.exitcode:
        told.failure = _how_it_ended(process.exitcode)
    told.seconds = time.monotonic() - began
    return told


def _how_it_ended(code: int) -> str:
    if code == -signal.SIGPROF:
        return f"a case takes more than {STUCK_SECONDS:g} s of processor time"
    return f"a case ends the process: {f'signal {-code}' if code < 0 else f'exit code {code}'}"


def _next(mine: Connection, silent: float) -> tuple[int, str | None] | None:
    """What the process tells next: cases of a round, and how it failed; None when it has ended.

    Raises:
        TimeoutError: nothing is heard of it.
    """
    if not mine.poll(silent):
        raise TimeoutError
    try:
        message: tuple[int, str | None] = mine.recv()
    except EOFError:
        return None
    return message


def _rounds(name: str, seed: int, seconds: float, told: Connection) -> None:
    be_watched()
    target, end = TARGETS[name], time.monotonic() + seconds
    cases = 0

    def on_case() -> None:
        nonlocal cases
        cases += 1
        may_take(STUCK_SECONDS)

    with target.opened() as check:
        while True:
            cases = 0
            failure = run_round(target, check, seed, target.size, on_case)
            told.send((cases, failure))
            seed += 1
            if failure is not None or time.monotonic() >= end:
                return


def be_watched() -> None:
    """What the product says of what it refuses is not looked at; what ends this process is told on standard error as it was."""
    told = os.fdopen(os.dup(2), "w")
    faulthandler.enable(file=told)
    faulthandler.register(signal.SIGPROF, file=told, chain=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def may_take(seconds: float) -> None:
    """From now on this process has so much processor time, or ends."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
