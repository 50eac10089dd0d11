"""How a worker ends: 0 when all is committed, 70 after a fatal error, 75 with an outcome that is not known.

Crash only: an error in producing, a fenced producer, a lost chunk end the process with a message. A fresh one restores what is
committed; there is no abort and no retry of our own. Faust can hang for a minute once the broker is gone (rule 22), so the end is
insisted on by a timer.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

import structlog

OK: Final = 0
FATAL: Final = 70
UNKNOWN_OUTCOME: Final = 75

STOP_LIMIT: Final = 9.5
"""Seconds from SIGTERM to an end that nothing can delay; a supervisor waits 10 s or more before it kills."""
_LEAVE_LIMIT: Final = 2.0

_log = structlog.get_logger(__name__)


class FatalError(Exception):
    """The worker can't go on; the message says at which place, and what to do."""


class Lifecycle:
    """Remembers the first fatal error of this process, and ends it."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self._clean = True
        self._timers: list[threading.Timer] = []

    def fail(self, error: BaseException) -> None:
        """A fatal error: say so once, and insist on the end 5 s later."""
        if self.error is not None:
            return
        self.error = error
        if isinstance(error, FatalError):
            _log.error("worker stops", reason=_reason(str(error), error))
        else:
            _log.error("worker stops", reason=_reason(f"{type(error).__name__}: {error}", error), exc_info=error)
        self.end_in(5.0, FATAL)

    def given_up(self, *, clean: bool) -> None:
        """All partitions are given up for good, ``clean`` if everything was written; insist on the end 2 s later."""
        self._clean = self._clean and clean
        self.end_in(_LEAVE_LIMIT, self.exit_code)

    @property
    def exit_code(self) -> int:
        """The code for the end of this process."""
        if self.error is not None:
            return FATAL
        return OK if self._clean else UNKNOWN_OUTCOME

    def end_in(self, seconds: float, code: int) -> None:
        """End the process with that code in some seconds, whatever hangs."""
        timer = threading.Timer(seconds, _end, (code,))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def cancel(self) -> None:
        """The end has come by itself."""
        for timer in self._timers:
            timer.cancel()


def _reason(text: str, error: BaseException) -> str:
    return "; ".join([text, *getattr(error, "__notes__", [])])


def _end(code: int) -> None:
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(code)
