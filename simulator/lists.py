"""Calling lists: chains of records that wait to be called, shared by campaigns (domain 1.3, 4.3).

A list is called in passes. A pass begins with fresh chains and goes on with those to be tried again; when few are left, or they are
late in coming, it is completed, the rest is not processed (ProcessingCompleted), and new records are loaded. Only chains that were
begun and wait for another attempt are held in memory; fresh ones are a number.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

from simulator.outcomes import Outcomes
from simulator.world import World

_NUMBERS: Final = ((0,), (0, 1), (0, 1, 2))
_ONE_NUMBER: Final = 0.6
_TWO_NUMBERS: Final = 0.9
REST_SHARE: Final = 0.15
"""A pass may be completed when no more than this share of its chains still waits."""
PATIENCE_MINUTES: Final = 10.0
"""How long after its last fresh chain a pass is kept up at most while nothing is due."""
RENEWAL_MINUTES: Final = (1.0, 4.0)
GAUGE_SECONDS: Final = (45.0, 60.0)
"""How often a list that is being called reports its scheduled records."""


class Chain:
    """The records of one person: numbers that are tried in turn until one attempt ends the chain."""

    __slots__ = ("attempts", "calling_list", "numbers", "pass_number", "serial", "turn")

    def __init__(self, calling_list: CallingList, serial: int, numbers: tuple[int, ...]) -> None:
        self.calling_list = calling_list
        self.serial = serial
        self.numbers = numbers
        self.pass_number = calling_list.pass_number
        self.turn = 0
        self.attempts = 0

    @property
    def number(self) -> int:
        """Which of the chain's records is the present one (chain_n)."""
        numbers = self.numbers
        return numbers[self.turn % len(numbers)] if len(numbers) > 1 else numbers[0]

    def ids(self) -> tuple[str, str, int]:
        """The present record: record_id and chain_id, unique within the list over all its passes, and chain_n."""
        number = self.number
        return f"r{self.serial}.{number}", f"c{self.serial}", number

    def drop_number(self) -> bool:
        """Never call the present number again; False if it is the only one that is left."""
        if len(self.numbers) == 1:
            return False
        place = self.turn % len(self.numbers)
        self.numbers = self.numbers[:place] + self.numbers[place + 1 :]
        self.turn = place
        return True


class CallingList:
    """A list as the campaigns of one tenant use it."""

    __slots__ = (
        "_dry_at", "_due", "_gauge_planned", "_serial", "_waiters", "_wake_at", "_world", "fresh", "left", "loading", "name",
        "outcomes", "pass_number", "size", "tenant", "users",
    )  # fmt: skip

    def __init__(self, world: World, tenant: str, name: str, size: int, outcomes: Outcomes) -> None:
        self._world = world
        self.tenant = tenant
        self.name = name
        self.size = size
        self.outcomes = outcomes
        self.users: list[str] = []
        self.fresh = max(1, int(size * world.chance.uniform(0.3, 1.0)))
        self.pass_number = 0
        self.loading = False
        self.left = 0
        self._dry_at = world.agenda.now
        self._due: list[tuple[int, int, Chain]] = []
        self._serial = 0
        self._waiters: dict[Callable[[], None], None] = {}
        self._wake_at: int | None = None
        self._gauge_planned = False

    @property
    def scheduled(self) -> int:
        """Chains that are still to be called in this pass, fresh or again."""
        return self.fresh + len(self._due)

    def take(self) -> Chain | None:
        """The next chain that is due: one to be tried again before a fresh one; None if there is none at present."""
        if self._due and self._due[0][0] <= self._world.agenda.now:
            chain = heapq.heappop(self._due)[2]
        elif self.fresh:
            chain = self._fresh_chain()
        else:
            return None
        if not self._gauge_planned:
            self._plan_gauge()
        return chain

    def put_back(self, chain: Chain, wait_ms: int) -> bool:
        """Have a chain tried again; False if its pass is over, and with it the chain."""
        if chain.pass_number != self.pass_number:
            return False
        heapq.heappush(self._due, (self._world.agenda.now + wait_ms, chain.serial, chain))
        if self._waiters:
            self._plan_wake()
        return True

    def complete_if_over(self) -> bool:
        """Complete the pass if nothing is due and little is to come, which is ``left`` then; False if it goes on, or is over already."""
        now = self._world.agenda.now
        if self.fresh or self.loading or (self._due and self._due[0][0] <= now):
            return False
        if len(self._due) > REST_SHARE * self.size and now < self._patience_ends():
            return False
        self.left = len(self._due)
        self._due.clear()
        self.loading = True
        self.pass_number += 1
        self._world.agenda.after(self._world.minutes(*RENEWAL_MINUTES), CallingList.renew, self)
        self.report_gauges()
        return True

    def renew(self) -> None:
        """Load the records of the next pass, and tell those who wait."""
        self.fresh = max(1, int(self.size * self._world.chance.uniform(0.9, 1.1)))
        self.loading = False
        self.report_gauges()
        self.wake()

    def await_records(self, waiter: Callable[[], None]) -> None:
        """Call ``waiter`` once when a chain comes due or the list is renewed."""
        self._waiters[waiter] = None
        self._plan_wake()

    def wake(self) -> None:
        """Call all who wait, in the order in which they began to."""
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters:
            waiter()

    def report_gauges(self) -> None:
        """Report the records scheduled; campaigns that share the list report a part each, so that their sum is the whole (4.7)."""
        whole, rest = divmod(self.scheduled, len(self.users))
        for place, campaign in enumerate(self.users):
            self._world.journal.records("RecordScheduled", self.tenant, campaign, self.name, whole + (place < rest))

    def _fresh_chain(self) -> Chain:
        self.fresh -= 1
        self._serial += 1
        if not self.fresh:
            self._dry_at = self._world.agenda.now
        chance = self._world.chance.random()
        return Chain(self, self._serial, _NUMBERS[(chance > _ONE_NUMBER) + (chance > _TWO_NUMBERS)])

    def _patience_ends(self) -> int:
        return self._dry_at + int(PATIENCE_MINUTES * 60_000 / self._world.scenario.speed)

    def _plan_wake(self) -> None:
        """Plan to wake those who wait when the first chain comes due, or when patience with the pass ends; a renewal wakes them itself."""
        if self.loading:
            return
        now, ends = self._world.agenda.now, self._patience_ends()
        due = self._due[0][0] if self._due else now
        when = min(due, ends) if ends > now else due
        if self._wake_at is None or when < self._wake_at:
            self._wake_at = when
            self._world.agenda.at(when, CallingList._woken, self)

    def _woken(self) -> None:
        if self._wake_at == self._world.agenda.now:
            self._wake_at = None
            self.wake()

    def _plan_gauge(self) -> None:
        self._gauge_planned = True
        self._world.agenda.after(self._world.seconds(*GAUGE_SECONDS), CallingList._report_planned, self)

    def _report_planned(self) -> None:
        self._gauge_planned = False
        if not self.loading:
            self.report_gauges()
