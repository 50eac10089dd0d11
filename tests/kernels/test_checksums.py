"""Checksums, against those of the client that brokers know."""

from __future__ import annotations

import numpy as np
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from kernels.checksums import crc32c, word_by_tables


@given(st.binary(max_size=200), st.integers(0, 20))
def test_it_is_that_of_the_client_wherever_the_bytes_lie(given: bytes, start: int) -> None:
    data = np.frombuffer(given, dtype=np.uint8)[start:]
    assert crc32c(data) == calc_crc32c(given[start:])


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=20))
def test_processors_without_the_instruction_find_the_same(words: list[int]) -> None:
    crc = 0xFFFFFFFF
    for word in words:
        crc = word_by_tables(np.uint64(crc), np.uint64(word))
    assert crc ^ 0xFFFFFFFF == calc_crc32c(b"".join(word.to_bytes(8, "little") for word in words))
