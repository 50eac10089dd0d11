"""Durable actions over time, and what is left of them when they are forgotten (domain 3.1, 5.2)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS
from engine.measures import Table, Windows, measured
from engine.spans import Early, Span, Spans, View
from kernels.intervals import TABLES

STATUSES = [ACTION_BY_NAME[name].index for name in ("StatusDeactivated", "StatusActivated", "StatusRunning")]


def followed(steps):
    """Statuses one after the other; each lasts some ms, and there may be a gap before it."""
    spans, now = Spans(), 0
    for status, gap, lasted in steps[:-1]:
        now += gap
        spans.begin("g", STATUSES[status], now)
        now += lasted
        spans.end("g", STATUSES[status], now)
    spans.begin("g", STATUSES[steps[-1][0]], now + steps[-1][1])
    return spans


_steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 0, 0, 5]), st.integers(1, 20)), min_size=1, max_size=30)


@given(_steps, st.sets(st.integers(0, 2), min_size=1), st.lists(st.integers(0, 400), min_size=1, max_size=4), st.integers(0, 600))
def test_since_when_a_status_holds_is_known_when_what_came_before_is_forgotten(steps, chosen, horizons, at):
    statuses = np.zeros(len(ACTIONS), dtype=bool)
    statuses[[STATUSES[number] for number in chosen]] = True
    whole, short = followed(steps), followed(steps)
    for horizon in sorted(horizons):
        short.forget(horizon)
    if at >= max(horizons):
        assert short.entered(statuses, at) == whole.entered(statuses, at)


_lasting = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.one_of(st.none(), st.integers(0, 12))), max_size=6)
_view = st.tuples(st.integers(0, 12), st.integers(0, 6), st.booleans())


@given(_lasting, _view)
def test_what_lies_in_a_window_is_what_the_definitions_say(lasting, window):
    """Domain 5.2, 5.3: of an open window the last instant is t; of a closed one the end belongs to the next."""
    view = View(window[0], window[0] + window[1], closed=window[2])
    spans, held = Spans(), []
    for group, (action, begin, lasted) in enumerate(lasting):
        spans.begin(group, action, begin)
        end = None if lasted is None else begin + lasted
        if end is not None:
            assert spans.end(group, action, end) == Span(end, begin, action)
        held.append((action, begin, end))
    last = view.until - view.closed
    ended = [(action, begin, end) for action, begin, end in held if end is not None and view.start <= end <= last]
    running = [(action, begin) for action, begin, end in held if begin <= view.until and (end is None or end > view.until)]
    inside = [(action, begin, view.until if end is None else min(end, view.until)) for action, begin, end in held if begin <= view.until]
    table = tables(view, spans)
    assert by_action(table[Table.ENDED]) == sums((action, 1) for action, *_ in ended)
    assert by_action(table[Table.ADJUSTED]) == sums((action, end - begin) for action, begin, end in ended)
    assert by_action(table[Table.COMPLETED]) == sums((action, end - max(begin, view.start)) for action, begin, end in ended)
    assert by_action(table[Table.TIME]) == sums((action, max(end - max(begin, view.start), 0)) for action, begin, end in inside)
    assert by_action(table[Table.CURRENT]) == sums((action, 1) for action, _ in running)
    assert by_action(table[Table.CURRENT_TIME]) == sums((action, view.until - begin) for action, begin in running)
    assert sorted(spans.at(view.until)) == sorted(running)
    assert sorted(spans.ended_in(view)) == sorted(Span(end, begin, action) for action, begin, end in ended)
    within = [action for action, begin, end in held if begin < view.until and (end is None or end >= view.start)]
    assert sorted(spans.touching(view.start, view.until)) == sorted(within)
    assert set(spans.since(view.start)) == {one for one in held if one[2] is None or one[2] >= view.start}
    assert spans.ended_between(view.start, view.until) == sorted(
        Span(end, begin, action) for action, begin, end in held if end is not None and view.start <= end < view.until
    )


def tables(view: View, spans: Spans) -> Int64s:
    """The tables of one object, shape (tables, actions)."""
    windows = Windows(np.array([view.start]), np.array([view.until]), view.closed)
    found = measured(windows, np.zeros((1, len(ACTIONS)), dtype=np.int64), [spans], np.zeros(1, dtype=np.int64), list)
    return found.lasting.reshape(-1, len(ACTIONS)) if len(found.lasting) else np.zeros((TABLES, len(ACTIONS)), dtype=np.int64)


def by_action(row: Int64s) -> dict[int, int]:
    return {action: int(value) for action, value in enumerate(row) if value}


def sums(values):
    total: dict[int, int] = {}
    for action, value in values:
        total[action] = total.get(action, 0) + value
    return {action: value for action, value in total.items() if value}


def test_statuses_that_followed_each_other_are_remembered_when_they_are_forgotten():
    """Domain 5.2, CurrentContinuousTime: what is kept of them is since when, until when, and when each was last left."""
    spans = followed([(0, 0, 10), (1, 0, 10), (2, 5, 10), (1, 0, 10), (2, 0, 1)])
    assert [span.end for span in spans.forget(20)] == [10]
    assert spans.early == Early(0, 10, {STATUSES[0]: 10})
    assert [span.end for span in spans.forget(21)] == [20]
    assert spans.early == Early(0, 20, {STATUSES[0]: 10, STATUSES[1]: 20})
    assert [span.end for span in spans.forget(46)] == [35, 45]
    assert spans.early == Early(25, 45, {STATUSES[2]: 35, STATUSES[1]: 45}), "there was a gap"
    assert (spans.forget(99), spans.ended) == ([], [])
    spans.restore([Span(9, 1, 3)])
    spans.restore([Span(8, 2, 3), Span(10, 0, 3)])
    assert spans.ended == [Span(8, 2, 3), Span(9, 1, 3), Span(10, 0, 3)]
