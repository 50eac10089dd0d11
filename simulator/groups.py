"""A group of agents with its dialer: what is in progress, what it waits for, and when it begins calls (domain 3).

When it is on shift and runs is decided in ``simulator.shifts``; what becomes of a call in ``simulator.calls``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from simulator.callbacks import Callbacks
from simulator.calls import begin, begin_preview
from simulator.lists import CallingList, Chain
from simulator.modes import BASE_MODES, MODES
from simulator.outcomes import ANSWER
from simulator.shifts import Shifts
from simulator.staff import Staff
from simulator.treatments import wait_before_next
from simulator.world import World

PORTS_PER_AGENT: Final = (1.3, 2.0)


class Group:
    """One group as one campaign uses it.

    Of its calls, ``ringing`` have no agent yet, ``held`` have one and nobody to talk to yet, and ``talking`` are conversations.
    """

    __slots__ = (
        "_turn", "agents", "callbacks", "campaign", "daring", "free_ports", "held", "lists", "mode", "name", "ringing", "running", "shifts",
        "staff", "talking", "tenant", "trouble", "waiting_for", "world",
    )  # fmt: skip

    def __init__(self, world: World, names: tuple[str, str, str], lists: Sequence[CallingList], agents: int, number: int) -> None:
        self.world = world
        self.tenant, self.campaign, self.name = names
        self.lists = lists
        self.agents = agents
        self.mode = BASE_MODES[number % len(BASE_MODES)]
        self.free_ports = math.ceil(agents * world.chance.uniform(*PORTS_PER_AGENT))
        self.ringing = self.held = self.talking = 0
        self.daring = 1.0
        self.running = False
        self.trouble = False
        self.waiting_for: str | None = None
        self._turn = number
        self.staff = Staff(world, self.keep_dialing)
        self.callbacks = Callbacks(self)
        self.shifts = Shifts(self)

    @property
    def reserved(self) -> int:
        """Free agents that calls count on: one for each that rings, unless the mode overdials."""
        return 0 if MODES[self.mode].overdials else self.ringing

    @property
    def idle(self) -> bool:
        """Whether no call is in progress."""
        return not (self.ringing or self.held or self.talking)

    def keep_dialing(self) -> None:
        """Begin the calls that the mode asks for, and tell what the dialer waits for then: to be called after every change."""
        if self.running:
            self._wait_for(None if self.trouble else self._begin_calls())

    def after_call(self) -> None:
        """Go on after a call has ended."""
        self.keep_dialing()
        if self.shifts.leaving:
            self.shifts.leave_if_done()

    def follow_up(self, chain: Chain, result: int) -> None:
        """Have a chain called back, tried again, or ended, after a call with that result."""
        if result == ANSWER and self.callbacks.wished():
            self.callbacks.schedule(chain)
            return
        wait_ms = wait_before_next(self.world, chain, result)
        if wait_ms is None or not chain.calling_list.put_back(chain, wait_ms):
            self.end_chain(chain, result)

    def end_chain(self, chain: Chain, result: int) -> None:
        """Report the chain as a processed lead (domain 4.3)."""
        self.world.journal.lead_processed(self, chain, result)

    def forget_waiting(self) -> None:
        """End the conditions without a word: leaving Running ends them (domain 3.2)."""
        self.waiting_for = None
        self.trouble = False

    def _begin_calls(self) -> str | None:
        """Begin calls as long as there are agents, ports and records.

        Returns:
            which of them has run out; None if all calls that are wanted have been begun.
        """
        if self.callbacks.due:
            self.callbacks.call_due()
        mode, staff = MODES[self.mode], self.staff
        for _ in range(mode.wants(staff.free, self.talking, self.ringing, self.daring)):
            if not self.free_ports:
                return "Ports"
            chain = self._next_chain()
            if chain is None:
                return "Records"
            (begin_preview if mode.previews else begin)(self, chain)
        return None if staff.free or self.ringing or self.held else "Agents"

    def _next_chain(self) -> Chain | None:
        """Take a chain from the lists in turn; if none has one, complete those that are over and ask to be told of the next."""
        for _ in self.lists:
            self._turn = (self._turn + 1) % len(self.lists)
            chain = self.lists[self._turn].take()
            if chain is not None:
                return chain
        for each in self.lists:
            if each.complete_if_over():
                self._report_completed(each)
            each.await_records(self.keep_dialing)
        return None

    def _report_completed(self, completed: CallingList) -> None:
        """Report the end of a list, and that of the campaign's records if it has no other list at present (domain 4.8)."""
        records = self.world.journal.records
        records("ProcessingCompleted", self.tenant, self.campaign, completed.name, completed.left)
        if all(each.loading for each in self.lists):
            records("ProcessingCompleted", self.tenant, self.campaign, None, sum(each.left for each in self.lists))

    def _wait_for(self, lacking: str | None) -> None:
        if lacking == self.waiting_for:
            return
        if self.waiting_for is not None:
            self.world.journal.control(self, f"Waiting{self.waiting_for}Over")
        self.waiting_for = lacking
        if lacking is not None:
            self.world.journal.control(self, f"Waiting{lacking}Start")
