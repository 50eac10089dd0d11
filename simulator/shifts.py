"""The shifts of a group: activation, dialling, changes of mode, pauses, faults of the dialer, the end of the day, removal (domain 3).

Every deed is planned for one run of the group (from DialingStarted to its end) and falls away if that run is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.modes import BASE_MODES, VARIANTS

if TYPE_CHECKING:
    from simulator.groups import Group

DAY_MS: Final = 86_400_000
STAGGER_MINUTES: Final = (0.0, 4.0)
"""How much later than the site's shift a group's begins."""
SHORTEST_SHIFT: Final = 0.8
PREPARATION_MINUTES: Final = (0.5, 2.0)
"""From activation to the first dial."""
MODE_MINUTES: Final = 90.0
PAUSE_EVERY_MINUTES: Final = 240.0
PAUSE_MINUTES: Final = (5.0, 15.0)
TROUBLE_EVERY_MINUTES: Final = 1500.0
TROUBLE_S: Final = (8.0, 60.0)
REMOVED_SHARE: Final = 0.03
"""Share of shifts after which the group is removed; it comes back with the next."""
CUT_OFF_SHARE: Final = 0.005
"""Share of shifts that end with the removal of the running group."""
VARIANT_SHARE: Final = 0.25


class Shifts:
    """The days of one group.

    ``end`` is when its present shift stops dialling, ms; of the next one, between shifts. ``leaving`` says that dialling has ended
    for the day and calls are still in progress.
    """

    __slots__ = ("_activated", "_first", "_group", "_length", "_number", "_run", "end", "leaving")

    def __init__(self, group: Group) -> None:
        world, scenario = group.world, group.world.scenario
        self._group = group
        self._run = 0
        self._activated = self.leaving = False
        self._length = int(scenario.shift_ms * world.chance.uniform(SHORTEST_SHIFT, 1.0))
        start = scenario.start_ms
        first = start if scenario.shift_begin_ms is None else start // DAY_MS * DAY_MS + scenario.shift_begin_ms
        self._first = first + min(world.minutes(*STAGGER_MINUTES), scenario.shift_ms - self._length)
        self._number = (start - self._first - self._length) // scenario.shift_every_ms
        self.end = start
        self._plan_next()

    def next_begin(self) -> int:
        """When the shift after the present one begins, ms."""
        return self._first + (self._number + 1) * self._group.world.scenario.shift_every_ms

    def leave_if_done(self) -> None:
        """If no call is in progress any more: deactivate and send the agents home."""
        if not self._group.idle:
            return
        self.leaving = False
        self._group.staff.go()
        if self._activated:
            self._activated = False
            self._report("CampaignDeactivated")
            if self._group.world.happens(REMOVED_SHARE):
                self._report("GroupRemoved")
        self._plan_next()

    def _plan_next(self) -> None:
        agenda = self._group.world.agenda
        while self.end <= agenda.now:
            begin = self.next_begin()
            self._number += 1
            self.end = begin + self._length
        agenda.at(begin, self._open, None)

    def _open(self, _: None) -> None:
        group, agenda = self._group, self._group.world.agenda
        self._activated = True
        self._report("CampaignActivated")
        for each in group.lists:
            each.report_gauges()
        group.staff.come(group.agents)
        agenda.after(group.world.minutes(*PREPARATION_MINUTES), self._start, self._run)
        agenda.at(self.end, self._close, None)

    def _start(self, run: int) -> None:
        if run != self._run:
            return
        world = self._group.world
        self._run += 1
        self._group.running = True
        world.journal.mode(self._group, "DialingStarted")
        world.agenda.after(world.interval(MODE_MINUTES), self._change_mode, self._run)
        world.agenda.after(world.interval(PAUSE_EVERY_MINUTES), self._pause, self._run)
        world.agenda.after(world.interval(TROUBLE_EVERY_MINUTES), self._begin_trouble, self._run)
        self._group.keep_dialing()

    def _change_mode(self, run: int) -> None:
        if run != self._run:
            return
        group, world = self._group, self._group.world
        names = VARIANTS if world.happens(VARIANT_SHARE) else BASE_MODES
        group.mode = world.chance.choice([name for name in names if name != group.mode])
        world.journal.mode(group, "DialModeChanged")
        world.agenda.after(world.interval(MODE_MINUTES), self._change_mode, run)
        group.keep_dialing()

    def _pause(self, run: int) -> None:
        if run != self._run:
            return
        self._stop("DialingStopped")
        world = self._group.world
        world.agenda.after(world.minutes(*PAUSE_MINUTES), self._start, self._run)

    def _begin_trouble(self, run: int) -> None:
        if run != self._run:
            return
        group, world = self._group, self._group.world
        group.trouble = True
        self._report("SystemErrorStart")
        group.keep_dialing()
        world.agenda.after(world.seconds(*TROUBLE_S), self._end_trouble, run)

    def _end_trouble(self, run: int) -> None:
        if run != self._run:
            return
        group, world = self._group, self._group.world
        group.trouble = False
        self._report("SystemErrorOver")
        group.keep_dialing()
        world.agenda.after(world.interval(TROUBLE_EVERY_MINUTES), self._begin_trouble, run)

    def _close(self, _: None) -> None:
        if self._group.running and self._group.world.happens(CUT_OFF_SHARE):
            self._activated = False
            self._stop("GroupRemoved")
        elif self._group.running:
            self._stop("DialingStopped")
        else:
            self._run += 1  # a start that is still planned falls away
        self.leaving = True
        self.leave_if_done()

    def _stop(self, kind: str) -> None:
        self._run += 1
        self._group.running = False
        self._group.forget_waiting()
        self._report(kind)

    def _report(self, kind: str) -> None:
        self._group.world.journal.control(self._group, kind)
