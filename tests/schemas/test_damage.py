"""Damaged values among good ones: each costs itself, has a reason, and never depends on what lies beside it (contract 6)."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable
from typing import Any

import pytest

from kernels.texts import places_of
from schemas.decode import Decoder
from schemas.varint import encode_long, encode_text
from schemas.wire import HEADER, header
from tests.schemas.samples import (
    EVENT_ID,
    EVENT_SCHEMA,
    KINDS,
    RESULT_ID,
    RESULT_SCHEMA,
    Judge,
    Schemas,
    encoded,
    event,
    flip_bits,
    result,
    splice,
)

MALFORMED, UNKNOWN_SCHEMA = "malformed", "unknown_schema"
NULL = encode_long(0)


def some(encoded_value: bytes) -> bytes:
    return encode_long(1) + encoded_value


def event_of(**fields: bytes) -> bytes:
    """An event by the bytes of its fields."""
    present = {"event_id": encode_text("e"), "tenant": encode_text(""), "campaign": encode_text("c"), "group": NULL, "calling_list": NULL}
    present |= {"occurred_at": encode_long(5), "kind": encode_long(2), "dial_mode": NULL, "personal": NULL, "records": NULL}
    return header(EVENT_ID) + b"".join((present | fields).values())


def result_of(**fields: bytes) -> bytes:
    """A result by the bytes of its fields."""
    present = {"event_id": encode_text("e"), "tenant": encode_text(""), "campaign": encode_text("c"), "group": NULL}
    present |= {"calling_list": encode_text("l"), "occurred_at": encode_long(5), "kind": encode_long(0), "call_result": encode_long(33)}
    present |= dict.fromkeys(("record_id", "chain_id", "chain_n", "attempt", "dialed_at", "answered_at", "ended_at"), NULL)
    return header(RESULT_ID) + b"".join((present | fields).values())


def long_number(zig_zag: int) -> bytes:
    """A number by its zig-zag form, of any size."""
    digits = []
    while zig_zag > 0x7F:
        digits.append(zig_zag & 0x7F | 0x80)
        zig_zag >>= 7
    return bytes([*digits, zig_zag])


DAMAGED: dict[str, bytes | None] = {
    "nothing": None,
    "empty": b"",
    "part of a header": event()[:4],
    "a header only": event()[:5],
    "another first byte": b"\x01" + event()[1:],
    "JSON": b'{"event_id": "e", "kind": "AgentError"}',
    "a text of negative length": event_of(event_id=encode_long(-1)),
    "a last text of negative length": event_of(group=some(encode_long(-4))),
    "a text that is longer than the value": event_of(event_id=encode_long(90) + b"e"),
    "a text of 2 GiB": event_of(event_id=encode_long(1 << 31) + b"e"),
    "a text of 1 TiB": event_of(event_id=encode_long(1 << 40) + b"e"),
    "a text of the greatest length": event_of(event_id=encode_long((1 << 63) - 1) + b"e"),
    "a text that is not UTF-8": event_of(event_id=encode_long(2) + b"\xff\xfe"),
    "half of a surrogate pair": event_of(event_id=encode_long(3) + b"\xed\xa0\x80"),
    "a boolean of two": event_of(personal=some(b"\x02")),
    "a boolean of 255": event_of(personal=some(b"\xff")),
    "a third branch": event_of(group=encode_long(2) + encode_text("g")),
    "a branch before the first": event_of(group=encode_long(-1) + encode_text("g")),
    "a branch far before the first": event_of(group=encode_long(-2) + encode_text("g")),
    "a kind after the last": event_of(kind=encode_long(len(KINDS))),
    "a kind before the first": event_of(kind=encode_long(-1)),
    "a kind of absurd number": event_of(kind=encode_long(10**9)),
    "a kind in two bytes": event_of(kind=b"\x84\x00"),
    "a branch in two bytes": event_of(group=b"\x80\x00"),
    "a length in two bytes": event_of(event_id=b"\x82\x00e"),
    "a time in two bytes for one": event_of(occurred_at=b"\x84\x00"),
    "a time of 65 bits": event_of(occurred_at=b"\xff" * 9 + b"\x7f"),
    "a time of eleven bytes": event_of(occurred_at=b"\xff" * 10 + b"\x01"),
    "a time without an end": event_of()[:9] + b"\xff" * 40,
    "a byte too many": event() + b"\x00",
    "a byte too few": event()[:-1],
    "two records": event() + event()[HEADER.size :],
    "a result among events": header(EVENT_ID) + result()[HEADER.size :],
    "a result of 2³¹": result_of(call_result=encode_long(1 << 31)),
    "a result of -2³¹ - 1": result_of(call_result=encode_long(-(1 << 31) - 1)),
    "a result of 35 bits": result_of(call_result=long_number((1 << 35) - 1)),
    "a result of 64 bits": result_of(call_result=encode_long(1 << 60)),
    "an attempt of 35 bits": result_of(attempt=some(long_number((1 << 35) - 2))),
}
LAYOUTS: dict[str, Callable[[bytes, bytes | None], list[bytes | None]]] = {
    "alone": lambda _, bad: [bad],
    "behind a good one": lambda good, bad: [good, bad],
    "before a good one": lambda good, bad: [bad, good],
    "in the midst": lambda good, bad: [good] * 40 + [bad] + [good] * 40,
    "each second": lambda good, bad: [good, bad] * 20,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_value_costs_itself_alone(name: str, layout: str) -> None:
    """Contract 6: malformed."""
    bad = DAMAGED[name]
    of_results = (bad or b"")[: HEADER.size] == header(RESULT_ID)
    good = result() if of_results else event()
    chunk = LAYOUTS[layout](good, bad)
    decoded = Decoder(RESULT_SCHEMA if of_results else EVENT_SCHEMA, Schemas()).decode(places_of(chunk))
    where = [row for row, value in enumerate(chunk) if value is bad]
    assert [(refused.row, refused.reason) for refused in decoded.refused] == [(row, MALFORMED) for row in where]
    assert all(refused.detail for refused in decoded.refused)
    assert decoded.rows.tolist() == [row for row in range(len(chunk)) if row not in where]
    assert decoded.columns.texts("event_id").to_list() == ["r1" if of_results else "e1"] * (len(chunk) - len(where))


@pytest.mark.parametrize("number", [(1 << 31) - 1, -(1 << 31)])
def test_the_greatest_numbers_are_none_too_great(number: int) -> None:
    chunk = [result(call_result=number, attempt=number)] * 3
    assert Decoder(RESULT_SCHEMA, Schemas()).decode(places_of(chunk)).columns.numbers("call_result").tolist() == [number] * 3


def test_absurd_lengths_do_not_take_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reading = Decoder(EVENT_SCHEMA, Schemas())
    for size in (1 << 28, 1 << 31, 1 << 40, 1 << 62):
        for position in ("event_id", "group"):
            absurd = event_of(**{position: (b"" if position == "event_id" else encode_long(1)) + encode_long(size) + b"e"})
            assert len(reading.decode(places_of([event(), absurd, event()] * 100)).rows) == 200
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def any_good(rng: random.Random) -> bytes:
    """An event with names of any length, with nulls here and there."""
    texts = ["", "a", "Zürich", "x" * 70, "n" * rng.randrange(200)]
    record = {"event_id": f"e{rng.random()}", "tenant": rng.choice(texts), "campaign": rng.choice(texts), "kind": rng.choice(KINDS)}
    record |= {name: rng.choice([None, *texts]) for name in ("group", "calling_list", "dial_mode")}
    number = rng.choice([0, 1, -1, 1 << rng.randrange(62), 1_700_000_000_000])
    record |= {"occurred_at": number, "personal": rng.choice([None, True, False]), "records": rng.choice([None, number])}
    return encoded(EVENT_SCHEMA, EVENT_ID, record)


DAMAGES: list[Callable[[random.Random, bytes], bytes | None]] = [
    flip_bits,
    flip_bits,
    flip_bits,
    splice,
    lambda rng, value: value[: rng.randrange(len(value))],
    lambda rng, value: value + rng.randbytes(rng.randrange(1, 20)),
    lambda rng, value: rng.randbytes(rng.randrange(200)),
    lambda rng, value: value[: HEADER.size] + rng.randbytes(rng.randrange(100)),
    lambda rng, value: header(rng.randrange(1 << 32)) + value[HEADER.size :],
    lambda rng, value: value[: HEADER.size] + encode_long(1 << rng.randrange(20, 63)) + value[HEADER.size + 1 :],
    lambda rng, value: b'{"event_id": "e"}',
    lambda rng, value: None,
]


def verdict(judge: Judge, value: bytes | None) -> Any:
    """What is to become of a value: its fields, or the reason why it has none."""
    if value is None or len(value) < HEADER.size or value[0] != 0:
        return MALFORMED
    if value[: HEADER.size] not in {header(EVENT_ID), header(RESULT_ID)}:
        return UNKNOWN_SCHEMA
    if value[: HEADER.size] == header(RESULT_ID):
        return "incompatible_schema"
    return judge.record(value[HEADER.size :]) or MALFORMED


@pytest.mark.parametrize("seed", range(5))
def test_every_good_record_is_read_and_every_bad_one_has_its_reason(seed: int) -> None:
    """Contract 6, on 10,000 damaged records; the judge is another implementation of Avro, asked record by record."""
    rng = random.Random(seed)
    judge, reading = Judge(EVENT_SCHEMA), Decoder(EVENT_SCHEMA, Schemas())
    damaged = 0
    while damaged < 2_000:
        good = [any_good(rng) for _ in range(rng.choice([1, 3, 30, 300]))]
        share = rng.choice([0.01, 0.1, 0.5, 1])
        chunk = [rng.choice(DAMAGES)(rng, value) if rng.random() < share else value for value in good]
        damaged += sum(value is not original for value, original in zip(chunk, good, strict=True))
        decoded = reading.decode(places_of(chunk))
        verdicts = {row: verdict(judge, value) for row, value in enumerate(chunk)}
        told = {refused.row: refused.reason for refused in decoded.refused}
        told |= dict(zip(decoded.rows.tolist(), decoded.records(), strict=True))
        assert told == verdicts
