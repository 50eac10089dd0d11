"""Workers of the toy agents as processes, and the topics they need."""

from __future__ import annotations

import json
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_ANSWER_S = 25.0

TOPICS = ("first", "second", "subtotals", "out", "ticks")
CHANGELOGS = ("counts", "totals")


class Worker:
    """A running worker. What it prints, logs included, comes line by line from a thread of its own, so that waiting has a limit."""

    def __init__(self, settings: dict[str, Any]) -> None:
        command = [sys.executable, "-W", "error", "-m", "tests.transport.toy", json.dumps(settings)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=_ROOT)
        self.lines: list[str] = []
        self._unread: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._unread.put(line)
        self._unread.put(None)

    def wait_for(self, pattern: str) -> str:
        """The next line in which the pattern is found."""
        while (line := self._next()) is not None:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"the worker ended without a line like {pattern}:\n{self.output}")

    def ready(self) -> list[int]:
        """The partitions that it has restored next."""
        return [int(number) for number in self.wait_for("^ready").split()[1:]]

    def end(self, how: signal.Signals | None = signal.SIGTERM) -> int:
        """Its exit code, after a signal or by itself."""
        if how is not None:
            self.process.send_signal(how)
        while self._next() is not None:
            continue
        return self.process.wait(_ANSWER_S)

    @property
    def output(self) -> str:
        """All that it has printed and that was looked at."""
        return "".join(self.lines)

    def close(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _next(self) -> str | None:
        try:
            line = self._unread.get(timeout=_ANSWER_S)
        except queue.Empty:
            raise AssertionError(f"the worker has been silent for {_ANSWER_S:g} s:\n{self.output}") from None
        if line is not None:
            self.lines.append(line)
        return line


class Supervisor:
    """Starts a worker anew each time it ends, as the service manager of a site does."""

    def __init__(self, worker: Worker, start: Callable[[], Worker]) -> None:
        self._worker = worker
        self._start = start
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """End the worker that runs now, and start no more."""
        self._stopping.set()
        self._worker.process.terminate()
        self._thread.join()

    def _watch(self) -> None:
        while self._worker.process.wait() is not None and not self._stopping.is_set():
            self._worker = self._start()
