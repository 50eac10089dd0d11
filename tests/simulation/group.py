"""The consumer group: members, generations, and who holds which partitions (the eager protocol, as Faust's assignor asks for it)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol

from tests.simulation.loop import Party, VirtualLoop

_HEARTBEAT = 3.0
_REBALANCE_LIMIT = 20.0


class Member(Protocol):
    """A worker as the group sees it."""

    party: Party

    def tell(self, delay: float, command: str, *args: object) -> None:
        """Bring it a command, after those that it was told before."""
        ...


class Group:
    """The coordinator of the group. ``session``: seconds of silence after which a member is given up."""

    def __init__(self, loop: VirtualLoop, random: Random, partitions: int, session: float, note: Callable[..., None]) -> None:
        self._loop, self._random, self._note = loop, random, note
        self._partitions = partitions
        self._session = session
        self._joined: list[Member] = []
        self._round = 0
        self._rebalancing = False
        self.members: list[Member] = []
        self.generation = 0
        self.rebalances = 0

    def join(self, member: Member) -> None:
        """A member is there, for the first time or again in a rebalance."""
        if not member.party.alive:
            return
        if member not in self.members:
            self.members.append(member)
        if member not in self._joined:
            self._joined.append(member)
        self._begin()
        self._complete_if_all()

    def rebalance(self) -> None:
        """Begin anew without a reason."""
        if self.members:
            self._begin()

    def leave(self, member: Member) -> None:
        """A member says that it goes."""
        self._remove(member)

    def fell_silent(self, member: Member) -> None:
        """A member was killed or paused: its heartbeats are missing from now on."""
        self._loop.later(self._session, self._expire, member)

    def heartbeat(self, member: Member) -> None:
        """A member that was paused is back; if it was given up meanwhile, and has not joined again by itself, it is told so soon."""
        if member not in self.members:
            self._loop.later(self._random.uniform(0, _HEARTBEAT), self._tell_unknown, member)

    def _tell_unknown(self, member: Member) -> None:
        if member not in self.members and member.party.alive:
            member.tell(0, "revoke")

    def _expire(self, member: Member) -> None:
        if not (member.party.alive and member.party.awake):
            self._remove(member)

    def _remove(self, member: Member) -> None:
        if member in self.members:
            self.members.remove(member)
            self._joined = [one for one in self._joined if one is not member]
            self._note("group", lost=member.party.name)
            if self.members:
                self._begin()
                self._complete_if_all()

    def _begin(self) -> None:
        if self._rebalancing:
            return
        self._rebalancing = True
        self._round += 1
        self.rebalances += 1
        for member in self.members:
            if member not in self._joined:
                member.tell(self._random.uniform(0, _HEARTBEAT), "revoke")
        self._loop.later(_REBALANCE_LIMIT, self._end_waiting, self._round)

    def _end_waiting(self, number: int) -> None:
        if self._rebalancing and number == self._round:
            self.members = list(self._joined)
            self._complete_if_all()

    def _complete_if_all(self) -> None:
        if not self._rebalancing or not self.members or any(member not in self._joined for member in self.members):
            return
        self._rebalancing, self._joined = False, []
        self.generation += 1
        self._random.shuffle(self.members)
        held = {id(member): list(range(place, self._partitions, len(self.members))) for place, member in enumerate(self.members)}
        self._note("group", generation=self.generation, held={member.party.name: held[id(member)] for member in self.members})
        for member in self.members:
            member.tell(self._random.uniform(0, 0.2), "assign", held[id(member)], self.generation)
