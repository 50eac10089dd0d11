"""The queue of a topic-partition: which rows a chunk takes, and the position that they lead to."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport.lane import Lane
from transport.records import SourceRecord, records_of


@dataclass
class Rows:
    """A decoded run."""

    keys: np.ndarray


def put(lane, offsets, end=None, keys=None):
    batch = Rows(np.array(offsets if keys is None else keys, dtype=np.int64))
    lane.put(batch, records_of(SourceRecord(offset, 0, b"k", b"v") for offset in offsets), offsets[-1] + 1 if end is None else end)
    return batch


def take(lane, count):
    return lane.take(np.arange(count))


def test_the_position_is_behind_the_last_row_taken():
    lane = Lane("in", 0, position=10)
    put(lane, [10, 11, 14])
    assert [take(lane, 1).next_offset for _ in range(3)] == [11, 12, 15]
    assert lane.position == 15
    assert lane.size == 0


def test_control_records_behind_the_last_row_count_as_read():
    """Rule 7: a commit marker has an offset and is never returned."""
    lane = Lane("in", 0, position=0)
    put(lane, [0, 1], end=3)
    assert take(lane, 2).next_offset == 3


def test_a_chunk_takes_from_several_runs_and_leaves_the_rest():
    lane = Lane("in", 0, position=0)
    first, second = put(lane, [0, 1, 2]), put(lane, [3, 4, 5])
    assert take(lane, 2).pieces == ((first, 0, 2),)
    assert lane.keys(10).tolist() == [2, 3, 4, 5]
    assert take(lane, 2).pieces == ((first, 2, 3), (second, 0, 1))
    assert lane.size == 2


def test_keys_are_joined_only_as_far_as_asked():
    lane = Lane("in", 0, position=0)
    put(lane, [0, 1])
    put(lane, [2, 3])
    put(lane, [4, 5])
    assert lane.keys(3).tolist() == [0, 1, 2, 3]
    assert Lane("in", 0, position=0).keys(3).tolist() == []


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.data())
def test_every_row_is_taken_once_in_its_order(sizes, data):
    lane, total = Lane("in", 0, position=0), sum(sizes)
    done = 0
    for size in sizes:
        put(lane, list(range(done, done + size)))
        done += size
    taken = []
    while lane.size:
        one = take(lane, data.draw(st.integers(1, lane.size)))
        taken += [key for piece in one.pieces for key in piece.batch.keys[piece.low : piece.high].tolist()]
        assert lane.position == len(taken)
    assert taken == list(range(total))


def test_a_batch_must_have_a_row_a_record():
    """Else the position would drift from the rows, and rows be lost or applied twice."""
    lane = Lane("in", 0, position=0)
    with pytest.raises(ValueError, match="2 records"):
        put(lane, [0, 1], keys=[0])
