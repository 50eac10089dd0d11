"""Callbacks: people who asked to be called at a certain time, by any agent of the group or by the one they talked to (domain 4.6).

Each callback that is scheduled is either completed, once its call has ended, or missed; the lead of a missed one ends without another
dial (domain 4.4).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from simulator.calls import begin_callback
from simulator.outcomes import AGENT_CALLBACK_ERROR, GROUP_CALLBACK_ERROR

if TYPE_CHECKING:
    from simulator.groups import Group
    from simulator.lists import Chain

WISH_SHARE: Final = 0.05
"""Share of conversations that end with a wish for a callback."""
PERSONAL_SHARE: Final = 0.35
ABSENT_SHARE: Final = 0.2
"""Share of personal callbacks whose agent is not there when they are due."""
DELAY_MINUTES: Final = (10.0, 150.0)
MORNING_MINUTES: Final = (10.0, 90.0)
"""How long after the next shift's begin a callback is due that this shift has no more time for."""
WINDOW_MINUTES: Final = 15.0
"""How long after its time a callback is still made."""


class Callback:
    """A promise to call a chain again; ``kept`` once it is being called."""

    __slots__ = ("absent", "chain", "kept", "personal")

    def __init__(self, chain: Chain, personal: bool, absent: bool) -> None:
        self.chain = chain
        self.personal = personal
        self.absent = absent
        self.kept = False


class Callbacks:
    """The callbacks of one group, those that are due first come first served."""

    __slots__ = ("_group", "_made", "due")

    def __init__(self, group: Group) -> None:
        self._group = group
        self.due: deque[Callback] = deque()
        self._made: dict[Chain, Callback] = {}

    def wished(self) -> bool:
        """Whether the conversation that ends now ends with a wish for a callback."""
        return self._group.world.happens(WISH_SHARE)

    def schedule(self, chain: Chain) -> None:
        """Promise a callback for some time later in this shift, or in the next one."""
        world = self._group.world
        personal = world.happens(PERSONAL_SHARE)
        callback = Callback(chain, personal, absent=personal and world.happens(ABSENT_SHARE))
        world.journal.callback(self._group, chain.calling_list, "CallbackScheduled", personal)
        due = world.agenda.now + world.minutes(*DELAY_MINUTES)
        if due >= self._group.shifts.end:
            due = self._group.shifts.next_begin() + world.minutes(*MORNING_MINUTES)
        world.agenda.at(due, self._came_due, callback)

    def call_due(self) -> None:
        """Call those whose time has come, as agents and lines allow."""
        group = self._group
        while self.due and group.free_ports and group.staff.free > group.reserved:
            callback = self.due.popleft()
            if callback.kept:
                continue
            callback.kept = True
            self._made[callback.chain] = callback
            begin_callback(group, callback.chain)

    def completed(self, chain: Chain) -> None:
        """Report a callback at the end of its call, whoever answered."""
        callback = self._made.pop(chain)
        self._group.world.journal.callback(self._group, chain.calling_list, "CallbackCompleted", callback.personal)

    def _came_due(self, callback: Callback) -> None:
        world = self._group.world
        world.agenda.after(int(WINDOW_MINUTES * 60_000 / world.scenario.speed), self._window_ended, callback)
        if not callback.absent:
            self.due.append(callback)
            self._group.keep_dialing()

    def _window_ended(self, callback: Callback) -> None:
        if callback.kept:
            return
        callback.kept = True  # so that it is not called when its turn comes
        group, chain = self._group, callback.chain
        group.world.journal.callback(group, chain.calling_list, "CallbackMissed", callback.personal)
        group.end_chain(chain, AGENT_CALLBACK_ERROR if callback.personal else GROUP_CALLBACK_ERROR)
