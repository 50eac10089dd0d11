"""Actions to bytes, a batch at a time: what many actions have in common is encoded once (contract 2).

A value is  header | action_id | event_id | place: tenant … phase | occurred_at | begun_at | duration_ms | count | call_result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.texts import Texts
from schemas.contracts import CAMPAIGN_ACTION, contract, fields_of
from schemas.varint import encode_long, encode_longs, encode_text, long_sizes
from schemas.wire import header, record_key

Int64s = NDArray[np.int64]


_SHORT_SIZE: Final = 60
_SHORT_ORDINAL: Final = 10
_BETWEEN: Final = [b"/%d" % ordinal + encode_long(size) for ordinal in range(_SHORT_ORDINAL) for size in range(_SHORT_SIZE)]
"""What stands between the event_id in an action_id and the event_id itself, by ordinal and size."""


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
    def event_ids(self) -> Texts: ...  # noqa: D102
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


class EncodedActions(NamedTuple):
    """Encoded actions in columns: the key of each, the parts that its value is joined of, and the bytes of that."""

    keys: list[bytes]
    parts: tuple[list[bytes], ...]
    sizes: Int64s


class _Instants(dict[int, bytes]):
    """Tails of instants that count once, by call result: there are few, and they are kept."""

    def __missing__(self, call_result: int) -> bytes:
        tail = self[call_result] = _encode_tail((-1, -1, 1, call_result))
        return tail


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
        self._instants = _Instants()
        self._before = [self._head + encode_long(size + 2) for size in range(_SHORT_SIZE)]

    def encode(self, batch: ActionColumns) -> EncodedActions:
        """The actions in order."""
        for place in batch.places[len(self._places) :]:
            self._places.append(self._encode_place(place))
            self._keys.append(record_key(place.tenant, place.campaign))
        if not len(batch.place):
            return EncodedActions([], (), batch.place)
        places = batch.place.tolist()
        identities, identity_sizes = self._encode_identities(batch)
        occurred_at = encode_longs(batch.occurred_at)
        tails = self._encode_tails(batch)
        of_places = _taken(self._places, places)
        sizes = identity_sizes + _sizes(of_places) + long_sizes(batch.occurred_at) + _sizes(tails)
        return EncodedActions(_taken(self._keys, places), (*identities, of_places, occurred_at, tails), sizes)

    def _encode_identities(self, batch: ActionColumns) -> tuple[tuple[list[bytes], ...], Int64s]:
        """Header, action_id and event_id of each action in parts, and their size together."""
        event_ids = [(event_id or "").encode() for event_id in batch.event_ids.to_list()]
        size = _sizes(event_ids)[batch.cause]
        causes = batch.cause.tolist()
        if size.max() >= _SHORT_SIZE or batch.ordinal.max() >= _SHORT_ORDINAL:
            whole = [
                self._head + _identity(event_ids[cause], ordinal) for cause, ordinal in zip(causes, batch.ordinal.tolist(), strict=True)
            ]
            return (whole,), _sizes(whole)
        # Lengths of one byte: the usual case, without a call for each.
        ids = _taken(event_ids, causes)
        before = _taken(self._before, size.tolist())
        between = _taken(_BETWEEN, (batch.ordinal * _SHORT_SIZE + size).tolist())
        return (before, ids, between, ids), 2 * size + (len(self._before[0]) + len(_BETWEEN[0]))

    def _encode_tails(self, batch: ActionColumns) -> list[bytes]:
        """begun_at, duration_ms, count and call_result of each action."""
        if batch.duration_ms.max() < 0 and (batch.count == 1).all():
            return list(map(self._instants.__getitem__, batch.call_result.tolist()))
        rows = zip(*(column.tolist() for column in (batch.begun_at, batch.duration_ms, batch.count, batch.call_result)), strict=True)
        return [self._instants[row[3]] if row[1] < 0 and row[2] == 1 else _encode_tail(row) for row in rows]

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


def _taken(column: list[bytes], rows: list[int]) -> list[bytes]:
    return list(map(column.__getitem__, rows))


def _sizes(column: list[bytes]) -> Int64s:
    return np.fromiter(map(len, column), dtype=np.int64, count=len(column))


def _encode_tail(row: tuple[int, int, int, int]) -> bytes:
    begun_at, duration_ms, count, call_result = row
    # Begins may lie before 1970, durations are never negative: they tell whether there is a begin.
    lasted = encode_long(0) * 2 if duration_ms < 0 else b"\x02" + encode_long(begun_at) + b"\x02" + encode_long(duration_ms)
    return lasted + encode_long(count) + _optional(call_result)


def _identity(event_id: bytes, ordinal: int) -> bytes:
    """action_id and event_id."""
    action_id = b"%b/%d" % (event_id, ordinal)
    return encode_long(len(action_id)) + action_id + encode_long(len(event_id)) + event_id


def _optional(value: int) -> bytes:
    return encode_long(0) if value == -1 else encode_long(1) + encode_long(value)


def _optional_text(text: str | None) -> bytes:
    return encode_long(0) if text is None else encode_long(1) + encode_text(text)
