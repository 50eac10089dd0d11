"""Single integers (zig-zag, variable length) and texts; Avro 1.11, "binary encoding". Columns of them: ``kernels.writing``."""

from __future__ import annotations


def encode_long(value: int) -> bytes:
    """One integer of 64 bits."""
    rest = (value << 1) ^ (value >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def encode_text(text: str) -> bytes:
    """One string, or the name in a map."""
    encoded = text.encode()
    return encode_long(len(encoded)) + encoded
