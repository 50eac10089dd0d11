"""Actions to bytes, a batch at a time: what many actions have in common is encoded once (contract 2).

A value is  header | action_id | event_id | place: tenant … phase | occurred_at | begun_at | duration_ms | count | call_result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.contracts import CAMPAIGN_ACTION, contract, fields_of
from schemas.varint import encode_long, encode_longs, encode_text
from schemas.wire import header, record_key

Int64s = NDArray[np.int64]


class ActionPlace(Protocol):
    """What is the same for many actions."""

    @property
    def tenant(self) -> str: ...  # noqa: D102
    @property
    def campaign(self) -> str: ...  # noqa: D102
    @property
    def group(self) -> str | None: ...  # noqa: D102
    @property
    def calling_list(self) -> str | None: ...  # noqa: D102
    @property
    def objects(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def action(self) -> str: ...  # noqa: D102
    @property
    def phase(self) -> str: ...  # noqa: D102


class ActionColumns(Protocol):
    """Actions in columns of n elements; ``cause`` indexes ``event_ids``, ``place`` indexes ``places``; -1 is an absent number."""

    @property
    def places(self) -> Sequence[ActionPlace]: ...  # noqa: D102
    @property
    def event_ids(self) -> list[str]: ...  # noqa: D102
    @property
    def cause(self) -> Int64s: ...  # noqa: D102
    @property
    def ordinal(self) -> Int64s: ...  # noqa: D102
    @property
    def place(self) -> Int64s: ...  # noqa: D102
    @property
    def occurred_at(self) -> Int64s: ...  # noqa: D102
    @property
    def begun_at(self) -> Int64s: ...  # noqa: D102
    @property
    def duration_ms(self) -> Int64s: ...  # noqa: D102
    @property
    def count(self) -> Int64s: ...  # noqa: D102
    @property
    def call_result(self) -> Int64s: ...  # noqa: D102


class ActionEncoder:
    """Encodes the actions of one partition: ``places`` of its batches only ever grows."""

    def __init__(self, schema_id: int) -> None:
        types = fields_of(contract(CAMPAIGN_ACTION).schema)
        self._objects = {name: number for number, name in enumerate(types["objects"]["items"]["symbols"])}
        self._actions = {name: number for number, name in enumerate(types["action"]["symbols"])}
        self._phases = {name: number for number, name in enumerate(types["phase"]["symbols"])}
        self._head = header(schema_id)
        self._places: list[bytes] = []
        self._keys: list[bytes] = []
        self._tails: dict[tuple[int, int, int, int], bytes] = {}

    def encode(self, batch: ActionColumns) -> list[tuple[bytes, bytes]]:
        """Key and value of each action, in order."""
        for place in batch.places[len(self._places) :]:
            self._places.append(self._encode_place(place))
            self._keys.append(record_key(place.tenant, place.campaign))
        causes, ordinals = batch.cause.tolist(), batch.ordinal.tolist()
        identities = self._identities(batch.event_ids, causes, ordinals)
        tails = self._encode_tails(batch)
        keys, places = self._keys, self._places
        return [
            (keys[place], identity + places[place] + occurred_at + tail)
            for identity, place, occurred_at, tail in zip(
                identities, batch.place.tolist(), encode_longs(batch.occurred_at), tails, strict=True
            )
        ]

    def _identities(self, event_ids: list[str], causes: list[int], ordinals: list[int]) -> list[bytes]:
        """Header, action_id and event_id of each action."""
        head = self._head
        encoded: list[bytes] = []
        for cause, ordinal in zip(causes, ordinals, strict=True):
            event_id = event_ids[cause].encode()
            size = len(event_id)
            if size < 60 and ordinal < 10:
                # Both lengths are one byte, twice the length as zig-zag has it: the usual case, without function calls.
                encoded.append(b"%b%c%b/%d%c%b" % (head, 2 * size + 4, event_id, ordinal, 2 * size, event_id))
            else:
                encoded.append(head + encode_text(f"{event_ids[cause]}/{ordinal}") + encode_long(size) + event_id)
        return encoded

    def _encode_tails(self, batch: ActionColumns) -> list[bytes]:
        known = self._tails
        columns = (batch.begun_at, batch.duration_ms, batch.count, batch.call_result)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [known.get(row) or self._encode_tail(row) for row in rows]

    def _encode_tail(self, row: tuple[int, int, int, int]) -> bytes:
        """begun_at, duration_ms, count and call_result; those of instants are few, and kept."""
        begun_at, duration_ms, count, call_result = row
        tail = _optional(begun_at) + _optional(duration_ms) + encode_long(count) + _optional(call_result)
        if begun_at < 0 and count == 1:
            self._tails[row] = tail
        return tail

    def _encode_place(self, place: ActionPlace) -> bytes:
        objects = b"".join(encode_long(self._objects[name]) for name in place.objects)
        return b"".join(
            (
                encode_text(place.tenant),
                encode_text(place.campaign),
                _optional_text(place.group),
                _optional_text(place.calling_list),
                encode_long(len(place.objects)) + objects + encode_long(0),
                encode_long(self._actions[place.action]),
                encode_long(self._phases[place.phase]),
            )
        )


def _optional(value: int) -> bytes:
    return encode_long(0) if value == -1 else encode_long(1) + encode_long(value)


def _optional_text(text: str | None) -> bytes:
    return encode_long(0) if text is None else encode_long(1) + encode_text(text)
