"""What is to happen in a simulated site, in order of time: the event loop of the simulation.

The agenda knows nothing of calls. It holds the simulated clock, and nothing else tells the time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

PAGE_MS: Final = 1024
"""What is planned for later pages lies unsorted until its page is opened: a heap of everything would be several times slower."""


class Agenda:
    """Deeds planned for instants (ms since the epoch); those of one instant are done in the order in which they were planned."""

    __slots__ = ("_later", "_open", "_page", "_pages", "_serial", "now")

    def __init__(self, now: int) -> None:
        self.now = now
        self._serial = 0
        self._page = now // PAGE_MS
        self._open: list[tuple[int, int, Callable[[Any], None], Any]] = []
        self._pages: list[int] = []
        self._later: dict[int, list[tuple[int, int, Callable[[Any], None], Any]]] = {}

    def at(self, when: int, deed: Callable[[T], None], subject: T) -> None:
        """Plan ``deed(subject)`` for ``when``, or for the present if that is past."""
        self.after(max(when - self.now, 0), deed, subject)

    def after(self, delay_ms: int, deed: Callable[[T], None], subject: T) -> None:
        """Plan ``deed(subject)`` for ``delay_ms`` from now, 0 or more."""
        self._serial += 1
        when = self.now + delay_ms
        page = when // PAGE_MS
        if page <= self._page:
            heapq.heappush(self._open, (when, self._serial, deed, subject))
        elif page in self._later:
            self._later[page].append((when, self._serial, deed, subject))
        else:
            self._later[page] = [(when, self._serial, deed, subject)]
            heapq.heappush(self._pages, page)

    def step(self, until: float) -> bool:
        """Do the next deed, its instant being the new present; False if none is planned before ``until``."""
        if not self._open and not self._turn_page():
            return False
        if self._open[0][0] >= until:
            return False
        self.now, _, deed, subject = heapq.heappop(self._open)
        deed(subject)
        return True

    def _turn_page(self) -> bool:
        if not self._pages:
            return False
        self._page = heapq.heappop(self._pages)
        self._open = self._later.pop(self._page)
        heapq.heapify(self._open)
        return True
