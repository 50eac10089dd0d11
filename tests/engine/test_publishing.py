"""When open windows are published, and when the clock closes one: a worker's clock, moved by hand (domain 7.2-7.4)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import replay
from engine.arrays import NEVER
from engine.campaigns import Chunk, Limits
from engine.definitions import parse_definitions
from engine.effects import Report, State
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


def told(reports: Iterable[Report]) -> list[tuple[int, int, bool, dict[str, float | None]]]:
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
    """The values of one object."""
    return Valued(np.arange(1), tuple(names), np.array([numbers], dtype=np.float64), np.full(len(numbers), insensitivity), [state])


def one(number: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([number])


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
    assert live.changed(one(3), valued(1, NO)).all()
    live.published(one(3), 0, valued(1, NO))
    assert live.changed(one(3), after).all() == changed
    assert live.changed(one(4), after).all()


def test_values_with_other_names_are_others_also_when_the_names_come_back() -> None:
    """7.2: what an object is broken down by comes and goes; objects that have the same names keep their own values."""
    live = Live(Publish())
    for number, names in ((3, "AB"), (4, "AB"), (3, "AC"), (3, "AB")):
        assert live.changed(one(number), valued(1, NO, names=names)).all()
        live.published(one(number), 0, valued(1, NO, names=names))
    assert not live.changed(np.array([4, 3]), valued_of([[1, NO], [1.5, NO]])).any()
    assert live.changed(np.array([4, 3]), valued_of([[1, 1], [1.5, NO]])).tolist() == [True, False]


def valued_of(numbers: list[list[float]]) -> Valued:
    return Valued(np.arange(len(numbers)), tuple("AB"), np.array(numbers, dtype=np.float64), np.full(2, 0.5), None)


def marks(live: Live) -> tuple[list[int], list[int]]:
    added, gone = live.take_marks()
    return added.tolist(), gone.tolist()


def test_what_waits_is_marked_until_it_is_published() -> None:
    """7.2: a worker that takes over publishes what the other one has not."""
    live = Live(Publish(min_interval_ms=1_000))
    live.touch([1, 2])
    assert marks(live) == ([1, 2], [])
    assert marks(live) == ([], [])
    assert live.take_due(5_000).tolist() == [1, 2]
    assert marks(live) == ([], [1, 2])
    live.published(one(1), 5_000, valued(1, 1))
    live.touch(np.array([3, 1, 3]))
    assert (live.due(), live.take_due(5_999).tolist()) == (0, [3])
    assert (live.due(), live.take_due(6_000).tolist(), live.due()) == (6_000, [1], None)
    live.restore_mark(7)
    assert marks(live) == ([], [])
    assert (live.take_due(0).tolist(), marks(live)) == ([7], ([], [7]))


_STEPS = st.lists(st.tuples(st.lists(st.integers(0, 40), max_size=6), st.integers(0, 700), st.booleans(), st.booleans()), max_size=20)


@given(_STEPS)
def test_who_is_due_and_marked_is_what_the_rules_say(steps: list[tuple[list[int], int, bool, bool]]) -> None:
    """7.2: whoever was touched, at most once in an interval; marked is who waits."""
    live, now = Live(Publish(min_interval_ms=1_000)), 5_000
    waiting, marked, next_at = set[int](), set[int](), dict[int, int]()
    for numbers, later, publishes, marking in steps:
        now += later
        live.touch(numbers)
        waiting.update(numbers)
        assert live.due() == min((next_at.get(number, 0) for number in waiting), default=None)
        due = sorted(number for number in waiting if next_at.get(number, 0) <= now)
        assert live.take_due(now).tolist() == due
        waiting.difference_update(due)
        if publishes and due:
            live.published(np.array(due), now, valued_of([[0.0, 0.0]] * len(due)))
            next_at.update(dict.fromkeys(due, now + 1_000))
        if marking:
            assert marks(live) == (sorted(waiting - marked), sorted(marked - waiting))
            marked = set(waiting)


def test_windows_that_are_left_to_close_are_due_at_once() -> None:
    worker = Worker(HOUR + DIALS, calls("12:00:00"))
    worker._campaigns.ledger.behind[0] = None
    assert worker.due(drained=False) == NEVER
