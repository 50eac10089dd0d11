"""The log of what a Selection looks at: forgetting leaves nothing out that may still be selected (domain 6.3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import selection
from engine.catalog import ACTIONS
from engine.selection import Log, Wanted

KINDS = 3
"""Actions that are drawn."""

Given = tuple[int, int]
"""Instant and action."""

_chunk = st.lists(st.tuples(st.integers(0, 40), st.integers(0, KINDS - 1)), min_size=1, max_size=12)
_wanted = st.lists(st.tuples(st.sets(st.integers(0, KINDS - 1), min_size=1), st.integers(1, 5)), min_size=1, max_size=3)


@pytest.fixture(autouse=True)
def _small() -> None:
    """Pages of four rows, and a log that is looked at when it has grown by two."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(selection, "PAGE", 4)
        patched.setattr(selection, "_SLACK", 2)
        yield


def wanted(actions: set[int], size: int) -> Wanted:
    selecting = np.zeros(len(ACTIONS), dtype=bool)
    selecting[list(actions)] = True
    return Wanted(selecting, size)


def rows(given: list[Given]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array([(at, -1, action, 1, -1) for at, action in given], dtype=np.int64)


def last(ordered: list[Given], asked: Wanted) -> list[Given]:
    """The last of those that are selected, in order of their instants, ties in order of application."""
    return [one for one in ordered if asked.selecting[one[1]]][-asked.size :]


@given(st.lists(_chunk, min_size=1, max_size=10), _wanted)
def test_what_is_selected_is_there_whatever_was_forgotten_and_comes_back_from_its_pages(
    chunks: list[list[Given]], asked: list[tuple[set[int], int]]
) -> None:
    log, all_asked, applied = Log(), [wanted(*one) for one in asked], []
    pages: dict[int, np.ndarray[tuple[int, int], np.dtype[np.int64]]] = {}
    for chunk in chunks:
        log.add(rows(chunk))
        log.forget(all_asked)
        applied += chunk
        pages |= {number: log.page(number) for number in log.dirty}
        log.dirty.clear()
        restored = Log()
        for page in pages.values():
            restored.restore(page)
        assert restored.rows.tolist() == log.rows.tolist()
        held = [(row[0], row[2]) for row in log.in_order().tolist()]
        in_order = sorted(applied, key=lambda one: one[0])
        assert [last(held, one) for one in all_asked] == [last(in_order, one) for one in all_asked]
        assert log.rows[-1, 1] == len(applied) - 1, "numbers count up, also over what was forgotten"


def test_what_nobody_can_select_any_more_is_forgotten() -> None:
    log, asked = Log(), [wanted({0}, 2), wanted({0, 1}, 4)]
    for at in range(100):
        log.add(rows([(at, at % 2)]))
        log.forget(asked)
    assert len(log.rows) <= 4 + selection._SLACK + 1
    log.add(rows([(0, 2)] * 20))
    log.forget(asked)
    assert [row[0] for row in log.in_order().tolist()][-4:] == [96, 97, 98, 99]
    assert len(log.rows) == 5, "four, and the last row, which tells the next number"
