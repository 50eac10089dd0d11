"""The table of names against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.fields import FieldColumns, columns_of, field_names
from kernels.name_table import UNKNOWN, NameTable

NAMES = field_names(("x", "b", "a"), ())
TEXT = st.none() | st.sampled_from(["", "c", "cc", "campaign"]) | st.text(max_size=3)
ROWS = st.lists(st.tuples(st.none() | st.text(max_size=2), TEXT, TEXT), max_size=120)
Row = tuple[str | None, str | None, str | None]


def columns(rows: list[Row]) -> FieldColumns:
    return columns_of(NAMES, [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * 3, (), len(rows))


def key(row: Row) -> tuple[str, str]:
    return row[2] or "", row[1] or ""


@given(st.lists(st.tuples(ROWS, ROWS), min_size=1, max_size=4))
def test_numbers_are_found_by_all_bytes(steps: list[tuple[list[Row], list[Row]]]) -> None:
    """Absent is empty; the first number that texts were given stays theirs, however much the table grows."""
    table, plain, given_so_far = NameTable(("a", "b")), dict[tuple[str, str], int](), 0
    for added, asked in steps:
        numbers = np.arange(given_so_far, given_so_far + len(added))
        table.add(columns(added), numbers)
        for row, number in zip(added, numbers.tolist(), strict=True):
            plain.setdefault(key(row), number)
        given_so_far += len(added)
        assert table.find(columns(asked)).tolist() == [plain.get(key(row), UNKNOWN) for row in asked]
        assert table.find(columns(added)).tolist() == [plain[key(row)] for row in added]
        assert len(table) == len(plain)


def test_it_holds_many() -> None:
    table, rows = NameTable(("a", "b")), [(None, f"list-{number}", f"campaign-{number % 700}") for number in range(50_000)]
    for low in range(0, len(rows), 777):
        table.add(columns(rows[low : low + 777]), np.arange(low, min(low + 777, len(rows))))
    assert table.find(columns(rows)).tolist() == list(range(50_000))
    assert len(table) == 50_000
