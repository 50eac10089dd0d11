"""Two topics as one sequence (domain 2.5): the merge in columns is held to the definition, head by head."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport.job import NO_ORDER
from transport.merge import Queue, merge, merge_plainly

KEYS = st.lists(st.integers(0, 12) | st.just(NO_ORDER), max_size=30)


def queue(keys, *, ended=True):
    return Queue(np.array(keys, dtype=np.int64), ended)


def order(first, second, limit=1_000):
    """What ``merge`` says, in the form of ``merge_plainly``."""
    places = merge(first, second, limit)
    rows = [(int(place), number, row) for number, places_of in enumerate(places) for row, place in enumerate(places_of)]
    assert sorted(place for place, _, _ in rows) == list(range(len(rows)))
    return [(number, row) for _, number, row in sorted(rows)]


def in_chunks(first, second, limits):
    """The order over all chunks, each of which sees only what the ones before it have left."""
    keys, done, found = [first.keys, second.keys], [0, 0], []
    for limit in limits:
        queues = [Queue(of_topic[count:], which.ended) for of_topic, count, which in zip(keys, done, (first, second), strict=True)]
        chunk = order(*queues, limit)
        found += [(number, done[number] + row) for number, row in chunk]
        for number, _ in chunk:
            done[number] += 1
    return found


@given(KEYS, KEYS, st.booleans(), st.booleans(), st.integers(1, 70))
def test_is_the_merge_head_by_head(a, b, a_ended, b_ended, limit):
    first, second = queue(a, ended=a_ended), queue(b, ended=b_ended)
    assert order(first, second, limit) == merge_plainly(first, second, limit)


@given(KEYS, KEYS, st.booleans(), st.booleans(), st.integers(1, 7))
def test_does_not_depend_on_how_it_is_cut_into_chunks(a, b, a_ended, b_ended, limit):
    first, second = queue(a, ended=a_ended), queue(b, ended=b_ended)
    whole = merge_plainly(first, second, 1_000)
    assert in_chunks(first, second, [limit] * (len(whole) // limit + 2)) == whole


@given(KEYS, KEYS, st.data())
def test_does_not_depend_on_how_it_arrives(a, b, data):
    """What goes while more is to come is the beginning of what goes when all is there: no chunk has to be taken back."""
    known = [data.draw(st.integers(0, len(keys))) for keys in (a, b)]
    arrived = [queue(keys[:count], ended=count == len(keys)) for keys, count in zip((a, b), known, strict=True)]
    early = order(*arrived)
    assert early == order(queue(a), queue(b))[: len(early)]


def test_of_equal_keys_the_first_topic_goes_first():
    assert order(queue([4, 4]), queue([4])) == [(0, 0), (0, 1), (1, 0)]


@pytest.mark.parametrize(("a", "b"), [([1, 2], []), ([], [1, 2])])
def test_an_empty_topic_that_is_not_read_to_its_end_holds_the_other(a, b):
    assert order(queue(a, ended=bool(a)), queue(b, ended=bool(b))) == []
    assert len(order(queue(a), queue(b))) == 2


def test_a_topic_that_runs_empty_holds_what_it_could_still_go_before():
    """Key 5 of the second waits: the first may still bring a 4, or a 5, which would go before it; its own 3 and 4 are passed."""
    assert order(queue([3, 4], ended=False), queue([3, 5])) == [(0, 0), (1, 0), (0, 1)]
    assert order(queue([5], ended=False), queue([5, 5])) == [(0, 0)]
    assert order(queue([5, 6]), queue([5], ended=False)) == [(0, 0), (1, 0)]


def test_a_row_without_order_goes_with_the_row_before_it():
    assert order(queue([9, NO_ORDER]), queue([3, NO_ORDER, 9])) == [(1, 0), (1, 1), (0, 0), (0, 1), (1, 2)]


def test_nothing_is_remembered_of_rows_that_have_gone():
    """A 7 that went says nothing about the 2 behind it: with the 7 gone, 2 is compared as it is."""
    assert order(queue([7, 2]), queue([8])) == [(0, 0), (0, 1), (1, 0)]
    assert order(queue([2]), queue([3])) == [(0, 0), (1, 0)]


def test_at_most_the_limit_goes():
    assert order(queue(range(0, 20, 2)), queue(range(1, 20, 2)), limit=3) == [(0, 0), (1, 0), (0, 1)]
    assert order(queue([]), queue([]), limit=3) == []
