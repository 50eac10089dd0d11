"""Step functions against lists."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.steps import held
from kernels.texts import Int64s

FUNCTIONS = st.lists(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 9), st.integers(0, 20)), max_size=5), min_size=1, max_size=4)


def column(values: list[int]) -> Int64s:
    return np.array(values, dtype=np.int64)


def ends(parts: list[list[int]]) -> Int64s:
    return np.cumsum([0, *map(len, parts)])


@given(FUNCTIONS, st.integers(0, 10), st.lists(st.tuples(st.integers(0, 3), st.integers(-6, 6), st.integers(0, 21)), max_size=8))
def test_the_last_step_that_was_taken_by_then_holds(
    functions: list[list[tuple[int, int, int]]], old: int, asked: list[tuple[int, int, int]]
) -> None:
    asked = [(function % len(functions), at, place) for function, at, place in asked]
    instants = [sorted(at for at, _, _ in steps) for steps in functions]
    values = [[value for _, value, _ in steps] for steps in functions]
    places = [sorted(place for _, _, place in steps)[old:] for steps in functions]
    expected = []
    for function, at, place in asked:
        steps = zip(instants[function], values[function], [*[-1] * old, *places[function]], strict=False)
        expected.append([0, *(value for since, value, taken in steps if since <= at and taken < place)][-1])
    out = np.empty(len(asked), dtype=np.int64)
    flat = [column([value for part in parts for value in part]) for parts in (instants, values, places)]
    questions = tuple(column([one[field] for one in asked]) for field in range(3))
    held(questions, (ends(instants), flat[0], flat[1]), (ends(places), flat[2]), out)  # type: ignore[arg-type]
    assert out.tolist() == expected
