"""``dialstat`` that is killed in a retry: in batch 3 (of 50 letters), before or after what its first argument names."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from cli import dead_letters_retry
from cli.main import main
from topologies.retries import RetryWriter

STAGES = ("_flush", "_commit", "after")
"""Killed before the records are delivered, before the transaction is committed, and right after it was."""


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(stage: str) -> None:
    send = RetryWriter.send
    calls = 0

    def counted(self: RetryWriter, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3 and stage != "after":
            setattr(self, stage, _die)
        sent = send(self, *arguments)
        if calls == 3:
            _die()
        return sent

    RetryWriter.send = counted  # type: ignore[method-assign]


if __name__ == "__main__":
    dead_letters_retry.BATCH = 50  # type: ignore[misc]
    _arm(sys.argv.pop(1))
    main()
