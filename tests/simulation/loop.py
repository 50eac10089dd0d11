"""An event loop without threads, sockets or a clock: time is virtual, and whose turn it is is drawn from a seed.

Everything that runs belongs to a party: a simulated process, or the world around them. Within a party callbacks run in the order in
which asyncio would run them; between parties the order is drawn. A party that is killed never runs again, not even its ``finally``
blocks; one that is paused goes on later where it stood.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any

EPOCH_MS = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000 + 86_400_000 - 180_000
"""What a right clock shows when the simulation begins: three minutes before midnight, UTC."""


class Stuck(Exception):  # noqa: N818 (a finding, not an error)
    """Nobody has anything left to do, or the simulation goes on for ever."""


class Party:
    """A simulated process. ``skew_ms``: how far its clock is ahead."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.skew_ms = 0
        self.alive = True
        self.awake = True
        self.ready: deque[events.Handle] = deque()
        self.tasks: list[asyncio.Task[Any]] = []

    def __repr__(self) -> str:
        return self.name


_party: ContextVar[Party] = ContextVar("party")


def current_party() -> Party:
    """Whose code runs."""
    return _party.get()


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module. ``limit``: callbacks after which the simulation is given up."""

    def __init__(self, random: Random, limit: int) -> None:
        super().__init__()
        self._random = random
        self._now = 0.0
        self._left = limit
        self._limit = limit
        self._world = Party("world")
        self.parties = [self._world]
        self._everybody = [self._world]
        self.clock_ms = EPOCH_MS
        self.errors: list[dict[str, Any]] = []
        self.world_context = self.context_of(self._world)
        self.set_task_factory(_remembering)
        self.set_exception_handler(lambda _, context: self.errors.append(context))

    @property
    def steps(self) -> int:
        """Callbacks that were run."""
        return self._limit - self._left

    @staticmethod
    def context_of(party: Party) -> Context:
        """A context in which everything belongs to a party."""
        context = copy_context()
        context.run(_party.set, party)
        return context

    def run_in_world(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine of the world to its end."""
        return self.context_of(self._world).run(self.run_until_complete, coroutine)

    def new_party(self, name: str) -> Party:
        """Another process."""
        party = Party(name)
        self.parties.append(party)
        self._everybody.append(party)
        return party

    def kill(self, party: Party) -> None:
        """End a process at once."""
        party.alive = False
        party.ready.clear()
        self.parties.remove(party)

    def spawn(self, party: Party, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a task of a party."""
        return self.context_of(party).run(self.create_task, coroutine)

    def later(self, delay: float, callback: Callable[..., Any], *args: Any) -> None:
        """Let the world do something after some seconds."""
        self.call_later(delay, callback, *args, context=self.world_context)

    def now_ms(self, party: Party | None = None) -> int:
        """What the clock of a party shows; without one, what is right."""
        return self.clock_ms + round(self._now * 1000) + (party.skew_ms if party else 0)

    # What asyncio asks of a loop -------------------------------------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def _call_soon(self, callback: Any, args: Any, context: Any) -> events.Handle:
        handle = events.Handle(callback, args, self, context)
        self._enqueue(handle)
        return handle

    def _enqueue(self, handle: Any) -> None:
        party = handle._context.get(_party, self._world)
        if party.alive:
            party.ready.append(handle)

    def _timer_handle_cancelled(self, handle: Any) -> None:
        """Those cancelled are passed over when their time comes."""

    def _run_once(self) -> None:
        parties = [party for party in self.parties if party.ready and party.awake]
        while not parties:
            self._advance()
            parties = [party for party in self.parties if party.ready and party.awake]
        party = parties[0] if len(parties) == 1 else self._random.choice(parties)
        handle = party.ready.popleft()
        if not handle._cancelled:
            self._left -= 1
            if not self._left:
                raise Stuck(f"no end after {self._limit:,} steps")
            handle._run()

    def _advance(self) -> None:
        scheduled = self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)
        if not scheduled:
            raise Stuck("nobody has anything left to do")
        self._now = max(self._now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._now:
            handle = heapq.heappop(scheduled)
            if not handle._cancelled:
                self._enqueue(handle)

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody is to be woken."""

    def finish(self) -> None:
        """Close what never came to its end, so that nothing of it runs when it is collected."""
        for party in self._everybody:
            party.alive = False
        for task in (task for party in self._everybody for task in party.tasks):
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(RuntimeError):
                    task.get_coro().close()
        self.close()


def _remembering(loop: asyncio.AbstractEventLoop, coroutine: Any, **settings: Any) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **settings)
    tasks = current_party().tasks
    tasks.append(task)
    if len(tasks) % 256 == 0:
        tasks[:] = [one for one in tasks if not one.done()]
    return task


class VirtualTime:
    """Stands in for the module ``time``."""

    @staticmethod
    def monotonic() -> float:
        return asyncio.get_running_loop().time()

    @staticmethod
    def time_ns() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        return loop.now_ms(current_party()) * 1_000_000
