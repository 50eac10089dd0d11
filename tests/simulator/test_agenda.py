"""The event loop: in order of time, of equal times as planned."""

from __future__ import annotations

from random import Random

from simulator.agenda import PAGE_MS, Agenda

EVER = float("inf")


def test_deeds_are_done_in_order_of_time_then_of_planning():
    agenda, done = Agenda(5000), []
    chance = Random(1)
    planned = [(5000 + chance.randrange(20 * PAGE_MS), number) for number in range(2000)]
    for when, number in planned:
        agenda.at(when, done.append, (when, number))
    while agenda.step(EVER):
        assert done[-1][0] == agenda.now
    assert done == sorted(planned)


def test_what_is_planned_for_the_present_or_the_past_is_done_next():
    agenda, done = Agenda(100), []
    agenda.at(10 * PAGE_MS, lambda _: [agenda.at(3, done.append, agenda.now), agenda.after(0, done.append, "next")], None)
    agenda.at(10 * PAGE_MS + 1, done.append, "later")
    while agenda.step(EVER):
        pass
    assert done == [10 * PAGE_MS, "next", "later"]


def test_a_step_does_nothing_at_or_after_the_end():
    agenda, done = Agenda(0), []
    agenda.at(500, done.append, "once")
    assert not agenda.step(500)
    assert agenda.step(501)
    assert done == ["once"]
    assert not agenda.step(EVER)
