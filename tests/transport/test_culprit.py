"""Finding the one record that can't be handled."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.transport.toy import POISON, CountsJob, Rows
from transport.config import TransportConfig
from transport.culprit import find_culprit, first_failing, in_order
from transport.job import Chunk, NotYet, Piece, Taken
from transport.records import SourceRecord, records_of


@given(st.lists(st.booleans(), max_size=40))
def test_it_is_the_first_that_fails(fails):
    def read(count):
        if any(fails[:count]):
            raise ValueError

    assert first_failing(len(fails), read) == (fails.index(True) if any(fails) else None)


def test_what_can_be_read_later_has_not_failed():
    def read(count):
        raise NotYet("the registry is slow")

    assert first_failing(2, read) is None


def records(*values):
    return records_of(SourceRecord(offset, 0, b"k", value) for offset, value in enumerate(values))


def chunk_of(first, second):
    """Two topics whose rows take turns, the second one's first; of the first one, a row that went before is in the same batch."""
    taken = (
        Taken("first", (Piece(Rows(records(b"gone", *first)), 1, len(first) + 1),), np.arange(len(first)) * 2 + 1, 0),
        Taken("second", (Piece(Rows(records(*second)), 0, len(second)),), np.arange(len(second)) * 2, 0),
    )
    return Chunk(taken, 0, drained=False)


def test_records_are_tried_in_the_order_of_the_chunk():
    assert [one[0].value for _, one in in_order(chunk_of([b"b", b"d"], [b"a", b"c"]))] == [b"a", b"b", b"c", b"d"]


def test_a_tick_has_no_record_to_blame():
    config = TransportConfig("127.0.0.1:1", "app", 1)
    told = asyncio.run(find_culprit(config, CountsJob(""), "log", 0, Chunk((), 0, drained=True), {}))
    assert told == "there was no record: the clock had moved on"


def test_a_search_that_fails_does_not_hide_what_failed_first():
    config = TransportConfig("127.0.0.1:1", "app", 1, stall_limit=0.1)
    told = asyncio.run(find_culprit(config, CountsJob(""), "log", 0, chunk_of([POISON], []), {"first": 0}))
    assert told.startswith("which record it is could not be found out: no broker answered within 0.1 s")
