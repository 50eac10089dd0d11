"""Keeping to a rate: so many a second, by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Waits so that no more than ``rate`` a second go by; without a rate, never."""

    def __init__(
        self, rate: float | None, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._began = clock()
        self._count = 0

    def wait(self) -> None:
        """Wait until the next one may go."""
        if self._rate is None:
            return
        ahead = self._began + self._count / self._rate - self._clock()
        self._count += 1
        if ahead > 0:
            self._sleep(ahead)
