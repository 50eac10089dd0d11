"""Tables and bytes as lines of text; nothing is cut, however narrow the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

_BYTES_A_LINE: Final = 16


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of equal length as lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def on_one_line(text: str) -> str:
    """Text that others wrote, with what a terminal would obey shown as its code."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def hex_lines(value: bytes) -> Iterator[str]:
    """Bytes as offset, hexadecimal and text, sixteen a line."""
    for start in range(0, len(value), _BYTES_A_LINE):
        line = value[start : start + _BYTES_A_LINE]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in line)
        yield f"{start:06x}  {line.hex(' '):{3 * _BYTES_A_LINE - 1}}  {text}"
