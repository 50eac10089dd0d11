"""The hash table against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.hashing import KEY, hashed
from kernels.table import FIRST, NOTHING, SECOND, Table, added, found, give_up, row_in

KEYS = st.tuples(st.integers(0, 2) | st.integers(0, (1 << 31) - 1), st.binary(max_size=3) | st.binary(min_size=7, max_size=20))


def slot_of(table: Table, key: tuple[int, bytes]) -> tuple[int, int, np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    number, text = key
    data = np.frombuffer(b"beside" + text + b"it", dtype=np.uint8)
    hash_of = hashed(KEY, number, data, 6, len(text))
    return found(table.arrays, hash_of, number, data, 6, len(text)), hash_of, data


@given(st.lists(st.tuples(st.booleans(), KEYS), max_size=150), st.integers(0, 40))
def test_it_holds_what_was_added_and_not_given_up(steps: list[tuple[bool, tuple[int, bytes]]], spare: int) -> None:
    """With few slots for many keys at times, so that searches meet other keys, and gaps between texts that are closed."""
    table, plain = Table(), dict[tuple[int, bytes], int]()
    keys = [key for _, key in steps]
    for step, (adds, key) in enumerate(steps):
        table.reserve(1 + spare * (step % 2), len(key[1]))
        slot, hash_of, data = slot_of(table, key)
        row = row_in(table.arrays.slots, slot)
        assert (row == NOTHING) == (key not in plain)
        if adds and row == NOTHING:
            row = added(table.arrays, slot, hash_of, key[0], data, 6, len(key[1]))
            table.arrays.rows[row, FIRST], table.arrays.rows[row, SECOND] = step, 0
            plain[key] = step
        elif not adds and row != NOTHING:
            give_up(table.arrays, row)
            del plain[key]
        assert len(table) == len(plain)
    for key in keys:
        row = row_in(table.arrays.slots, slot_of(table, key)[0])
        assert (None if row == NOTHING else int(table.arrays.rows[row, FIRST])) == plain.get(key)
    rows = table.live()
    texts = table.texts(rows)
    held = [bytes(texts.data[at : at + size]) for at, size in zip(texts.at.tolist(), texts.size.tolist(), strict=True)]
    assert set(zip(table.numbers(rows).tolist(), held, strict=True)) == plain.keys()


MASK = (1 << 64) - 1
INITIAL = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)


def plain_hash(key: list[int], number: int, text: bytes) -> int:
    """SipHash-1-3 (Aumasson, Bernstein: SipHash, 2012) of the number's eight bytes and the text."""

    def rotated(word: int, by: int) -> int:
        return (word << by | word >> (64 - by)) & MASK

    def mixed(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
        v0, v2 = (v0 + v1) & MASK, (v2 + v3) & MASK
        v1, v3, v0 = rotated(v1, 13) ^ v0, rotated(v3, 16) ^ v2, rotated(v0, 32)
        v2, v0 = (v2 + v1) & MASK, (v0 + v3) & MASK
        return v0, rotated(v1, 17) ^ v2, rotated(v2, 32), rotated(v3, 21) ^ v0

    message = number.to_bytes(8, "little") + text
    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) % 256])
    v0, v1, v2, v3 = (half ^ word for half, word in zip(key * 2, INITIAL, strict=True))
    for place in range(0, len(padded), 8):
        word = int.from_bytes(padded[place : place + 8], "little")
        v0, v1, v2, v3 = mixed(v0, v1, v2, v3 ^ word)
        v0 ^= word
    v2 ^= 0xFF
    for _ in range(3):
        v0, v1, v2, v3 = mixed(v0, v1, v2, v3)
    return (v0 ^ v1 ^ v2 ^ v3) & 0xFFFFFFFF


@given(st.lists(st.integers(0, MASK), min_size=2, max_size=2), st.integers(0, (1 << 31) - 1), st.binary(max_size=300))
def test_the_hash_is_the_one_that_its_authors_describe(key: list[int], number: int, text: bytes) -> None:
    data = np.frombuffer(text, dtype=np.uint8)
    assert hashed(np.array(key, dtype=np.uint64), number, data, 0, len(text)) == plain_hash(key, number, text)
