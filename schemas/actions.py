"""Actions to bytes, a batch at a time: what many actions have in common is encoded once (contract 2).

A value is  header | action_id | event_id | place: tenant … phase | occurred_at | begun_at | duration_ms | count | call_result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.contracts import CAMPAIGN_ACTION, contract, fields_of
from schemas.varint import encode_long, encode_longs, encode_text
from schemas.wire import header, record_key

Int64s = NDArray[np.int64]


_SHORT_SIZE: Final = 60
_SHORT_ORDINAL: Final = 10
_SHORT: Final = [encode_long(size) for size in range(_SHORT_SIZE + 2)]
_ORDINALS: Final = [b"/%d" % ordinal for ordinal in range(_SHORT_ORDINAL)]


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
    """Actions in columns of n elements; ``cause`` indexes ``event_ids``, ``place`` indexes ``places``; -1 is an absent number.

    ``begun_at`` is absent where ``duration_ms`` is.
    """

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
        self._tails: dict[int, bytes] = {}

    def encode(self, batch: ActionColumns) -> list[tuple[bytes, bytes]]:
        """Key and value of each action, in order."""
        for place in batch.places[len(self._places) :]:
            self._places.append(self._encode_place(place))
            self._keys.append(record_key(place.tenant, place.campaign))
        head, keys, places = self._head, self._keys, self._places
        event_ids = [event_id.encode() for event_id in batch.event_ids]
        join, short = b"".join, _SHORT
        encoded = []
        columns = (
            batch.cause.tolist(),
            batch.ordinal.tolist(),
            batch.place.tolist(),
            encode_longs(batch.occurred_at),
            self._encode_tails(batch),
        )
        for cause, ordinal, place, occurred_at, tail in zip(*columns, strict=True):
            event_id = event_ids[cause]
            size = len(event_id)
            if size < _SHORT_SIZE and ordinal < _SHORT_ORDINAL:
                # Lengths of one byte: the usual case, without calls.
                value = join((head, short[size + 2], event_id, _ORDINALS[ordinal], short[size], event_id, places[place], occurred_at, tail))
            else:
                value = join((head, _identity(event_id, ordinal), places[place], occurred_at, tail))
            encoded.append((keys[place], value))
        return encoded

    def _encode_tails(self, batch: ActionColumns) -> list[bytes]:
        """begun_at, duration_ms, count and call_result of each action."""
        known = self._tails
        rows = zip(*(column.tolist() for column in (batch.begun_at, batch.duration_ms, batch.count, batch.call_result)), strict=True)
        return [(known.get(row[3]) or self._instant_tail(row[3])) if row[1] < 0 and row[2] == 1 else self._encode_tail(row) for row in rows]

    def _instant_tail(self, call_result: int) -> bytes:
        """The tail of an instant that counts once; there are few, and they are kept."""
        tail = self._tails[call_result] = self._encode_tail((-1, -1, 1, call_result))
        return tail

    @staticmethod
    def _encode_tail(row: tuple[int, int, int, int]) -> bytes:
        begun_at, duration_ms, count, call_result = row
        # Begins may lie before 1970, durations are never negative: they tell whether there is a begin.
        lasted = encode_long(0) * 2 if duration_ms < 0 else b"\x02" + encode_long(begun_at) + b"\x02" + encode_long(duration_ms)
        return lasted + encode_long(count) + _optional(call_result)

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


def _identity(event_id: bytes, ordinal: int) -> bytes:
    """action_id and event_id."""
    action_id = b"%b/%d" % (event_id, ordinal)
    return encode_long(len(action_id)) + action_id + encode_long(len(event_id)) + event_id


def _optional(value: int) -> bytes:
    return encode_long(0) if value == -1 else encode_long(1) + encode_long(value)


def _optional_text(text: str | None) -> bytes:
    return encode_long(0) if text is None else encode_long(1) + encode_text(text)
