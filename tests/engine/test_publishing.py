"""When open windows are published, and when the clock closes one: a worker's clock, moved by hand (domain 7.2-7.4)."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from agents import replay
from engine.arrays import NEVER
from engine.campaigns import Chunk, Limits
from engine.definitions import parse_definitions
from engine.effects import State
from engine.evaluation import Valued
from engine.profiles import Publish
from engine.publishing import Live
from engine.reporting import Moment
from engine.rows import EventRows, ResultRows
from kernels.texts import texts_of
from tests.engine.replaying import at, call, event

NONE = np.empty(0, dtype=np.int64)
NO_EVENTS = EventRows(NONE, NONE, [])
NO_RESULTS = ResultRows(NONE, NONE, NONE.astype(bool), NONE, NONE.astype(bool), NONE, texts_of([]), texts_of([]))
HOUR = '[profile.hour]\nkind = "growing"\nreset = "00:00 +1:00"\n'
DIALS = '[statistic.Dials]\ncategory = "TotalNumber"\nmain = "DialMade"\nobjects = ["Campaign"]\nprofiles = ["hour"]\n'
AGE = '[statistic.Age]\ncategory = "CurrentTime"\nmain = "StatusRunning"\nobjects = ["CampaignGroup"]\nprofiles = ["hour"]\n'


class Worker(replay._Run):
    """Applies one event after the other, each when the test says so."""

    def __init__(self, definitions: str, events: list[dict[str, Any]], **limits: int) -> None:
        lines = b"".join(json.dumps(one).encode() + b"\n" for one in events)
        these = Limits(**limits)
        super().__init__(parse_definitions(definitions, "test"), these, replay.read_input(io.BytesIO(lines), these), 1)
        self._next = 0

    def applies(self, now: int) -> list[tuple[int, int, bool, dict[str, float | None]]]:
        """What is published with the next event, as the clock shows ``now``."""
        self._next += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(replay, "Moment", lambda: Moment(now, drained=False))
            return told(self._apply(self._order[self._next - 1 : self._next])[0].reports)

    def idles(self, now: int, *, drained: bool = True) -> list[tuple[int, int, bool, dict[str, float | None]]]:
        """What is published without an event."""
        return told(
            self._campaigns.apply(Chunk(NO_EVENTS, NONE, NONE, NO_RESULTS, NONE, NONE, moment=Moment(now, drained=drained))).reports
        )

    def due(self, *, drained: bool = True) -> int | None:
        """When it would come back by itself."""
        return self._campaigns.reporter.due(drained=drained)


def told(reports: list[Any]) -> list[tuple[int, int, bool, dict[str, float | None]]]:
    """Of reports: start and t of the window, whether it is final, values."""
    return [(one.window_start, one.as_of, one.final, dict(zip(one.names, one.values, strict=True))) for one in reports]


def calls(*clocks: str) -> list[dict[str, Any]]:
    return [call(clock, 6, event_id=clock) for clock in clocks]


def test_changes_are_published_at_most_every_min_interval() -> None:
    """7.2: the first at once, what follows within the interval together at its end."""
    noon, eleven = at("12:00:00"), at("12:00:00")
    worker = Worker(HOUR + 'min_interval = "2s"\n' + DIALS, calls("12:00:00", "12:00:01", "12:00:02", "12:00:03"))
    assert worker.due() is None
    assert worker.applies(noon) == [(eleven, noon, False, {"Dials": 1.0})]
    assert worker.due(drained=False) is None
    assert worker.applies(noon + 500) == []
    assert worker.due(drained=False) == noon + 2_000
    assert worker.applies(noon + 1_999) == []
    assert worker.idles(noon + 2_000) == [(eleven, at("12:00:02"), False, {"Dials": 3.0})]
    assert worker.idles(noon + 9_000) == []
    assert worker.applies(noon + 9_000) == [(eleven, at("12:00:03"), False, {"Dials": 4.0})]


def test_a_change_that_is_no_more_than_the_insensitivity_waits_for_more() -> None:
    """7.2."""
    worker = Worker(HOUR + 'min_interval = "0s"\n' + DIALS + "insensitivity = 2\n", calls(*(f"12:00:0{second}" for second in range(8))))
    published = [worker.applies(at("12:01:00") + second) for second in range(8)]
    assert [values["Dials"] for reports in published for *_, values in reports] == [1.0, 4.0, 7.0]


def test_an_interval_publishes_what_is_active_or_was_touched() -> None:
    """7.3: at multiples of the interval; of the present where all input is read, else of the stream time."""
    events = [
        event("DialingStarted", "12:00:00"),
        event("DialingStarted", "12:00:01", group="H"),
        event("DialingStopped", "12:00:02", group="H"),
    ]
    worker = Worker(HOUR + 'publish = "interval"\ninterval = "10s"\n' + AGE, [*events, event("CampaignDeactivated", "12:00:03", group="H")])
    start = at("12:00:00")
    assert worker.due(drained=False) == 0
    assert worker.applies(start + 4_000) == [(start, start, False, {"Age": 0.0})]
    assert worker.due(drained=False) == start + 10_000
    assert [*worker.applies(start + 5_000), *worker.applies(start + 6_000), *worker.applies(start + 9_999)] == []
    one, other = worker.idles(start + 10_000)
    assert one == (start, start + 10_000, False, {"Age": 10.0})
    assert other == (start, start + 10_000, False, {"Age": 0.0}), "it was touched"
    assert worker.idles(start + 19_999) == []
    assert worker.idles(start + 25_000, drained=False) == [(start, start + 3_000, False, {"Age": 3.0})], "the other one is not active"
    assert worker.due(drained=False) == start + 30_000


def test_on_reset_only_closed_windows_are_published() -> None:
    """7.4."""
    worker = Worker(HOUR + 'publish = "reset"\n' + DIALS, calls("12:00:00", "12:30:00", "13:00:00"))
    noon, one = at("12:00:00"), at("13:00:00")
    assert [worker.applies(noon), worker.idles(noon + 60_000), worker.applies(at("12:30:00"))] == [[], [], []]
    assert worker.due(drained=False) is None
    assert worker.applies(one) == [(noon, one, True, {"Dials": 2.0})]


def test_the_clock_closes_a_window_when_its_grace_is_over_and_no_input_waits() -> None:
    """7.4: and a late event corrects it."""
    noon, one = at("12:00:00"), at("13:00:00")
    worker = Worker(HOUR + 'publish = "reset"\n' + DIALS, calls("12:58:00", "12:59:00"), close_grace=5_000)
    assert worker.applies(at("12:58:00")) == []
    assert (worker.due(drained=False), worker.due()) == (None, one + 5_000)
    assert worker.idles(one + 4_999) == []
    assert worker.idles(one + 60_000, drained=False) == []
    assert worker.idles(one + 5_000) == [(noon, one, True, {"Dials": 1.0})]
    assert worker.due() == at("14:00:00") + 5_000
    assert worker.applies(one + 6_000) == [(noon, one, True, {"Dials": 2.0})]
    assert worker.idles(at("14:00:00") + 5_000) == [], "nothing happened in that window"


def test_the_clock_waits_until_input_from_long_ago_is_quiet() -> None:
    """7.4: what is loaded late closes its windows by its own time; an hour is not yet long ago."""
    two = at("14:00:00")
    for behind, waits in ((0, False), (1, True)):
        worker = Worker(HOUR + 'publish = "reset"\n' + DIALS, calls("12:59:59"), close_grace=5_000)
        now = at("13:59:59") + behind
        assert worker.applies(now) == []
        assert worker.due() == (now + 5_000 if waits else at("13:00:00") + 5_000)
        assert bool(worker.idles(now + 4_999)) is not waits
        assert bool(worker.idles(two + 5_000)) is waits


def valued(*numbers: float, names: str = "AB", state: State | None = None, insensitivity: float = 0.5) -> Valued:
    return Valued(tuple(names), np.array(numbers), np.full(len(numbers), insensitivity), state)


NO = float("nan")
RUNNING = State("StatusRunning", 1, None, None, {})


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (valued(1, NO), False),
        (valued(1.5, NO), False),
        (valued(0.5, NO), False),
        (valued(1.6, NO), True),
        (valued(0.4, NO), True),
        (valued(NO, NO), True),
        (valued(1, 1), True),
        (valued(1, NO, names="AC"), True),
        (valued(1, NO, 1, names="ABC"), True),
        (valued(1, NO, state=RUNNING), True),
    ],
)
def test_what_a_change_is(after: Valued, changed: bool) -> None:
    """7.2: a value that moved by more than its insensitivity, one that came or went, another state."""
    live = Live(Publish())
    assert live.changed(3, valued(1, NO))
    live.published(3, 0, valued(1, NO))
    assert live.changed(3, after) is changed
    assert live.changed(4, after)


def test_what_waits_is_marked_until_it_is_published() -> None:
    """7.2: a worker that takes over publishes what the other one has not."""
    live = Live(Publish(min_interval_ms=1_000))
    live.touch([1, 2])
    assert live.take_marks() == ({1, 2}, set())
    assert live.take_marks() == (set(), set())
    assert live.take_due(5_000) == [1, 2]
    assert live.take_marks() == (set(), {1, 2})
    live.published(1, 5_000, valued(1, 1))
    live.touch([1, 3])
    assert (live.due(), live.take_due(5_999)) == (0, [3])
    assert (live.due(), live.take_due(6_000), live.due()) == (6_000, [1], None)
    live.restore_mark(7)
    assert live.take_marks() == (set(), set())
    assert (live.take_due(0), live.take_marks()) == ([7], (set(), {7}))


def test_windows_that_are_left_to_close_are_due_at_once() -> None:
    worker = Worker(HOUR + DIALS, calls("12:00:00"))
    worker._campaigns.ledger.behind[0] = None
    assert worker.due(drained=False) == NEVER
