"""Keeping to a rate: contract 4, ``load --rate``."""

from cli.pace import Pace


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_waits_so_that_no_more_than_the_rate_go_by():
    clock = Clock()
    pace = Pace(4.0, clock, clock.sleep)
    for _ in range(9):
        pace.wait()
    assert clock.now == 102.0


def test_catches_up_after_a_slow_one():
    clock = Clock()
    pace = Pace(10.0, clock, clock.sleep)
    pace.wait()
    clock.now += 0.35
    for _ in range(4):
        pace.wait()
    assert clock.now == 100.4


def test_without_a_rate_never_waits():
    clock = Clock()
    pace = Pace(None, clock, clock.sleep)
    for _ in range(100):
        pace.wait()
    assert clock.now == 100.0
