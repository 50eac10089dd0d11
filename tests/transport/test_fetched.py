"""What is read of an answer, against what aiokafka's own reader makes of it (Kafka protocol, "Record Batch")."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from transport.fetched import PartitionRecords, RawRecords, hand_out_columns
from transport.record_batch import record_batches, rows_of
from transport.records import join_records

TP = TopicPartition("in", 3)
THEIRS = fetcher.PartitionRecords
NOW = 1_700_000_000_000
COMMIT, ABORT = 1, 0
CONTROL, APPEND_TIME = 0x20, 0x08

BYTES = st.binary(max_size=20) | st.integers(62, 66).map(bytes) | st.integers(8_190, 8_194).map(bytes)
HEADERS = st.lists(st.tuples(st.text(max_size=4), st.none() | st.binary(max_size=4)), max_size=3)
ROWS = st.tuples(st.integers(-3, 3) | st.just(1 << 40), st.none() | BYTES, st.none() | BYTES, HEADERS)


@dataclass
class Answer:
    """Batches as a broker would return them, one behind the other."""

    data: bytes = b""
    end: int = 100
    starts: list[int] = field(default_factory=list)
    aborted: list[tuple[int, int]] = field(default_factory=list)

    def add(self, built: bytes | bytearray, *, attributes: int = 0, gap: int = 0, lost: int = 0) -> Answer:
        """One more batch, ``gap`` offsets on, with ``lost`` offsets at its end that compaction has emptied."""
        batch = bytearray(built)
        delta = struct.unpack_from(">i", batch, 23)[0] + lost
        self.starts.append(self.end + gap)
        struct.pack_into(">q", batch, 0, self.end + gap)
        batch[22] |= attributes
        struct.pack_into(">i", batch, 23, delta)
        self.end += gap + delta + 1
        self.data += checked(batch)
        return self


def checked(batch: bytearray) -> bytes:
    struct.pack_into(">I", batch, 17, calc_crc32c(bytes(batch[21:])))
    return bytes(batch)


def by_aiokafka(rows: Any, codec: int = 0, producer: int = -1, *, transactional: bool = False, apart: int = 1) -> bytearray:
    builder = DefaultRecordBatchBuilder(2, codec, transactional, producer, 0, 0, 1 << 30)
    for number, (delta, key, value, headers) in enumerate(rows):
        builder.append(number * apart, NOW + delta, key, value, headers)
    return builder.build()


def by_ours(rows: Any) -> list[bytes]:
    laid = rows_of([row[1:] for row in rows])
    return [bytes(batch._build()) for batch in record_batches(laid, np.arange(len(rows)), 10_000, NOW, transactional=False)]


def marker(kind: int, producer: int) -> bytearray:
    builder = DefaultRecordBatchBuilder(2, 0, 1, producer, 0, 0, 1 << 30)
    builder.append(0, NOW, struct.pack(">hh", 0, kind), b"\0\0\0\0\0\0", [])
    return builder.build()


def emptied(batch: bytes | bytearray) -> bytearray:
    """What compaction leaves of a batch whose records are all gone, to remember its producer."""
    head = bytearray(batch[:61])
    head[22] &= ~0x07  # nothing is left to be compressed
    struct.pack_into(">i", head, 8, 49)
    struct.pack_into(">i", head, 57, 0)
    return head


def ours(answer: Answer, offset: int, *, committed: bool = True, check: bool = True) -> tuple[list[Any], int]:
    reader = PartitionRecords(TP, RawRecords(answer.data), answer.aborted, offset, None, None, check, int(committed))
    runs = list(reader)
    return [one for run in runs for one in run], reader.next_fetch_offset


def theirs(answer: Answer, offset: int, *, committed: bool = True, check: bool = True) -> tuple[list[Any], int]:
    reader = THEIRS(TP, MemoryRecords(answer.data), answer.aborted, offset, None, None, check, int(committed))
    return [(one.offset, one.timestamp, one.key, one.value, one.headers) for one in reader], reader.next_fetch_offset


@st.composite
def answers(draw: Any) -> Answer:
    """Batches of three producers: plain, transactional, of ours; compressed or not; compacted; markers between them; cut at the end."""
    answer = Answer()
    open_: dict[int, int] = {}
    for _ in range(draw(st.integers(0, 8))):
        producer, rows = draw(st.integers(1, 3)), draw(st.lists(ROWS, min_size=1, max_size=5))
        where = {"gap": draw(st.sampled_from([0, 0, 3])), "lost": draw(st.sampled_from([0, 0, 2]))}
        kind = draw(st.sampled_from(["aiokafka", "ours", "in a transaction", "marker", "emptied"]))
        codec = draw(st.integers(0, 4))
        appended = draw(st.sampled_from([0, 0, APPEND_TIME]))
        if kind == "ours":
            for batch in by_ours(rows):
                answer.add(batch, **where)
        elif kind == "marker":
            fate = draw(st.sampled_from([COMMIT, ABORT]))
            first = open_.pop(producer, None)
            answer.add(marker(fate, producer), attributes=CONTROL, **where)
            if fate == ABORT and first is not None:
                answer.aborted.append((producer, first))
        else:
            in_transaction = kind == "in a transaction"
            built = by_aiokafka(rows, codec, producer, transactional=in_transaction, apart=draw(st.integers(1, 2)))
            answer.add(emptied(built) if kind == "emptied" else built, attributes=appended, **where)
            if in_transaction:
                open_.setdefault(producer, answer.starts[-1])
    answer.data = answer.data[: len(answer.data) - draw(st.sampled_from([0, 0, 0, 1, 30, 70, 200]))]
    return answer


@given(answers(), st.integers(0, 6), st.booleans())
def test_it_is_what_aiokafka_reads(answer: Answer, skipped: int, committed: bool) -> None:
    """Records, and the position behind them: aborted ones, markers, gaps, what was not asked for, and what is cut off."""
    assert ours(answer, 100 + skipped, committed=committed) == theirs(answer, 100 + skipped, committed=committed)


@given(answers(), st.data())
def test_parts_and_joins_are_those_of_a_list(answer: Answer, data: Any) -> None:
    runs = [*PartitionRecords(TP, RawRecords(answer.data), answer.aborted, 100, None, None, True, 0)]  # noqa: FBT003
    for records in runs:
        rows = list(records)
        low = data.draw(st.integers(0, len(rows)))
        high = data.draw(st.integers(low, len(rows)))
        assert list(records[low:high]) == rows[low:high]
        assert list(join_records([records[:low], records[high:]])) == rows[:low] + rows[high:]
        assert list(join_records([records, records])) == rows * 2
        assert join_records([records]) is records


@given(answers(), st.data())
def test_damaged_bytes_are_refused_or_read_as_aiokafka_reads_them(answer: Answer, data: Any) -> None:
    """Checksums aside; nothing is read that lies outside of a batch."""
    if not answer.data:
        return
    damaged = bytearray(answer.data)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    broken = Answer(bytes(damaged), aborted=answer.aborted)
    for check in (False, True):
        try:
            read = ours(broken, 100, check=check)
        except KafkaError:
            continue
        try:
            assert read == theirs(broken, 100, check=check)
        except (KafkaError, UnicodeDecodeError):
            assert not check or any(
                name.encode(errors="replace") != name.encode(errors="surrogateescape") for one in read[0] for name, _ in one[4]
            )


@given(answers(), st.integers(0, 200))
def test_an_answer_that_is_cut_anywhere_is_read_to_its_last_whole_batch(answer: Answer, cut: int) -> None:
    short = Answer(answer.data[:cut], aborted=answer.aborted)
    assert RawRecords(short.data).has_next() == MemoryRecords(short.data).has_next()
    assert RawRecords(short.data).size_in_bytes() == MemoryRecords(short.data).size_in_bytes()
    assert ours(short, 100) == theirs(short, 100)


def record(*fields: bytes) -> bytes:
    body = b"".join(fields)
    return varint(len(body)) + body


def varint(number: int) -> bytes:
    rest, encoded = number << 1 if number >= 0 else (-number << 1) - 1, bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*encoded, rest])


def batch_of(records: bytes, count: int, attributes: int = 0) -> Answer:
    head = bytearray(by_aiokafka([(0, b"k", b"v", [])])[:61])
    struct.pack_into(">i", head, 8, 49 + len(records))
    struct.pack_into(">i", head, 23, max(count, 1) - 1)
    struct.pack_into(">i", head, 57, count)
    return Answer().add(head + records, attributes=attributes)


NULL, NONE = varint(-1), varint(0)
WHOLE = record(b"\0", NONE, NONE, NULL, NULL, NONE)


@pytest.mark.parametrize(
    ("records", "count"),
    [
        (b"", 1),
        (b"", -1),
        (WHOLE, 2),
        (WHOLE, 1 << 30),
        (WHOLE * 2, 1),
        (WHOLE + b"\0", 1),
        (record(b"\0", NONE, NONE, varint(5), b"four"), 1),
        (record(b"\0", NONE, NONE, varint(1 << 40), NULL, NONE), 1),
        (record(b"\0", NONE, NONE, varint((1 << 63) - 1), NULL, NONE), 1),
        (record(b"\0", NONE, NONE, NULL, NULL, varint(-1)), 1),
        (record(b"\0", NONE, NONE, NULL, NULL, varint(1 << 60)), 1),
        (record(b"\0", NONE, NONE, NULL, NULL, varint(1), varint(-1), NULL), 1),
        (record(b"\0", NONE, NONE, NULL, NULL, varint(1), varint(1), b"n", varint(9)), 1),
        (record(b"\0", NONE, NONE, NULL, NULL, NONE, b"more"), 1),
        (record(b"\0", b"\xff" * 12, NONE, NULL, NULL, NONE), 1),
        (varint(-5) + WHOLE, 1),
        (varint(1 << 62) + WHOLE[1:], 1),
        (b"\x80" * 9 + b"\x7e" + WHOLE[1:], 1),
    ],
)
def test_a_record_that_is_not_what_its_lengths_say_is_refused(records: bytes, count: int) -> None:
    for attributes in (0, CONTROL):
        with pytest.raises(CorruptRecordException, match=r"at offset 100 - |\d records in"):
            ours(batch_of(records, count, attributes), 100)


ONE = by_aiokafka([(0, b"k", b"v", [])])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (bytes(8) + struct.pack(">i", 13) + bytes(13), "no record batch: 25 bytes"),
        (bytes(8) + struct.pack(">i", -13) + bytes(13), "no record batch: -1 bytes"),
        (bytes(8) + struct.pack(">i", 20) + b"\0\0\0\0\2" + bytes(15), "no record batch: 32 bytes of format 2"),
        (Answer().add(ONE).data.replace(b"\xff\xff\xff\xff\2", b"\xff\xff\xff\xff\3", 1), "bytes of format 3"),
        (Answer().add(ONE).data[:-1] + b"\1", "Invalid CRC"),
        (Answer().add(ONE, attributes=1).data, "can't be unpacked"),
    ],
)
def test_what_is_no_batch_or_can_not_be_unpacked_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(CorruptRecordException, match=told):
        ours(Answer(data), 100)


def test_a_codec_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnsupportedCodecError):
        ours(Answer().add(ONE, attributes=5), 100)


def test_a_marker_that_compaction_has_emptied_ends_nothing() -> None:
    """aiokafka's own reader stops there for good, and with it the restore of a changelog that is older than a day."""
    answer = Answer().add(emptied(marker(ABORT, 7)), attributes=CONTROL).add(by_aiokafka([(0, b"k", b"v", [])]))
    assert [one.key for one in ours(answer, 100)[0]] == [b"k"]
    with pytest.raises(KafkaError, match="did not contain any records"):
        theirs(answer, 100)


