"""Actions to bytes, a batch at a time: what many actions have in common is encoded once (contract 2).

A value is header, action_id, event_id, the place (tenant … objects), the kind (action and phase), occurred_at, begun_at, duration_ms, count
and call_result, as ``kernels.values`` lays them out.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.growing import GrowingTexts
from kernels.texts import Texts
from kernels.values import Numbers, write_records
from schemas.contracts import CAMPAIGN_ACTION, contract, fields_of
from schemas.varint import encode_long, encode_text
from schemas.wire import header, record_key

Int64s = NDArray[np.int64]


class ActionKind(Protocol):
    """Which action, and its phase."""

    @property
    def action(self) -> str: ...  # noqa: D102
    @property
    def phase(self) -> str: ...  # noqa: D102


class ActionPlace(Protocol):
    """Where actions belong."""

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


class ActionColumns(Protocol):
    """Actions in columns of n elements; -1 is an absent number.

    ``cause`` indexes ``event_ids``, ``place`` indexes ``places``, ``kind`` indexes ``kinds``. ``begun_at`` is absent where ``duration_ms``
    is.
    """

    @property
    def kinds(self) -> Sequence[ActionKind]: ...  # noqa: D102
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
    def kind(self) -> Int64s: ...  # noqa: D102
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
    """Encoded actions in columns: keys, the number of the key of each action, and its value."""

    keys: Texts
    key: Int64s
    values: Texts


class ActionEncoder:
    """Encodes the actions of one partition: ``places`` and ``kinds`` of its batches only ever grow."""

    def __init__(self, schema_id: int) -> None:
        types = fields_of(contract(CAMPAIGN_ACTION).schema)
        self._objects = {name: number for number, name in enumerate(types["objects"]["items"]["symbols"])}
        self._actions = {name: number for number, name in enumerate(types["action"]["symbols"])}
        self._phases = {name: number for number, name in enumerate(types["phase"]["symbols"])}
        self._head = np.frombuffer(header(schema_id), dtype=np.uint8)
        self._places = GrowingTexts()
        self._kinds = GrowingTexts()
        self._keys = GrowingTexts()
        self._key_numbers: dict[bytes, int] = {}
        self._key_of_place = array("q")

    def encode(self, batch: ActionColumns) -> EncodedActions:
        """The actions in order."""
        for place in batch.places[len(self._places) :]:
            self._add(place)
        for kind in batch.kinds[len(self._kinds) :]:
            self._kinds.append(encode_long(self._actions[kind.action]) + encode_long(self._phases[kind.phase]))
        of_time = (batch.occurred_at, batch.begun_at, batch.duration_ms)
        numbers = Numbers(batch.cause, batch.ordinal, batch.place, batch.kind, *of_time, batch.count, batch.call_result)
        values = write_records(self._head, batch.event_ids, self._places.texts(), self._kinds.texts(), numbers)
        key = np.asarray(self._key_of_place, dtype=np.int64)[batch.place]
        return EncodedActions(self._keys.texts(), key, values)

    def _add(self, place: ActionPlace) -> None:
        self._places.append(self._encode_place(place))
        key = record_key(place.tenant, place.campaign)
        number = self._key_numbers.setdefault(key, len(self._keys))
        if number == len(self._keys):
            self._keys.append(key)
        self._key_of_place.append(number)

    def _encode_place(self, place: ActionPlace) -> bytes:
        objects = b"".join(encode_long(self._objects[name]) for name in place.objects)
        return b"".join(
            (
                encode_text(place.tenant),
                encode_text(place.campaign),
                _optional_text(place.group),
                _optional_text(place.calling_list),
                encode_long(len(place.objects)) + objects + encode_long(0),
            )
        )


def _optional_text(text: str | None) -> bytes:
    return encode_long(0) if text is None else encode_long(1) + encode_text(text)
