"""Real time without a clock of its own: events go when they are due."""

from __future__ import annotations

from itertools import islice

from simulator import pace, preset, simulate


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += round(seconds * 1000)


def test_each_event_goes_at_its_time():
    clock = Clock(1000)
    due = [{"occurred_at": at} for at in (1000, 1500, 1500, 4000)]
    sent = [(clock.now, event["occurred_at"]) for event in pace(due, clock, clock.sleep)]
    assert sent == [(1000, 1000), (1500, 1500), (1500, 1500), (4000, 4000)]
    assert clock.slept == [0.5, 2.5]


def test_late_events_and_a_backlog_go_at_once():
    clock = Clock(9000)
    assert len(list(pace([{"occurred_at": at} for at in (1000, 8000, 3000)], clock, clock.sleep))) == 3
    assert clock.slept == []


def test_a_sleep_that_returns_early_is_continued():
    clock = Clock(0)
    sent = [clock.now for _ in pace([{"occurred_at": 1000}], clock, lambda seconds: clock.sleep(min(seconds, 0.3)))]
    assert sent == [1000]
    assert len(clock.slept) == 4


def test_a_demo_that_begins_now_runs_in_real_time():
    clock = Clock(1_750_000_000_000)
    paced = pace(simulate(preset("demo", start_ms=clock.now)), clock, clock.sleep)
    assert all(event["occurred_at"] == clock.now for event in islice(paced, 2000))
    assert clock.now - 1_750_000_000_000 < 20 * 60_000
