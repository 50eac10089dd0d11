"""Running maxima against dictionaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.running import raise_after, raise_all, raise_until, within
from kernels.texts import Int64s

LOWEST = -(1 << 62)
ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5), st.booleans()), max_size=30)
STARTS = st.lists(st.sampled_from([LOWEST, -3, 0, 4]), min_size=4, max_size=4)


def column(values: list[int]) -> Int64s:
    return np.array(values, dtype=np.int64)


@given(ROWS, STARTS, st.integers(0, 4))
def test_they_are_those_of_each_group(rows: list[tuple[int, int, bool]], start: list[int], most: int) -> None:
    """Domain 2.5, 2.6, 6.6: a campaign's rows never see another's."""
    held, after, before, chosen, others = dict(enumerate(start)), [], [], [], []
    of_taken = dict(enumerate(start))
    for row, (group, value, taken) in enumerate(rows):
        held[group] = max(held[group], value)
        after.append(held[group])
        if taken:
            before.append(of_taken[group])
            (chosen if of_taken[group] - value <= most else others).append(row)
            of_taken[group] = max(of_taken[group], value)
    groups, values = column([group for group, _, _ in rows]), column([value for _, value, _ in rows])
    found = np.empty(len(rows), dtype=np.int64)
    first, second, third = column(start), column(start), column(start)
    raise_after(groups, values, first, found)
    assert found.tolist() == after
    raise_all(groups, values, second)
    assert first.tolist() == second.tolist() == list(held.values())
    flags = np.array([taken for _, _, taken in rows], dtype=bool)
    of_chosen, of_others = found.copy(), found.copy()
    count = within(groups, values, flags, third, most, found, of_chosen, of_others)
    assert of_chosen[:count].tolist() == chosen
    assert of_others[: flags.sum() - count].tolist() == others
    assert found[flags].tolist() == before
    assert third.tolist() == list(of_taken.values())


@given(ROWS, STARTS, st.lists(st.integers(0, 70), max_size=5))
def test_they_are_had_up_to_places_of_an_order(rows: list[tuple[int, int, bool]], start: list[int], places: list[int]) -> None:
    groups, values = column([group for group, _, _ in rows]), column([value for _, value, _ in rows])
    order, best, row = column([2 * number for number in range(len(rows))]), column(start), 0
    for place in sorted(places):
        row = raise_until(groups, values, order, best, row, place)
        before = [(group, value) for number, (group, value, _) in enumerate(rows) if 2 * number < place]
        assert best.tolist() == [max([at, *(value for of, value in before if of == group)]) for group, at in enumerate(start)]
