"""Bytes as they arrive when something has gone wrong: flipped, cut, spliced, with lengths that nothing has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from hypothesis import strategies as st

from schemas.varint import encode_long

_Damage = Callable[[st.DrawFn, bytes], bytes]


def _place(draw: st.DrawFn, value: bytes) -> int:
    return draw(st.integers(0, len(value)))


def _flipped(draw: st.DrawFn, value: bytes) -> bytes:
    if not value:
        return b"\x00"
    place = draw(st.integers(0, len(value) - 1))
    return value[:place] + bytes([value[place] ^ 1 << draw(st.integers(0, 7))]) + value[place + 1 :]


def _replaced(draw: st.DrawFn, value: bytes) -> bytes:
    """Some bytes are others: those at the ends of ranges, or any."""
    place = _place(draw, value)
    others = draw(st.sampled_from([b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff" * 8, b"\x80" * 9]) | st.binary(max_size=6))
    return value[:place] + others + value[place + len(others) :]


def _cut(draw: st.DrawFn, value: bytes) -> bytes:
    return value[: _place(draw, value)]


def _longer(draw: st.DrawFn, value: bytes) -> bytes:
    return value + draw(st.binary(min_size=1, max_size=12))


def _without(draw: st.DrawFn, value: bytes) -> bytes:
    place = _place(draw, value)
    return value[:place] + value[place + draw(st.integers(1, 9)) :]


def _with(draw: st.DrawFn, value: bytes) -> bytes:
    place = _place(draw, value)
    return value[:place] + draw(st.binary(min_size=1, max_size=9)) + value[place:]


def _repeated(draw: st.DrawFn, value: bytes) -> bytes:
    first, last = sorted((_place(draw, value), _place(draw, value)))
    return value[:last] + value[first:last] + value[last:]


def _absurd_length(draw: st.DrawFn, value: bytes) -> bytes:
    place = _place(draw, value)
    return value[:place] + encode_long(draw(st.sampled_from([-1, -(1 << 62), 1 << 20, 1 << 31, (1 << 63) - 1]))) + value[place + 1 :]


_DAMAGES: Final[Sequence[_Damage]] = (_flipped, _flipped, _replaced, _cut, _longer, _without, _with, _repeated, _absurd_length)


@st.composite
def damaged(draw: st.DrawFn, values: st.SearchStrategy[bytes], keep: int = 0) -> bytes:
    """A value with one to three damages; its first ``keep`` bytes mostly stay."""
    value = draw(values)
    kept = keep if draw(st.integers(0, 7)) else 0
    head, body = value[:kept], value[kept:]
    for _ in range(draw(st.integers(1, 3))):
        body = draw(st.sampled_from(_DAMAGES))(draw, body)
    return head + body


@st.composite
def spliced(draw: st.DrawFn, values: st.SearchStrategy[bytes]) -> bytes:
    """The beginning of one value, and the end of another."""
    first, second = draw(values), draw(values)
    return first[: _place(draw, first)] + second[_place(draw, second) :]
