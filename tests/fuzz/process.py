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
from typing import Any, Final

from tests.fuzz.target import run_round
from tests.fuzz.targets import TARGETS

STUCK_SECONDS: Final = 120.0
"""A case that takes longer hangs."""


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


def run_target(name: str, seed: int, seconds: float, stuck: float = STUCK_SECONDS, target: Callable[..., None] | None = None) -> Told:
    """Rounds of a target with the seeds from ``seed`` on, until the time is over or one fails; at least one round.

    Args:
        name: of the target.
        seed: of the first round.
        seconds: a round that has begun is ended.
        stuck: seconds that a case may take.
        target: what to run in the process; the rounds.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of others' threads
    mine, theirs = context.Pipe()
    case_began = context.Value("d", time.time())
    process = context.Process(target=target or _rounds, args=(name, seed, seconds, theirs, case_began), daemon=True)
    told, began = Told(name, seed), time.monotonic()
    process.start()
    theirs.close()
    try:
        while told.failure is None and (message := _next(mine, process, case_began, stuck)) is not None:
            told.cases += message[0]
            told.failure = message[1]
            told.rounds += told.failure is None
    except TimeoutError:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGABRT)  # so that it says where it is
        told.failure = f"a case takes more than {stuck:g} s"
    process.join()
    if told.failure is None and process.exitcode:
        how = f"signal {-process.exitcode}" if process.exitcode < 0 else f"exit code {process.exitcode}"
        told.failure = f"a case ends the process: {how}"
    told.seconds = time.monotonic() - began
    return told


def _next(mine: Connection, process: Any, case_began: Any, stuck: float) -> tuple[int, str | None] | None:
    """What the process tells next: cases of a round, and how it failed; None when it has ended.

    Raises:
        TimeoutError: it hangs.
    """
    while not mine.poll(0.2):
        if not process.is_alive() and not mine.poll(0):
            return None
        if time.time() - case_began.value > stuck:
            raise TimeoutError
    try:
        message: tuple[int, str | None] = mine.recv()
    except EOFError:
        return None
    return message


def _rounds(name: str, seed: int, seconds: float, told: Connection, case_began: Any) -> None:
    _be_quiet()
    target, end = TARGETS[name], time.monotonic() + seconds
    cases = 0

    def on_case() -> None:
        nonlocal cases
        cases += 1
        case_began.value = time.time()

    with target.opened() as check:
        while True:
            cases = 0
            failure = run_round(target, check, seed, target.size, on_case)
            told.send((cases, failure))
            seed += 1
            if failure is not None or time.monotonic() >= end:
                return


def _be_quiet() -> None:
    """What the product says of what it refuses is not looked at here; a crash is told by faulthandler, on a stream of its own."""
    faulthandler.enable(file=os.fdopen(os.dup(2), "w"))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
