"""Events of a simulated site, written to a file and at a rate onto the input topics by ``dialstat load``."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import orjson

from simulator.scenario import Scenario
from simulator.simulate import simulate

BEHIND_MS: Final = 15 * 60_000
"""How far behind the clock the events begin: never in the future, though the simulated site may be faster than it is loaded."""
BAD_EVERY: Final = 400
"""One of so many events has a field of the wrong type, hence becomes a dead letter."""


class Load:
    """A running load. ``file`` holds, once it has ended, every line that was put on the topics, in this order."""

    def __init__(self, command: Sequence[str], file: Path, log: Path, seed: int, rate: float) -> None:
        scenario = Scenario(
            seed=seed,
            campaigns=40,
            lists=100,
            rate=rate,
            shift_begin_ms=None,
            start_ms=int(time.time() * 1_000) - BEHIND_MS,
            late_share=0.02,
        )
        self.file = file
        self._ended = threading.Event()
        self._log = log
        with log.open("wb") as said:
            self._process = subprocess.Popen([*command, "--rate", str(rate)], stdin=subprocess.PIPE, stdout=said, stderr=said)
        self._thread = threading.Thread(target=self._write, args=(scenario,), daemon=True)
        self._thread.start()

    def _write(self, scenario: Scenario) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self.file.open("wb") as file, self._process.stdin as pipe:
            for line in lines(scenario):
                if self._ended.is_set():
                    return
                file.write(line)
                pipe.write(line)

    def check(self) -> None:
        """Raise RuntimeError if it has ended by itself."""
        if self._process.poll() is not None and not self._ended.is_set():
            raise RuntimeError(f"the load ended with {self._process.returncode}; its log is {self._log}")

    def end(self) -> None:
        """Load no more, and wait until all is on the topics.

        Raises:
            RuntimeError: some of it could not be put there.
        """
        self._ended.set()
        self._thread.join()
        if self._process.wait(120):
            raise RuntimeError(f"the load ended with {self._process.returncode}; its log is {self._log}")

    def close(self) -> None:
        """End it at once."""
        self._ended.set()
        self._process.kill()
        self._process.wait()
        self._thread.join()


def lines(scenario: Scenario) -> Iterator[bytes]:
    """Events in the offline form, some of them bad."""
    for number, event in enumerate(simulate(scenario), start=1):
        bad = {"occurred_at": "soon"} if number % BAD_EVERY == 0 else {}
        yield orjson.dumps({**event, **bad}, option=orjson.OPT_APPEND_NEWLINE)
