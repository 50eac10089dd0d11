"""The chains that are remembered, to count a lead once (domain 4.3).

Memory is a dictionary; what is written to the changelog are pages, one for each chunk that touched chains, so that a chunk
costs one record however many chains it has. A page whose chains were all touched again, or are forgotten, is deleted; small
and thin pages are merged into the page of the present chunk, a few at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

ChainKey: TypeAlias = tuple[int, str]
"""(object number of the CampaignCallingList, chain_id): a chain lives in one list of one campaign."""

PAGE_CHAINS: Final = 1024
"""A page with fewer chains than this is merged when there are too many pages."""

_SWEEP_EVERY: Final = 16
"""Chunks between looks at a page for chains whose time is over, where there are not too many pages."""


class Chain(NamedTuple):
    """Last event of a chain (greatest occurred_at, ms), whether its last one was a lead, and the page that holds it."""

    last_at: int
    lead: bool
    page: int


class Chains:
    """The chains of one partition.

    Args:
        retention: setting ``chain_retention``, ms.
        limit: with more chains than this, pages are swept until there are fewer: what is left if there are not is remembered of need.
    """

    def __init__(self, retention: int, limit: int) -> None:
        self.retention = retention
        self.limit = limit
        self.chains: dict[ChainKey, Chain] = {}
        self._pages: deque[int] = deque()
        self._keys: dict[int, list[ChainKey]] = {}
        self._next_page = 0
        self.written: dict[int, list[ChainKey] | None] = {}
        """Pages written or, with None, deleted since ``take_written``."""

    def apply(self, events: Iterable[tuple[ChainKey, int, bool, int]], clock_of: Callable[[int], int]) -> list[bool]:
        """Whether each event is a duplicate lead, in order of application.

        Args:
            events: (key, occurred_at, whether it is a LeadProcessed, the campaign's clock before it); an empty chain_id is
                no chain: such a lead is its own.
            clock_of: clock of the campaign of an object after the chunk, by which sweeping forgets.
        """
        chains, retention, page = self.chains, self.retention, self._next_page
        duplicates: list[bool] = []
        touched: list[ChainKey] = []
        for key, at, lead, clock in events:
            chain = chains.get(key) if key[1] else None
            if chain is None or clock - chain.last_at > retention:
                duplicates.append(False)
                last_at = at
            else:
                duplicates.append(lead and chain.lead)
                last_at = max(at, chain.last_at)
            if key[1]:
                if chain is None or chain.page != page:
                    touched.append(key)
                chains[key] = Chain(last_at, lead, page)
        if touched:
            self._close_page(touched, clock_of)
        return duplicates

    def _close_page(self, touched: list[ChainKey], clock_of: Callable[[int], int]) -> None:
        for _ in range(self._pages_to_sweep()):
            self._sweep(self._pages.popleft(), touched, clock_of)
        for _ in range(len(self._pages)):
            if len(self.chains) <= self.limit:
                break
            self._sweep(self._pages.popleft(), touched, clock_of)
        page = self._next_page
        self._next_page += 1
        self._add_page(page, touched)
        self.written[page] = touched

    def _pages_to_sweep(self) -> int:
        crowded = self._too_many_pages()
        return min(1 + crowded, len(self._pages)) if crowded or self._next_page % _SWEEP_EVERY == 0 else 0

    def _add_page(self, page: int, keys: list[ChainKey]) -> None:
        self._pages.append(page)
        self._keys[page] = keys

    def _too_many_pages(self) -> bool:
        return len(self._pages) > 8 + 2 * len(self.chains) // PAGE_CHAINS

    def _sweep(self, page: int, merge_into: list[ChainKey], clock_of: Callable[[int], int]) -> None:
        """Forget the chains of a page whose time is over; delete the page if nothing, or little, is left."""
        left: list[ChainKey] = []
        clocks: dict[int, int] = {}
        for key in self._keys[page]:
            chain = self.chains.get(key)
            if chain is None or chain.page != page:
                continue
            clock = clocks.get(key[0])
            if clock is None:
                clock = clocks[key[0]] = clock_of(key[0])
            if clock - chain.last_at > self.retention:
                del self.chains[key]
            else:
                left.append(key)
        if left and not (len(left) < PAGE_CHAINS and self._too_many_pages()):
            self._pages.append(page)
            self._keys[page] = left
            return
        for key in left:
            self.chains[key] = self.chains[key]._replace(page=self._next_page)
        merge_into.extend(left)
        del self._keys[page]
        self.written[page] = None

    def take_written(self) -> dict[int, list[ChainKey] | None]:
        """The pages to write to the changelog, None for those to delete; afterwards there are none."""
        written, self.written = self.written, {}
        return written

    def halve(self, page: int) -> tuple[int, int]:
        """Move half of a page that was just written, and is too large for a record, to a page of its own; the numbers of both."""
        keys, new = self._keys[page], self._next_page
        moved = keys[len(keys) // 2 :]
        del keys[len(keys) // 2 :]
        self._next_page += 1
        for key in moved:
            self.chains[key] = self.chains[key]._replace(page=new)
        self._add_page(new, moved)
        return page, new

    def keys(self, page: int) -> list[ChainKey]:
        """The chains that are written under the number of a page."""
        return self._keys[page]

    def restore(self, pages: Sequence[tuple[int, Iterator[tuple[ChainKey, int, bool]]]]) -> None:
        """Fill from pages (number, (key, last_at, lead)…), in any order: the later page of a chain is right."""
        for page, entries in sorted(pages, key=lambda item: item[0]):
            keys = []
            for key, last_at, lead in entries:
                self.chains[key] = Chain(last_at, lead, page)
                keys.append(key)
            self._add_page(page, keys)
            self._next_page = page + 1
