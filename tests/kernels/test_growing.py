"""Columns that grow, against lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernels.growing import GrowingTexts


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(0, 40))
def test_they_hold_what_was_added_and_what_was_taken_stays(texts: list[str], taken_at: int) -> None:
    column, taken = GrowingTexts(), GrowingTexts().texts()
    for number, text in enumerate(texts):
        if number == taken_at:
            taken = column.texts()
        column.append(text.encode())
    assert len(column) == len(texts)
    assert column.texts().to_list() == texts
    assert taken.to_list() == texts[: len(taken)]
