"""Workers as processes that a supervisor starts again, whatever they end with."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

STOP_LIMIT: Final = 10.0
"""Seconds that a worker may take from SIGTERM to its end."""
_AGAIN: Final = 0.5


@dataclass(slots=True)
class Ended:
    """How a worker has ended; ``asked`` tells that it was by SIGTERM."""

    worker: int
    code: int
    asked: bool


@dataclass
class Slot:
    """One place for a worker: its number, how it is started, and who is in it."""

    number: int
    command: Sequence[str]
    log: Path
    ended: list[Ended]
    process: subprocess.Popen[bytes] | None = None
    asked: bool = False
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start it, and again each time it ends."""
        self._thread = threading.Thread(target=self._supervise, daemon=True)
        self._start()
        self._thread.start()

    def end(self) -> float:
        """SIGTERM, and no other after it; how many seconds it took."""
        self._stopping.set()
        return self.terminate()

    def terminate(self) -> float:
        """SIGTERM; how many seconds it took to end.

        Raises:
            TimeoutError: it has not ended.
        """
        process = self.running()
        self.asked = True
        began = time.monotonic()
        process.terminate()
        try:
            process.wait(2 * STOP_LIMIT)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"worker {self.number} has not ended {2 * STOP_LIMIT:g} s after SIGTERM") from error
        return time.monotonic() - began

    def close(self) -> None:
        """End it at once, and start no other."""
        self._stopping.set()
        while self._thread is not None and self._thread.is_alive():
            self.running().kill()  # maybe one that was started just now
            self._thread.join(_AGAIN)

    def running(self) -> subprocess.Popen[bytes]:
        """The process that is there now, or was last."""
        assert self.process is not None, "begin() comes first"
        return self.process

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=log)

    def _supervise(self) -> None:
        while True:
            code = self.running().wait()
            self.ended.append(Ended(self.number, code, self.asked))
            self.asked = False
            if self._stopping.wait(_AGAIN):
                return
            self._start()
