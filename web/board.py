"""What the live page shows, in memory: the latest report of every object and profile, and a curve of the last minutes.

Fed by one thread and read by another. It does not know where reports come from (``web.feed``) or who watches (``web.stream``).
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from threading import Lock
from typing import Any, Final

from web.entry import Entry, Identity, Report

_REMEMBERED_REMOVALS: Final = 1_000


class Phase(StrEnum):
    """How the board comes by its reports."""

    IDLE = "idle"
    """Nobody watches, nothing is read."""
    STARTING = "starting"
    """Looking for the broker."""
    MISSING = "missing"
    """The topics are not there yet."""
    READING = "reading"
    """Catching up with the last minutes."""
    LIVE = "live"
    """Every report that is published is here at once."""
    LOST = "lost"
    """The broker does not answer: what is shown is old."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where reports come from, right now; ``since`` in ms of the wall clock, ``stale_since`` if numbers may be old."""

    phase: Phase
    since: int
    stale_since: int | None = None
    detail: str = ""


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Board:
    """Reports by object and profile. Every change raises ``version``; all methods may be called from any thread."""

    def __init__(self, now_ms: Callable[[], int] = _wall_clock, most_objects: int = 10_000) -> None:
        """An empty board.

        Args:
            now_ms: wall clock, ms.
            most_objects: more objects than this push out those that were silent for longest; how many is told as ``left_out``.
        """
        self.now_ms = now_ms
        self._most = most_objects
        self._lock = Lock()
        self._version = 0
        self._complete_since = 0
        self._entries: OrderedDict[Identity, Entry] = OrderedDict()
        self._removed: deque[tuple[int, Identity]] = deque(maxlen=_REMEMBERED_REMOVALS)
        self._left_out = 0
        self._unreadable = 0
        self._source = Source(Phase.IDLE, now_ms())

    @property
    def version(self) -> int:
        """Raised by every change."""
        return self._version

    @property
    def size(self) -> int:
        """How many objects it holds."""
        return len(self._entries)

    @property
    def source(self) -> Source:
        """Where reports come from, right now."""
        return self._source

    def apply(self, report: Report) -> bool:
        """Take a report in the offline form (contract 2); False if it is older than what is known.

        Raises:
            KeyError: a field is missing.
        """
        identity = Identity.of(report)
        with self._lock:
            entry = self._entries.get(identity) or Entry(identity)
            if not entry.apply(report, self._version + 1):
                return False
            self._version += 1
            self._entries[identity] = entry
            self._entries.move_to_end(identity)
            if len(self._entries) > self._most:
                self._remove_most_silent()
            return True

    def clear(self) -> None:
        """Forget all reports, before they are read anew."""
        with self._lock:
            self._version += 1
            self._complete_since = self._version
            self._entries.clear()
            self._removed.clear()
            self._left_out = self._unreadable = 0

    def unreadable(self) -> None:
        """Count a record that is no report."""
        with self._lock:
            self._version += 1
            self._unreadable += 1

    def turn(self, phase: Phase, detail: str = "", heard_at: int | None = None) -> None:
        """Say how reports come from now on.

        Args:
            phase: the new one; if it is the present one with the same detail, nothing happens.
            detail: for the reader of the page.
            heard_at: with ``LOST``, when the source was last heard, ms.
        """
        with self._lock:
            if (phase, detail) == (self._source.phase, self._source.detail):
                return
            stale = (self._source.stale_since or heard_at or self.now_ms()) if phase is Phase.LOST else None
            self._source = Source(phase, self.now_ms(), stale, detail)
            self._version += 1

    def snapshot(self) -> dict[str, Any]:
        """Everything, as ``changes_since`` gives it."""
        return self.changes_since(-1)

    def changes_since(self, version: int) -> dict[str, Any]:
        """What changed after ``version``, as JSON.

        ``complete`` says that it is everything and replaces what the reader has. Otherwise ``objects`` hold only values that
        changed, to be put over those that the reader has (points of ``curve`` by their start), and ``removed`` objects go.
        """
        with self._lock:
            complete = version < self._complete_since or self._forgot_removals_after(version)
            base = -1 if complete else version
            return {
                "version": self._version,
                "complete": complete,
                "now": self.now_ms(),
                "source": asdict(self._source),
                "left_out": self._left_out,
                "unreadable": self._unreadable,
                "removed": [] if complete else [identity._asdict() for at, identity in self._removed if at > base],
                "objects": [entry.since(base) for entry in self._changed(base)],
            }

    def _changed(self, version: int) -> list[Entry]:
        """Entries changed after ``version``, the latest first: they stand at the end."""
        changed = []
        for entry in reversed(self._entries.values()):
            if entry.version <= version:
                break
            changed.append(entry)
        return changed

    def _forgot_removals_after(self, version: int) -> bool:
        return len(self._removed) == _REMEMBERED_REMOVALS and self._removed[0][0] > version + 1

    def _remove_most_silent(self) -> None:
        identity, _ = self._entries.popitem(last=False)
        self._removed.append((self._version, identity))
        self._left_out += 1
