"""The agents of a group through a shift: who is free, and when the others will be.

Agents are alike, so they are a number; each belongs to the shift that it came to, and what it still has to do when the shift is
over is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.world import World

FIRST_SHARE: Final = 0.6
"""Share of agents that are there when the shift begins; the others come in the next minutes."""
ARRIVAL_MINUTES: Final = (0.5, 10.0)
BREAK_SHARE: Final = 0.02
"""Share of conversations after which the agent takes a break."""
BREAK_MINUTES: Final = (5.0, 15.0)
WORK_S: Final = (8.0, 30.0)
"""Work after a conversation, seconds."""
LOOK_UP_S: Final = (1.0, 4.0)
"""Time until an agent is free after a call of its own that nobody answered."""


class Staff:
    """Free agents of a group; ``on_free`` is called whenever one becomes free."""

    __slots__ = ("_on_free", "_world", "free", "shift")

    def __init__(self, world: World, on_free: Callable[[], None]) -> None:
        self._world = world
        self._on_free = on_free
        self.free = 0
        self.shift = 0

    def come(self, count: int) -> None:
        """Begin a shift with that many agents."""
        self.shift += 1
        self.free = max(1, int(count * FIRST_SHARE))
        for _ in range(count - self.free):
            self._world.agenda.after(self._world.minutes(*ARRIVAL_MINUTES), self._become_free, self.shift)

    def go(self) -> None:
        """End the shift: nobody is free any more, and those who still work don't come back."""
        self.shift += 1
        self.free = 0

    def take(self) -> int:
        """Take a free agent; returns the shift that it belongs to, to be given back with it."""
        assert self.free > 0, "nobody is free"
        self.free -= 1
        return self.shift

    def give_back(self, shift: int, talked: bool) -> None:
        """Let an agent finish its work, and perhaps have a break, before it is free."""
        self._world.agenda.after(self._rest(talked), self._become_free, shift)

    def _rest(self, talked: bool) -> int:
        world = self._world
        if not talked:
            return world.seconds(*LOOK_UP_S)
        rest = world.seconds(*WORK_S)
        if world.scenario.idle_s:
            rest += int(world.chance.expovariate(1) * 1000 * world.scenario.idle_s)
        return rest + world.minutes(*BREAK_MINUTES) if world.happens(BREAK_SHARE) else rest

    def _become_free(self, shift: int) -> None:
        if shift == self.shift:
            self.free += 1
            self._on_free()
