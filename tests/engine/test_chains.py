"""Chains against a dictionary, which forgets nothing (domain 4.3), and their pages."""

from __future__ import annotations

from struct import error as StructError  # noqa: N812
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import chains as chains_module
from engine.arrays import NEVER
from engine.chain_pages import ListName, ListNames, read_page, write_page
from engine.chains import Chains, Owners
from engine.changelog import StateVersionError, encode
from tests.engine.held_chains import ChainKey, columns, held, rows_of

NO_LIMIT = 1 << 40
RETENTION = 100
NAMES: list[ListName] = [("", "c", "l"), ("t", "c", "l"), ("", "ç", "other")]
LIST_NAMES = ListNames(NAMES.__getitem__)


def number_of(*name: str) -> int:
    return NAMES.index(name)  # type: ignore[arg-type]


class PlainChains:
    def __init__(self) -> None:
        self._chains: dict[ChainKey, tuple[int, bool]] = {}

    def duplicate(self, key: ChainKey, at: int, lead: bool, clock: int) -> bool:
        if not key[1]:
            return False
        last_at, was_lead = self._chains.get(key, (NEVER, False))
        if key in self._chains and clock - last_at <= RETENTION:
            self._chains[key] = (max(at, last_at), lead)
            return lead and was_lead
        self._chains[key] = (at, lead)
        return False


class Running:
    """Chains of three lists of two campaigns, with the changelog that they write."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.pages: dict[int, bytes] = {}
        self.chains = Chains(RETENTION, limit)

    def apply(self, rows: list[tuple[ChainKey, int, bool]], before: list[int], clocks: list[int]) -> list[bool]:
        owners = Owners(np.array([0, 0, 1]), np.array(clocks))
        duplicates = self.chains.apply(columns(rows), np.array(before, dtype=np.int64), owners).tolist()
        for page, filled in self.chains.take_written().items():
            if filled:
                self.pages[page] = write_page(self.chains, page, LIST_NAMES)
            else:
                del self.pages[page]
        assert self.chains.take_written() == {}
        return duplicates

    def restart(self) -> None:
        self.chains = Chains(RETENTION, self._limit)
        self.chains.restore([(page, read_page(value, number_of)) for page, value in reversed(self.pages.items())])


_ids = st.sampled_from(["", "a", "b", "c", "d", "é", "a" * 9, "a" * 8 + "b"])
_chain_events = st.tuples(st.integers(0, 2), _ids, st.integers(-60, 0), st.booleans())
_chain_chunks = st.lists(st.tuples(st.integers(0, 40), st.lists(_chain_events, min_size=1, max_size=6)), max_size=30)


@given(_chain_chunks, st.sets(st.integers(0, 30)), st.integers(1, 3), st.sampled_from([0, 4, NO_LIMIT]))
def test_chains_count_a_lead_once_and_come_back_from_their_pages(
    chunks: list[tuple[int, list[tuple[int, str, int, bool]]]], restarts: set[int], small: int, limit: int
) -> None:
    """Domain 4.3, with pages of a few chains, so that they are swept and merged all the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chains_module, "PAGE_CHAINS", small)
        patch.setattr(chains_module, "_SWEEP_EVERY", 2)
        running, plain, clocks = Running(limit), PlainChains(), [0, 0]
        for number, (step, events) in enumerate(chunks):
            rows, before, expected = list[tuple[ChainKey, int, bool]](), list[int](), list[bool]()
            for of_list, chain_id, behind, lead in events:
                owner = of_list // 2
                at = clocks[owner] + step + behind
                rows.append(((of_list, chain_id), at, lead))
                before.append(clocks[owner])
                expected.append(plain.duplicate(*rows[-1], clocks[owner]))
                clocks[owner] = max(clocks[owner], at)
            assert running.apply(rows, before, clocks) == expected
            assert len(running.pages) <= 9 + 2 * len(running.chains) // small + 1, "pages don't grow without end"
            if number in restarts:
                known = held(running.chains)
                running.restart()
                assert known.items() <= held(running.chains).items(), "what was forgotten may come back"


def test_chains_whose_time_is_over_are_forgotten() -> None:
    running = Running(NO_LIMIT)
    for number in range(200):
        running.apply([((0, f"chain {number}"), number * 10, False)], [number * 10], [number * 10, 0])
    assert len(running.chains) < 60
    again = [((0, "chain 199"), 1_990, True)] * 2
    assert running.apply(again, [1_990] * 2, [1_990, 0]) == [False, True]


def test_a_chain_takes_at_most_a_hundred_bytes() -> None:
    running, most = Running(NO_LIMIT), 0.0
    for low in range(0, 300_000, 5_000):
        rows = [((number % 3, f"{number:020d}"), number, False) for number in range(low, low + 5_000)]
        running.apply(rows, [0] * len(rows), [0, 0])
        most = max(most, running.chains.nbytes / len(running.chains)) if low > 100_000 else most
    assert most < 100
    assert len(running.chains) == 300_000


def test_forgetting_makes_room_that_is_used_again() -> None:
    running = Running(NO_LIMIT)
    for number in range(400):
        rows = [((0, f"{number} {chain} {'x' * (chain % 7)}"), number * 10, False) for chain in range(100)]
        running.apply(rows, [number * 10] * 100, [number * 10, 0])
    assert len(running.chains) < 6_000
    assert running.chains.nbytes < 100 * 2 * 6_000


_page_rows = st.lists(st.tuples(st.tuples(st.integers(0, 2), st.text(min_size=1)), st.integers(-(1 << 50), 1 << 50), st.booleans()))


@given(_page_rows)
def test_a_page_is_read_as_it_was_written(rows: list[tuple[ChainKey, int, bool]]) -> None:
    rows = list({key: (key, at, lead) for key, at, lead in rows}.values())
    chains = Chains(RETENTION, NO_LIMIT)
    chains.restore([(7, columns(rows))])
    value = write_page(chains, 7, LIST_NAMES)
    assert rows_of(read_page(value, number_of)) == rows


@given(_page_rows, st.data())
def test_a_damaged_page_is_told_or_read_within_its_bounds(rows: list[tuple[ChainKey, int, bool]], data: st.DataObject) -> None:
    """Whatever bytes there are: an error, and never what lies beside them."""
    chains = Chains(RETENTION, NO_LIMIT)
    chains.restore([(7, columns(list({key: (key, at, lead) for key, at, lead in rows}.values())))])
    value = bytearray(write_page(chains, 7, LIST_NAMES))
    for place, byte in data.draw(st.lists(st.tuples(st.integers(1, len(value) - 1), st.integers(0, 255)), max_size=3)):
        value[place] = byte
    cut = bytes(value[: data.draw(st.integers(1, len(value)))])
    try:
        found = read_page(cut, lambda *name: len(str(name)))
    except (ValueError, TypeError, StructError):
        return
    assert (found.chain_id.at + found.chain_id.size <= len(cut)).all()
    assert (found.chain_id.size >= 0).all()


def test_pages_of_earlier_releases_are_read() -> None:
    page: Any = [[["t", "c", "l"], ["", "c", "l"]], [[1, "a", 5, True], [0, "é", -7, False]]]
    assert rows_of(read_page(encode(page), number_of)) == [((0, "a"), 5, True), ((1, "é"), -7, False)]


def test_pages_of_later_releases_are_refused() -> None:
    with pytest.raises(StateVersionError, match="has version 3"):
        read_page(b"\x03", number_of)
