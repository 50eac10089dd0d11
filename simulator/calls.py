"""One call, from the record that is taken to the event at its end.

Two kinds: a dialled call finds its agent when somebody answers, or is abandoned; a held one has its agent from the beginning
(preview, callback), who listens to the ringing.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Final

from simulator.modes import daring_after
from simulator.outcomes import ABANDONED, ANSWER, CANCELLED, DO_NOT_CALL, DROPPED, WRONG_NUMBER, WRONG_PARTY, ringing_s

if TYPE_CHECKING:
    from simulator.groups import Group
    from simulator.lists import Chain

PREVIEW_S: Final = (5.0, 25.0)
PATIENCE_S: Final = (0.5, 3.0)
"""How long somebody who answered stays when no agent comes."""
CANCEL_SHARE: Final = 0.02
"""Share of previewed records that the agent cancels, so that the lead ends without a dial (domain 4.4)."""
AGENT_ERROR_SHARE: Final = 0.0007
"""Share of conversations with an AgentError."""
LONGEST_TALK_S: Final = 900.0
_SPREAD: Final = 0.7
_SHORT_TALK: Final = 0.2
_DISPOSITIONS: Final = ((0.955, ANSWER), (0.97, WRONG_PARTY), (0.98, WRONG_NUMBER), (0.988, DO_NOT_CALL), (1.0, DROPPED))


class Call:
    """A call in progress; ``result`` is known to the simulation only until the call ends."""

    __slots__ = ("answered_at", "callback", "chain", "dialed_at", "group", "held", "result", "shift", "talked")

    def __init__(self, group: Group, chain: Chain, callback: bool = False) -> None:
        self.group = group
        self.chain = chain
        self.callback = callback
        self.held = False
        self.talked = False
        self.shift = 0
        self.dialed_at = 0
        self.answered_at = 0
        self.result = ANSWER


def begin(group: Group, chain: Chain) -> None:
    """Dial a record; who answers gets an agent then."""
    group.free_ports -= 1
    group.ringing += 1
    _dial(Call(group, chain))


def begin_preview(group: Group, chain: Chain) -> None:
    """Give a record to a free agent, who reads it and then has it dialled, or cancels it."""
    call = _hold(group, chain, callback=False)
    group.world.agenda.after(group.world.seconds(*PREVIEW_S), _read, call)


def begin_callback(group: Group, chain: Chain) -> None:
    """Have a free agent call somebody who asked for it."""
    _dial(_hold(group, chain, callback=True))


def _hold(group: Group, chain: Chain, callback: bool) -> Call:
    call = Call(group, chain, callback)
    call.held = True
    call.shift = group.staff.take()
    group.free_ports -= 1
    group.held += 1
    return call


def _read(call: Call) -> None:
    if not call.group.world.happens(CANCEL_SHARE):
        _dial(call)
        return
    _release(call)
    call.group.end_chain(call.chain, CANCELLED)
    call.group.after_call()


def _dial(call: Call) -> None:
    world, chain = call.group.world, call.chain
    chain.attempts += 1
    call.dialed_at = world.agenda.now
    outcome = chain.calling_list.outcomes.draw(world.chance)
    if outcome is None:
        world.agenda.after(world.seconds(*ringing_s(world.chance)), _answered, call)
        return
    call.result = outcome.result
    known = world.seconds(*outcome.known_s)
    if outcome.picked_up_s is not None:
        call.answered_at = call.dialed_at + known
        known += world.seconds(*outcome.picked_up_s)
    world.agenda.after(known, _ended, call)


def _answered(call: Call) -> None:
    group = call.group
    call.answered_at = group.world.agenda.now
    if not call.held:
        abandoned = group.staff.free == 0
        group.daring = daring_after(group.daring, abandoned)
        if abandoned:
            call.result = ABANDONED
            group.world.agenda.after(group.world.seconds(*PATIENCE_S), _ended, call)
            return
        call.shift = group.staff.take()
    _connect(call)


def _connect(call: Call) -> None:
    group, world = call.group, call.group.world
    _no_longer_dialled(call)
    call.talked = True
    group.talking += 1
    if world.happens(AGENT_ERROR_SHARE):
        world.journal.control(group, "AgentError")
    drawn = world.chance.random()
    call.result = next(result for bound, result in _DISPOSITIONS if drawn < bound)
    world.agenda.after(_talk_ms(call), _ended, call)
    group.keep_dialing()


def _talk_ms(call: Call) -> int:
    world = call.group.world
    mean = world.scenario.talk_s if call.result == ANSWER else world.scenario.talk_s * _SHORT_TALK
    drawn = exp(world.chance.normalvariate(log(mean) - _SPREAD * _SPREAD / 2, _SPREAD))
    return int(1000 * min(max(drawn, 2.0), LONGEST_TALK_S))


def _no_longer_dialled(call: Call) -> None:
    if call.held:
        call.group.held -= 1
    else:
        call.group.ringing -= 1


def _release(call: Call) -> None:
    """Give back what the call holds: its line, and its agent if it has one."""
    group = call.group
    group.free_ports += 1
    if call.talked:
        group.talking -= 1
    else:
        _no_longer_dialled(call)
    if call.talked or call.held:
        group.staff.give_back(call.shift, call.talked)


def _ended(call: Call) -> None:
    group = call.group
    _release(call)
    group.world.journal.call_completed(call)
    if call.callback:
        group.callbacks.completed(call.chain)
    group.follow_up(call.chain, call.result)
    group.after_call()