def test_names_of_headers_that_are_not_text_are_kept() -> None:
    """A producer may write any bytes; its record is a letter with the same bytes at worst."""
    answer = batch_of(record(b"\0", NONE, NONE, NULL, NULL, varint(1), varint(2), b"\xff\xfe", NULL), 1)
    ((one,), _) = ours(answer, 100)
    assert one.headers == (("\udcff\udcfe", None),)
    (batch,) = record_batches(rows_of([(one.key, one.value, one.headers)]), np.arange(1), 1_000, NOW, transactional=False)
    assert ours(Answer().add(bytes(batch._build())), 100)[0][0].headers == one.headers


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("codec", [0, 1])
def test_messages_of_older_formats_are_read_too(magic: int, codec: int) -> None:
    builder = LegacyRecordBatchBuilder(magic, codec, 1 << 20)
    for offset in range(3):
        builder.append(offset, NOW + offset, b"k%d" % offset, None if offset == 1 else b"v")
    answer = Answer(bytes(builder.build()) + Answer(end=3).add(by_aiokafka([(0, b"new", b"v", [])])).data)
    records, position = ours(answer, 1)
    assert [(one.offset, one.key, one.value) for one in records] == [(1, b"k1", None), (2, b"k2", b"v"), (3, b"new", b"v")]
    assert [one.timestamp for one in records] == [-1 if magic == 0 else NOW + 1, -1 if magic == 0 else NOW + 2, NOW]
    assert position == 4


def test_the_consumers_of_this_process_read_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MemoryRecords", "PartitionRecords"):
        monkeypatch.setattr(fetcher, name, getattr(fetcher, name))
    hand_out_columns()
    assert (fetcher.MemoryRecords, fetcher.PartitionRecords) == (RawRecords, PartitionRecords)
