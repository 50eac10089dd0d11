"""Rows of counts against dictionaries: whatever is added, dropped, written and read, in any order, with tables that have to grow."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import counts, pages
from kernels.counts import NO_ROW, UNWRITTEN, Store, add, add_row, drop, find, find_or_make, grown, new_store, room, touch, unpack, width_of

COLUMNS = 110

_keys = st.tuples(
    st.sampled_from([0, 1, UNWRITTEN]), st.sampled_from([-(1 << 62), 0, 10_000, 20_000, 1_700_000_000_000]), st.integers(0, 5)
)
_amounts = st.sampled_from([1, -1, 127, 128, -129, 40_000, -(1 << 31), 1 << 40, (1 << 62) - 1])
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), _keys, st.integers(0, COLUMNS - 1), _amounts),
        st.tuples(st.just("drop"), _keys, st.just(0), st.just(0)),
        st.tuples(st.just("join"), _keys, st.integers(0, 5), st.sampled_from([1, -1])),
    ),
    max_size=60,
)


def small() -> Store:
    """A table that has to grow all the time."""
    return new_store(rows=2, slots=2)


def with_room(store: Store) -> Store:
    while not room(store):
        store = grown(store)
    return store


def cells_of(store: Store, index: int) -> dict[int, int]:
    columns, values = (np.empty(int(store.rows[index]["cells"]), dtype=np.int64) for _ in range(2))
    unpack(store, index, columns, values)
    return {column: value for column, value in zip(columns.tolist(), values.tolist(), strict=True) if value}


def wrapped(value: int) -> int:
    """As int64 has it."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


@given(_steps)
def test_rows_hold_what_was_added_to_them(steps: list[tuple[str, tuple[int, int, int], int, int]]) -> None:
    store, plain = small(), dict[tuple[int, int, int], Counter[int]]()
    for what, key, column, amount in steps:
        store = with_room(store)
        if what == "add":
            add(store, find_or_make(store, *key), column, amount)
            plain.setdefault(key, Counter())[column] = wrapped(plain.setdefault(key, Counter())[column] + amount)
        elif what == "drop" and key in plain:
            drop(store, find(store, *key))
            del plain[key]
        elif what == "join" and key in plain and (key[0], key[1], column) in plain and column != key[2]:
            other = (key[0], key[1], column)
            add_row(store, find(store, *key), find(store, *other), amount)
            for of, count in plain[key].items():
                plain[other][of] = wrapped(plain[other][of] + amount * count)
    for key, expected in plain.items():
        assert cells_of(store, find(store, *key)) == {column: count for column, count in expected.items() if count}
    assert int(store.state[counts.IN_USE]) == len(plain)
    assert int(store.state[counts.HELD]) == sum(key[0] < UNWRITTEN for key in plain)
    assert find(store, 2, 0, 0) == NO_ROW


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_count_takes_the_least_width(value: int) -> None:
    assert width_of(value) == min(width for width in (1, 2, 4, 8) if -(1 << (8 * width - 1)) <= value < 1 << (8 * width - 1))


@given(st.lists(_keys, max_size=30), st.sets(st.integers(0, 29)))
def test_what_was_touched_is_taken_once_and_only_what_is_still_there(keys: list[tuple[int, int, int]], dropped: set[int]) -> None:
    store, dirty = small(), dict[tuple[int, int, int], None]()
    for place, key in enumerate(keys):
        store = with_room(store)
        touch(store, find_or_make(store, *key))
        dirty[key] = None
        if place in dropped:
            drop(store, find(store, *key))
            del dirty[key]
    found = np.empty(int(store.state[counts.DIRTY]), dtype=np.int64)
    rows = store.rows[found[: pages.take_dirty(store, found)]]
    taken = [tuple(int(row[name]) for name in ("shape", "start", "number")) for row in rows]
    assert sorted(taken) == sorted(key for key in dirty if key[0] < UNWRITTEN)
    assert pages.take_dirty(store, found) == 0


_rows = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(-(1 << 62), 1 << 62), st.integers(0, 9)),
    st.tuples(st.integers(-1, 300), st.dictionaries(st.integers(0, COLUMNS - 1), _amounts, max_size=6)),
    max_size=12,
)


def written(rows: dict[tuple[int, int, int], tuple[int, dict[int, int]]]) -> bytes:
    """A page of rows."""
    store = small()
    for key, (revision, cells) in rows.items():
        store = with_room(store)
        index = find_or_make(store, *key)
        store.rows[index]["revision"] = revision
        for column, count in cells.items():
            add(store, index, column, count)
    indices = np.array([find(store, *key) for key in rows], dtype=np.int64)
    into, end = np.empty(pages.LONGEST_ROW * (1 + len(rows)), dtype=np.uint8), np.zeros(1, dtype=np.int64)
    assert pages.write(store, indices, 0, np.arange(10, 14), np.arange(1_000, 1_010), into, end) == len(rows)
    return into[: end[0]].tobytes()


def read(page: bytes, size: int) -> tuple[int, list[np.ndarray[tuple[int], np.dtype[np.int64]]]]:
    columns = [np.empty(size, dtype=np.int64) for _ in range(5)] + [np.empty(len(page) // 2, dtype=np.int64) for _ in range(2)]
    return pages.read(np.frombuffer(page, dtype=np.uint8), np.zeros(1, dtype=np.int64), COLUMNS, *columns), columns


@given(_rows, st.data())
def test_pages_hold_what_was_written(rows: dict[tuple[int, int, int], tuple[int, dict[int, int]]], data: st.DataObject) -> None:
    page = written(rows)
    size, columns = read(page, len(rows))
    assert size == sum(len(cells) for _, cells in rows.values())
    shape, start, number, revision, end, column, count = columns
    shape -= 10
    number -= 1_000
    store, done, loaded = small(), 0, np.empty(len(rows), dtype=np.int64)
    for _ in range(2):
        while (done := pages.load(store, 0, shape, start, number, revision, end, column, count, done, loaded)) < len(rows):
            store = grown(store)
        done = 0
    for key, (expected, cells) in rows.items():
        index = find(store, *key)
        assert (int(store.rows[index]["revision"]), cells_of(store, index)) == (expected, cells)
    assert int(store.live[0]) == len(rows)
    cut = page[: data.draw(st.integers(0, max(len(page) - 1, 0)))]
    assert not page or read(cut, len(rows))[0] == pages.DAMAGED
    assert read(page + b"\0", len(rows))[0] == pages.DAMAGED


@given(st.binary(max_size=60), st.integers(0, 12))
def test_any_bytes_are_read_or_refused(page: bytes, size: int) -> None:
    cells, (shape, _, number, revision, end, column, _) = read(page, size)
    if cells != pages.DAMAGED:
        assert cells <= len(column)
        assert (shape >= 0).all()
        assert (number >= 0).all()
        assert (revision >= -1).all()
        assert (np.diff(end, prepend=0) >= 0).all()


def test_arenas_are_copied_without_waste() -> None:
    store, plain = small(), defaultdict[int, int](int)
    for step in range(20_000):
        store = with_room(store)
        number = step % 100
        if step % 7 == 0 and number in plain:
            drop(store, find(store, 0, 0, number))
            del plain[number]
        add(store, find_or_make(store, 0, 0, number), step % COLUMNS, 1_000)
        plain[number] += 1_000
    assert {number: sum(cells_of(store, find(store, 0, 0, number)).values()) for number in plain} == plain
    assert len(store.arena) < 4 * counts.ROOM_BYTES + 100 * COLUMNS * 9
