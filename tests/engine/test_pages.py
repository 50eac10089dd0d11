"""Pages of windows and panes against a dictionary: whatever chunks touch and give up, what is read back is what was there."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import pages as pages_module
from engine.cells import Cells
from engine.pages import Pages, Places, read_page
from kernels.counts import NO_ROW

OBJECTS = 40
SHAPES = np.array([20, 10], dtype=np.int64)
NUMBERS = np.arange(OBJECTS, dtype=np.int64)[::-1] + 100

_touched = st.lists(st.tuples(st.integers(0, 1), st.integers(0, OBJECTS - 1), st.integers(0, 3)), max_size=12)
_chunks = st.lists(st.tuples(_touched, st.integers(0, 2)), max_size=25)


class Site:
    """A table, its pages, and what the changelog holds of them."""

    def __init__(self) -> None:
        self.changelog: dict[int, bytes] = {}
        self.now = 0
        self.begin()

    def begin(self) -> None:
        """A new process, that reads what is there; panes that time has left are given up again."""
        self.cells = Cells()
        self.pages = Pages(self.cells)
        for number, page in sorted(self.changelog.items()):
            rows = read_page(page)
            ours = rows._replace(shape=Places(SHAPES).of(rows.shape), number=Places(NUMBERS).of(rows.number))
            self.pages.restore(number, ours)
        self.forget()

    def forget(self) -> None:
        """Windows that start before now are left behind."""
        for shape in (0, 1):
            starts, numbers = self.cells.keys_of(shape)
            for start, number in zip(starts.tolist(), numbers.tolist(), strict=True):
                if start < self.now:
                    self.cells.drop(shape, np.array([number]), start)

    def write(self) -> None:
        """What a chunk touched, to the changelog."""
        for number, page in self.pages.write(self.pages.take_touched(), SHAPES, NUMBERS):
            if page is None:
                del self.changelog[number]
            else:
                assert number not in self.changelog
                self.changelog[number] = page


@given(_chunks, st.sets(st.integers(0, 24)), st.integers(1, 4))
def test_what_is_read_back_is_what_was_there(chunks: list[tuple[list[tuple[int, int, int]], int]], restarts: set[int], small: int) -> None:
    """With pages of a few rows, so that they are swept all the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages_module, "PAGE_ROWS", small)
        patch.setattr(pages_module, "_SPARE_PAGES", 1)
        site, plain = Site(), dict[tuple[int, int, int], Counter[int]]()
        for place, (touched, step) in enumerate(chunks):
            for shape, number, ahead in touched:
                site.cells.add(shape, number, site.now + ahead, (np.array([number]), np.array([1 + place])))
                plain.setdefault((shape, number, site.now + ahead), Counter())[number] += 1 + place
            site.write()
            site.now += step
            site.forget()
            plain = {key: counted for key, counted in plain.items() if key[2] >= site.now}
            if place in restarts:
                site.begin()
            assert site.cells.held == len(plain)
            for (shape, number, start), counted in plain.items():
                found = site.cells.read(shape, np.array([number]), np.array([start]))[0]
                assert {column: count for column, count in enumerate(found.tolist()) if count} == counted
        for _ in range(2 * len(chunks)):
            site.write()
        rows = sum(len(read_page(page).shape) for page in site.changelog.values())
        assert rows <= 2 * len(plain) + 2 * small, "what is no longer right is swept"
        assert len(site.changelog) <= 1 + 2 * len(plain) // small + 1


def test_a_page_that_is_too_large_for_a_record_is_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_module, "_LARGE_BYTES", 4_000)
    site = Site()
    for number in range(OBJECTS):
        for start in range(30):
            site.cells.add(0, number, start, (np.arange(5), np.full(5, 1 << 40)))
    site.write()
    assert len(site.changelog) > 10
    assert max(map(len, site.changelog.values())) < 8_000
    site.begin()
    assert site.cells.held == 30 * OBJECTS


def test_a_damaged_page_is_refused() -> None:
    site = Site()
    site.cells.add(0, 1, 5, (np.array([3]), np.array([7])))
    site.write()
    (page,) = site.changelog.values()
    for damaged in (b"", page[:3], page[:-1], page + b"\0", b"\xff\xff\xff\xff" + page[4:], page[:-2] + b"\xfe" + page[-1:]):
        with pytest.raises(ValueError, match=r"a page of \d+ bytes"):
            read_page(damaged)


def test_what_nobody_asks_for_is_passed_over_and_its_page_deleted() -> None:
    site = Site()
    site.cells.add(0, 1, 5, (np.array([3]), np.array([7])))
    site.write()
    cells = Cells()
    pages = Pages(cells)
    for number, page in site.changelog.items():
        rows = read_page(page)
        pages.restore(number, rows._replace(shape=np.full_like(rows.shape, NO_ROW)))
    assert cells.held == 0
    assert list(pages.write(pages.take_touched(), SHAPES, NUMBERS)) == [(0, None)]
