"""Headers of dead letters: whatever came with a record comes back, whoever forged what, and what is no letter of ours is none."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from agents.letters import LARGEST_RECORD, Letter, dead_letters
from cli.letters import form, summary, table
from schemas.contracts import CALL_RESULT
from schemas.records import RecordReader, RecordWriter
from schemas.registry import BuiltinRegistry
from tests.agents.partition import Source
from tests.fuzz.damage import damaged
from tests.fuzz.target import Target, needs_nothing
from tests.topologies.test_dead_letters import FIELDS, Message
from topologies.dead_letters import DeadLetter, Place, letter_of
from topologies.reasons import REASONS
from topologies.retries import retried_headers

READER = RecordReader(BuiltinRegistry())
RECORD = RecordWriter(CALL_RESULT, BuiltinRegistry().id_for("call-results", CALL_RESULT)).encode({**FIELDS, "tenant": "t"})

_OURS = ["reason", "detail", "topic", "partition", "offset", "timestamp", "retried", "attempt", "left_out", "", "x"]
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_NAMES = st.sampled_from([f"dialstat.{name}" for name in _OURS]) | _TEXTS
_BYTES = st.one_of(
    st.none(),
    st.sampled_from([b"", b"5", b"-1", b"9" * 5_000, "²".encode(), b"\xff", b"1e3", b"0x5", b"call-results", b"future", b"\x1b[2J\r\n"]),
    st.binary(max_size=12),
)
HEADERS = st.lists(st.tuples(_NAMES, _BYTES), max_size=9)
_VALUES = st.one_of(
    st.none(),
    st.just(RECORD),
    damaged(st.just(RECORD), keep=5),
    st.binary(max_size=30),
    st.sampled_from(
        [b'{"campaign":"c","tenant":7}', b'{"campaign":"\\u001b[31m"}', b"[]", b"[" * 3_000, b'{"campaign":"\\ud800"}', b'"x"']
    ),
)
_SOURCES = st.builds(Source, st.integers(0, (1 << 63) - 1), st.integers(-1, (1 << 63) - 1), _BYTES, _VALUES, HEADERS.map(tuple))
CASES = st.tuples(_SOURCES, _TEXTS | st.sampled_from(["campaign-events"]), st.sampled_from([*REASONS]), _TEXTS, HEADERS)


def check(case: tuple[Source, str, str, str, list[tuple[str, bytes | None]]]) -> None:
    """What we write is read back; what others write is none of ours, or can be told and sent again."""
    source, topic, reason, detail, strange = case
    (made,) = dead_letters(3, [Letter(topic, source, reason, detail)])
    letter = letter_of(_message(made.key, made.value, list(made.headers)), READER)
    assert letter is not None
    assert (letter.reason, letter.detail) == (reason, detail)
    assert (letter.origin, letter.written_at) == (Place(topic, 3, source.offset), source.timestamp)
    assert len(source.value or b"") <= LARGEST_RECORD
    assert (letter.key, letter.value, tuple(letter.headers)) == (source.key, source.value, source.headers)
    _can_be_handled(letter)
    for headers in (strange, [*made.headers, *strange], [*strange, *made.headers]):
        found = letter_of(_message(source.key, source.value, headers), READER)
        if found is not None:
            _can_be_handled(found)


def _message(key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> Any:
    return Message(key, value, headers)


def _can_be_handled(letter: DeadLetter) -> None:
    """It can be listed without a terminal obeying it, told as an object, and sent again, each time counted on."""
    told = [*table([letter], {}), *summary([letter], {}, 9)]
    assert all(line.isprintable() for line in told), told
    assert form(letter, None)["reason"] == letter.reason
    again = retried_headers(letter)
    assert [name for name, _ in again].count("dialstat.retried") == 1
    assert again[-1] == ("dialstat.attempt", str(letter.attempt + 1).encode())
    assert [one for one in letter.headers if one[0] not in {"dialstat.retried", "dialstat.attempt"}] == again[:-2]


TARGET = Target(
    "letters",
    "a dead letter gives back its record, its place and its reason, whatever headers came with the record; strange ones are no letters",
    CASES,
    needs_nothing(check),
    size=300,
    short=60,
)
