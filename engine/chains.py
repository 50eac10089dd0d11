"""The chains that are remembered, to count a lead once (domain 4.3).

Memory is a hash table in arrays (``kernels.table``); what is written to the changelog are pages, one for each chunk that touched
chains, so that a chunk costs one record however many chains it has. A page whose chains were all touched again, or are forgotten, is
deleted; small and thin pages are merged into the page of the present chunk, a few at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from kernels import repeats
from kernels.table import FIRST, SECOND, Table
from kernels.texts import Texts

PAGE_CHAINS: Final = 1024
"""A page with fewer chains than this is merged when there are too many pages."""

_SWEEP_EVERY: Final = 16
"""Chunks between looks at a page for chains whose time is over, where there are not too many pages."""

Bools = NDArray[np.bool_]
Rows = NDArray[np.int32]
"""Rows of the table: there are less than 2**31 chains."""


@dataclass(frozen=True, slots=True)
class ChainColumns:
    """Chains, one element each: of which list of a campaign, by its object number, which, and what is known of it.

    ``last_at`` is the greatest occurred_at of its events (ms), ``lead`` whether its last one was a LeadProcessed.
    """

    number: Int64s
    chain_id: Texts
    last_at: Int64s
    lead: Bools


@dataclass(frozen=True, slots=True)
class Owners:
    """By what chains are forgotten: the campaign of each object, and each campaign's clock in ``call-results`` now."""

    of_object: Int64s
    clock: Int64s


class Chains:
    """The chains of one partition.

    Args:
        retention: setting ``chain_retention``, ms.
        limit: with more chains than this, pages are swept until there are fewer: what is left if there are not is remembered of need.
    """

    def __init__(self, retention: int, limit: int) -> None:
        self.retention = retention
        self.limit = limit
        self.table = Table()
        self._pages: deque[int] = deque()
        self._rows: dict[int, Rows] = {}
        self._next_page = 0
        self._written: dict[int, bool] = {}

    def __len__(self) -> int:
        return len(self.table)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that they take."""
        return self.table.nbytes + sum(rows.nbytes for rows in self._rows.values())

    def apply(self, events: ChainColumns, clock_before: Int64s, owners: Owners) -> Bools:
        """Whether each event is a duplicate lead, in order of application.

        Args:
            events: n events, each with its own occurred_at as ``last_at``; one without a chain_id is
                of no chain: such a lead is its own.
            clock_before: the campaign's clock before each, shape (n,).
            owners: with the clocks after the chunk.
        """
        table = self.table
        table.reserve(len(events.number), int(np.maximum(events.chain_id.size, 0).sum()))
        duplicate, touched = np.empty(len(events.number), dtype=bool), np.empty(len(events.number), dtype=np.int64)
        told = (events.last_at, events.lead, clock_before)
        count = repeats.note(table.arrays, _keys(events), told, self.retention, self._next_page, duplicate, touched)
        if count:
            self._close_page(touched[:count], owners)
        return duplicate

    def _close_page(self, touched: Int64s, owners: Owners) -> None:
        rows = np.concatenate([touched, *self._merged(owners)])
        page = self._next_page
        self._next_page += 1
        self._add_page(page, rows)
        self._written[page] = True

    def _merged(self, owners: Owners) -> Iterator[Int64s]:
        """Sweep pages; yields the rows that are to be on the present page."""
        for _ in range(self._pages_to_sweep()):
            yield self._sweep(self._pages.popleft(), owners)
        for _ in range(len(self._pages)):
            if len(self.table) <= self.limit:
                break
            yield self._sweep(self._pages.popleft(), owners)

    def _pages_to_sweep(self) -> int:
        crowded = self._too_many_pages()
        return min(1 + crowded, len(self._pages)) if crowded or self._next_page % _SWEEP_EVERY == 0 else 0

    def _add_page(self, page: int, rows: Int64s) -> None:
        self._pages.append(page)
        self._rows[page] = rows.astype(np.int32)

    def _too_many_pages(self) -> bool:
        return len(self._pages) > 8 + 2 * len(self.table) // PAGE_CHAINS

    def _sweep(self, page: int, owners: Owners) -> Int64s:
        """Forget the chains of a page whose time is over; delete the page if nothing, or little, is left: rows to merge."""
        table, written = self.table, self.rows(page)
        left = np.empty(len(written), dtype=np.int64)
        left = left[: repeats.sweep(table.arrays, written, page, owners.of_object, owners.clock, self.retention, left)]
        if len(left) and not (len(left) < PAGE_CHAINS and self._too_many_pages()):
            self._add_page(page, left)
            return left[:0]
        repeats.move(table.arrays.rows, left, self._next_page)
        del self._rows[page]
        self._written[page] = False
        return left

    def take_written(self) -> dict[int, bool]:
        """The pages to write to the changelog, False for those to delete; afterwards there are none."""
        written, self._written = self._written, {}
        return written

    def halve(self, page: int) -> tuple[int, int]:
        """Move half of a page that was just written, and is too large for a record, to a page of its own; the numbers of both."""
        rows, new = self.rows(page), self._next_page
        kept, moved = rows[: len(rows) // 2], rows[len(rows) // 2 :]
        self._rows[page] = kept.astype(np.int32)
        self._next_page += 1
        repeats.move(self.table.arrays.rows, moved, new)
        self._add_page(new, moved)
        return page, new

    def rows(self, page: int) -> Int64s:
        """Rows of the table that are written under the number of a page."""
        return self._rows[page].astype(np.int64)

    def columns(self, rows: Int64s) -> ChainColumns:
        """What is remembered in rows of the table; the texts are good until chains are applied again."""
        known = self.table.arrays.rows[rows]
        return ChainColumns(self.table.numbers(rows), self.table.texts(rows), known[:, FIRST], known[:, SECOND] & 1 == 1)

    def restore(self, pages: Sequence[tuple[int, ChainColumns]]) -> None:
        """Fill from pages, each with its number, in any order: the later page of a chain is right."""
        for page, chains in sorted(pages, key=lambda item: item[0]):
            rows = np.empty(len(chains.number), dtype=np.int64)
            self.table.reserve(len(rows), int(chains.chain_id.size.sum()))
            repeats.put(self.table.arrays, _keys(chains), chains.last_at, chains.lead, page, rows)
            self._add_page(page, rows)
            self._next_page = page + 1


def _keys(chains: ChainColumns) -> repeats.Keys:
    return chains.number, chains.chain_id.data, chains.chain_id.at, chains.chain_id.size
