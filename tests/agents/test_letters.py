"""How many dead letters are too many: a question of the input alone, not of chunks and restarts (contract 6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.letters import NO_RULES, SET_ASIDE, STATE_KEY, Letter, LetterLimit, LetterRules, RecentLetters, dead_letters, without_letters
from tests.agents.partition import Source, as_columns
from transport.lifecycle import FatalError


def letters(offsets, reason="malformed", topic="in"):
    return [Letter(topic, Source(offset), reason, "d") for offset in offsets]


def stopped_at(limit, offsets, chunks=(), restarts=frozenset()):
    """The first chunk that is refused, told by its last offset; each chunk ends before one of ``chunks``."""
    stored = None
    recent = RecentLetters(0, limit)
    bounds = [*sorted(set(chunks)), max(offsets, default=0) + 1]
    for low, high in zip([0, *bounds], bounds, strict=False):
        if low in restarts:
            recent = RecentLetters(0, limit, stored)
        try:
            for key, value in recent.add(letters(offset for offset in offsets if low <= offset < high)):
                assert key == STATE_KEY
                stored = value
        except FatalError:
            return low, high
    return None


LIMITS = st.integers(1, 20).flatmap(lambda most: st.builds(LetterLimit, st.just(most), st.integers(most + 1, 120)))
OFFSETS = st.sets(st.integers(0, 300), max_size=80).map(sorted)


def too_many_at(limit, offsets):
    """The definition: the first letter that has more than ``most`` in its block and those before it that make the last ``of``."""
    blocks = -(-limit.of // limit.block)
    for number, offset in enumerate(offsets, start=1):
        within = [before for before in offsets[:number] if before // limit.block > offset // limit.block - blocks]
        if len(within) > limit.most:
            return offset
    return None


@given(LIMITS, OFFSETS, st.sets(st.integers(1, 300), max_size=12))
def test_what_is_too_much_depends_neither_on_chunks_nor_on_restarts(limit, offsets, chunks):
    expected = too_many_at(limit, offsets)
    for restarts in (frozenset(), chunks):
        found = stopped_at(limit, offsets, chunks, restarts)
        assert (found is None) == (expected is None)
        if found is not None:
            assert found[0] <= expected < found[1]


@given(LIMITS, OFFSETS)
def test_it_is_what_the_setting_says_give_or_take_a_block(limit, offsets):
    def most_within(size):
        return max((sum(offset - size < before <= offset for before in offsets) for offset in offsets), default=0)

    if most_within(limit.of - limit.block) > limit.most:
        assert too_many_at(limit, offsets) is not None
    if most_within(limit.of + limit.block) <= limit.most:
        assert too_many_at(limit, offsets) is None


def test_the_message_names_place_reasons_and_what_to_do():
    recent = RecentLetters(3, LetterLimit(3, 10))
    recent.add(letters([100, 101], "future"))
    with pytest.raises(FatalError) as refused:
        recent.add(letters([103, 104]))
    for part in ("4 of the last 10 records of in-3", "future 2, malformed 2", "offset 104: malformed, d", "`dead_letter_limit` (now 3/10;"):
        assert part in str(refused.value)


def test_topics_count_apart_and_what_the_operator_named_does_not_count():
    recent = RecentLetters(0, LetterLimit(2, 10))
    assert recent.add([*letters([1, 2]), *letters([1, 2], topic="other"), *letters([3, 4, 5], SET_ASIDE)])


def test_without_a_limit_nothing_is_counted_or_kept():
    assert RecentLetters(0, NO_RULES.limit).add(letters(range(10))) == []


def test_what_another_limit_has_let_through_is_not_held_against_this_one():
    small, large = LetterLimit(2, 10), LetterLimit(9, 10)
    ((_, stored),) = RecentLetters(0, large).add(letters(range(5)))
    recent = RecentLetters(0, small, stored)
    ((_, stored),) = recent.add([])
    assert recent.add([]) == []
    RecentLetters(0, small, stored).add(letters([6, 7]))


def test_the_engine_gets_its_own_records_only():
    assert without_letters({STATE_KEY: b"x", b"[]": b"y"}) == {b"[]": b"y"}


def test_named_records_are_found_by_their_places():
    rules = LetterRules(named=frozenset({("in", 0, 7), ("in", 1, 8), ("other", 0, 8)}))
    found = rules.set_aside("in", 0, as_columns([Source(6), Source(7), Source(8)]))
    assert {row: reason for row, (reason, _) in found.items()} == {1: SET_ASIDE}
    assert NO_RULES.set_aside("in", 0, as_columns([Source(7)])) == {}


def test_a_record_that_is_too_large_is_not_read_and_its_letter_is_one_that_a_broker_takes():
    rules = LetterRules(record_limit=100)
    records = [Source(0, value=b"v" * 99), Source(1, value=b"v" * 100), Source(2, key=None, value=None, headers=(("h" * 91, b""),))]
    told = "key, value and headers have 101 bytes, and record_limit is 100"
    assert rules.set_aside("in", 0, as_columns(records)) == {1: ("too_large", told), 2: ("too_large", told)}
    whole, short = dead_letters(2, [Letter("in", Source(1, value=b"v" * size), "too_large", "d" * 10_000) for size in (899_999, 900_000)])
    assert len(whole.value) == 899_999
    assert (short.key, short.value, short.headers[0]) == (None, None, ("dialstat.left_out", b"900001"))
    assert len(dict(short.headers)["dialstat.detail"]) == 2_000


def test_a_letter_keeps_bytes_and_headers_as_received():
    record = Source(7, 5, None, b"\xff", (("trace", b"1"),))
    (made,) = dead_letters(2, [Letter("in", record, "malformed", "d")])
    assert (made.key, made.value, made.headers[0]) == (None, b"\xff", ("trace", b"1"))
    assert dict(made.headers[1:]) == {
        "dialstat.reason": b"malformed",
        "dialstat.detail": b"d",
        "dialstat.topic": b"in",
        "dialstat.partition": b"2",
        "dialstat.offset": b"7",
        "dialstat.timestamp": b"5",
    }
