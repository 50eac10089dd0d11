"""Rows of numbers and places in buffers as bytes of Avro records: what many rows have in common is bytes already and only copied.

A record is

    head | "event/ordinal" | event | common | kind | at | begin and duration | count | code

where a text comes behind its length, numbers are those of ``kernels.writing.put_long``, begin, duration and code each behind 1, or 0
in place of one that is absent.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kernels.compiled import BYTES, BYTES_OUT, LONG, LONGS, LONGS_OUT, TEXTS, VOID, compiled, several
from kernels.texts import Arrays, Bytes, Int64s, Texts
from kernels.writing import LONGEST, U, decimal_size, put_bytes, put_decimal, put_long

_MOST_BESIDE: Final = 2 * LONGEST + 1 + 19 + 3 + 5 * LONGEST
"""What a record takes beside its head, twice its event and what it has in common with others, at most."""
_ABSENT: Final = 0
_PRESENT: Final = 2
_SLASH: Final = 47


class Numbers(NamedTuple):
    """The numbers of n rows, each of shape (n,).

    Attributes:
        event: the number of its event.
        ordinal: not negative.
        common: of what each row has in common with others.
        kind: likewise.
        at: any number.
        begun_at: any number.
        duration: if it is negative, it and ``begun_at`` are absent.
        amount: any number.
        code: absent if it is -1.
    """

    event: Int64s
    ordinal: Int64s
    common: Int64s
    kind: Int64s
    at: Int64s
    begun_at: Int64s
    duration: Int64s
    amount: Int64s
    code: Int64s


def write_records(head: Bytes, events: Texts, commons: Texts, kinds: Texts, rows: Numbers) -> Texts:
    """The records of n rows; see the module.

    Args:
        head: what each begins with.
        events: by number; an absent one is empty.
        commons: by number; none is absent.
        kinds: likewise.
        rows: see ``Numbers``.
    """
    columns = tuple(map(np.ascontiguousarray, rows))
    sizes = (events.size, commons.size, kinds.size)
    into = np.empty(_room(len(head), sizes, (columns[0], columns[2], columns[3])), dtype=np.uint8)
    ends = np.zeros(len(rows.event) + 1, dtype=np.int64)
    _write(into, ends, head, events.arrays(), commons.arrays(), kinds.arrays(), columns)
    return Texts(into[: ends[-1]], ends[:-1], np.diff(ends))


@compiled(LONG, LONG, several(LONGS, 3), several(LONGS, 3))
def _room(head: int, sizes: tuple[Int64s, Int64s, Int64s], numbers: tuple[Int64s, Int64s, Int64s]) -> int:
    event_size, common_size, kind_size = sizes
    event, common, kind = numbers
    room = 0
    for row in range(len(event)):
        room += head + 2 * max(event_size[event[row]], 0) + common_size[common[row]] + kind_size[kind[row]] + _MOST_BESIDE
    return room


@compiled(LONG, BYTES_OUT, *[LONG] * 5)
def _put_rest(into: Bytes, end: int, begun_at: int, duration: int, count: int, code: int) -> int:
    if duration < 0:
        into[U(end)] = into[U(end + 1)] = _ABSENT
        end += 2
    else:
        into[U(end)] = _PRESENT
        end = put_long(into, end + 1, begun_at)
        into[U(end)] = _PRESENT
        end = put_long(into, end + 1, duration)
    end = put_long(into, end, count)
    if code == -1:
        into[U(end)] = _ABSENT
        return end + 1
    into[U(end)] = _PRESENT
    return put_long(into, end + 1, code)


@compiled(VOID, BYTES_OUT, LONGS_OUT, BYTES, TEXTS, TEXTS, TEXTS, several(LONGS, 9))
def _write(into: Bytes, ends: Int64s, head: Bytes, events: Arrays, commons: Arrays, kinds: Arrays, rows: tuple[Int64s, ...]) -> None:
    texts, event_at, event_size = events
    shared, common_at, common_size = commons
    kind_texts, kind_at, kind_size = kinds
    events_of, ordinals, commons_of, kinds_of, at, begun_at, duration, count, code = rows
    end = 0
    for row in range(len(events_of)):
        event, ordinal, common, kind = events_of[row], ordinals[row], commons_of[row], kinds_of[row]
        size = max(event_size[event], 0)
        end = put_bytes(into, end, head, 0, len(head))
        end = put_long(into, end, size + 1 + decimal_size(ordinal))
        end = put_bytes(into, end, texts, event_at[event], size)
        into[U(end)] = _SLASH
        end = put_decimal(into, end + 1, ordinal)
        end = put_long(into, end, size)
        end = put_bytes(into, end, texts, event_at[event], size)
        end = put_bytes(into, end, shared, common_at[common], common_size[common])
        end = put_bytes(into, end, kind_texts, kind_at[kind], kind_size[kind])
        end = put_long(into, end, at[row])
        end = _put_rest(into, end, begun_at[row], duration[row], count[row], code[row])
        ends[row + 1] = end
