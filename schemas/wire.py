"""The Confluent wire format: a zero byte, the schema id as four bytes big-endian, the Avro body (contract 1)."""

from __future__ import annotations

from struct import Struct
from typing import Final

HEADER: Final = Struct(">bI")
MAGIC: Final = 0


def header(schema_id: int) -> bytes:
    """What goes before a body."""
    return HEADER.pack(MAGIC, schema_id)


def schema_id_of(value: bytes | None) -> int | None:
    """The schema id of a value; None if it is not in the wire format."""
    if value is None or len(value) < HEADER.size or value[0] != MAGIC:
        return None
    return int.from_bytes(value[1 : HEADER.size], "big")


def record_key(tenant: str, name: str) -> bytes:
    """The key of a record: the name, or ``tenant/name`` where there is a tenant (contract 1)."""
    return f"{tenant}/{name}".encode() if tenant else name.encode()
