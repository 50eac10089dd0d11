"""What can go wrong, and how it is put right again: each a context, with the fault for as long as it is open."""

from __future__ import annotations

import resource
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

from tests.chaos.site import SESSION_S, Attacked
from tests.chaos.workers import STOP_LIMIT

_FULL_AT: Final = 4_096
"""Bytes that a file of the broker may have when its disk is full."""
_FAILS_WITHIN_S: Final = 60.0
_CUT_EVERY_S: Final = 1.5
SLOW_S: Final = 0.1
"""What each run of bytes takes longer on a slow network, on average."""

Fault: TypeAlias = Callable[[Attacked, Random], AbstractContextManager[str]]
"""Does it, yields what was done, and undoes it."""


@contextmanager
def killed(site: Attacked, random: Random) -> Iterator[str]:
    """SIGKILL to a worker."""
    slot = random.choice(site.alive())
    process = slot.running()
    process.kill()
    process.wait()
    yield f"SIGKILL to worker {slot.number}"


@contextmanager
def ended(site: Attacked, random: Random) -> Iterator[str]:
    """SIGTERM to a worker, which has to end in time."""
    slot = random.choice(site.alive())
    seconds = slot.terminate()
    if seconds > STOP_LIMIT:
        raise TimeoutError(f"worker {slot.number} took {seconds:.1f} s from SIGTERM to its end, allowed are {STOP_LIMIT:g} s")
    yield f"SIGTERM to worker {slot.number}, which took {seconds:.1f} s"


@contextmanager
def stopped(site: Attacked, random: Random) -> Iterator[str]:
    """SIGSTOP to a worker for longer than its session: it comes to when others have its partitions."""
    slot = random.choice(site.alive())
    process = slot.running()
    process.send_signal(signal.SIGSTOP)
    try:
        threading.Event().wait(SESSION_S + random.uniform(1, 5))
        yield f"SIGSTOP to worker {slot.number} for longer than its session"
    finally:
        process.send_signal(signal.SIGCONT)


@contextmanager
def broker_killed(site: Attacked, random: Random) -> Iterator[str]:
    """SIGKILL to the broker, which starts again with what it had written."""
    site.broken.set()
    site.broker.kill()
    yield "SIGKILL to the broker"
    site.broker.start()


@contextmanager
def disk_full(site: Attacked, random: Random) -> Iterator[str]:
    """No file of the broker may grow: it fails in the middle of writing, ends itself, and starts again when there is room."""
    site.broken.set()
    assert site.broker.pid is not None
    hard = resource.prlimit(site.broker.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(site.broker.pid, resource.RLIMIT_FSIZE, (_FULL_AT, hard))
    code = site.broker.wait(_FAILS_WITHIN_S)
    yield f"the broker's disk full: it ended itself with {code}"
    site.broker.kill()
    site.broker.start()


@contextmanager
def slow_network(site: Attacked, random: Random) -> Iterator[str]:
    """Every run of bytes waits, and now and then all connections break."""
    site.broken.set()
    site.proxy.slow(SLOW_S)
    cutting, own = threading.Event(), Random(random.random())  # a thread that drew from the run's would spoil its order

    def cut() -> None:
        while not cutting.wait(own.uniform(0.5, 2 * _CUT_EVERY_S)):
            site.proxy.cut()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield f"a slow network ({SLOW_S:g} s) with cuts"
    finally:
        cutting.set()
        thread.join()
        site.proxy.slow(0)


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault and what it hits: two that hit the same thing do not go together."""

    fault: Fault
    hits: str


KINDS: Final[Mapping[str, Kind]] = {
    "kill": Kind(killed, "some worker"),
    "term": Kind(ended, "worker"),
    "stop": Kind(stopped, "worker"),
    "broker": Kind(broker_killed, "broker"),
    "disk": Kind(disk_full, "broker"),
    "network": Kind(slow_network, "network"),
}


class Deck:
    """Draws faults: each once, in any order, before one comes again."""

    def __init__(self, random: Random, names: Sequence[str]) -> None:
        self._random = random
        self._names = names
        self._left: list[str] = []

    def draw(self, both: float) -> list[str]:
        """The next one, or with that probability the next two that hit different things."""
        first = self._next()
        if self._random.random() >= both:
            return [first]
        second = self._next(KINDS[first].hits)
        return [first, second] if second else [first]

    def _next(self, hit: str = "") -> str:
        """The next one that does not hit what is hit already; nothing if there is none."""
        if not self._left:
            self._left = self._random.sample(self._names, len(self._names))
        found = next((name for name in self._left if KINDS[name].hits != hit), "")
        if found:
            self._left.remove(found)
        return found
