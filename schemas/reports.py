"""Reports to bytes: names are encoded once for each panel, values one by one (contract 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import Struct
from typing import Protocol

from schemas.contracts import STATISTIC_REPORT, contract, fields_of
from schemas.varint import encode_long, encode_text
from schemas.wire import header, record_key

_DOUBLE = Struct("<cd")
_NULL = encode_long(0)
_SOME = encode_long(1)


class ReportState(Protocol):
    """The state of a report; times in ms."""

    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def since(self) -> int: ...  # noqa: D102
    @property
    def dial_mode(self) -> str | None: ...  # noqa: D102
    @property
    def dial_mode_since(self) -> int | None: ...  # noqa: D102
    @property
    def conditions(self) -> Mapping[str, int]: ...  # noqa: D102


class ReportFields(Protocol):
    """The fields of a report; ``values`` are parallel to ``names``."""

    @property
    def object_type(self) -> str: ...  # noqa: D102
    @property
    def tenant(self) -> str: ...  # noqa: D102
    @property
    def campaign(self) -> str | None: ...  # noqa: D102
    @property
    def group(self) -> str | None: ...  # noqa: D102
    @property
    def calling_list(self) -> str | None: ...  # noqa: D102
    @property
    def profile(self) -> str: ...  # noqa: D102
    @property
    def window_start(self) -> int: ...  # noqa: D102
    @property
    def as_of(self) -> int: ...  # noqa: D102
    @property
    def revision(self) -> int: ...  # noqa: D102
    @property
    def final(self) -> bool: ...  # noqa: D102
    @property
    def names(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def values(self) -> Sequence[float | None]: ...  # noqa: D102
    @property
    def state(self) -> ReportState | None: ...  # noqa: D102
    @property
    def inputs(self) -> tuple[tuple[str, int, int], ...]: ...  # noqa: D102
    @property
    def complete_from(self) -> Mapping[str, int]: ...  # noqa: D102


class _Encoded(dict[str, bytes]):
    """Names as bytes, each encoded once."""

    def __missing__(self, name: str) -> bytes:
        encoded = self[name] = encode_text(name)
        return encoded


class ReportEncoder:
    """Encodes reports under one schema id."""

    def __init__(self, schema_id: int) -> None:
        types = fields_of(contract(STATISTIC_REPORT).schema)
        self._types = {name: encode_long(number) for number, name in enumerate(types["object_type"]["symbols"])}
        self._head = header(schema_id)
        self._names = _Encoded()
        self._texts: dict[str | None, bytes] = {None: _NULL}

    def encode(self, report: ReportFields) -> tuple[bytes, bytes]:
        """Key and value of a report: that of a CallingList is keyed by its list, all others by their campaign."""
        key = record_key(report.tenant, report.campaign or report.calling_list or "")
        value = b"".join(
            (
                self._head,
                self._types[report.object_type],
                encode_text(report.tenant),
                self._text(report.campaign),
                self._text(report.group),
                self._text(report.calling_list),
                encode_text(report.profile),
                encode_long(report.window_start),
                encode_long(report.as_of),
                encode_long(report.revision),
                b"\x01" if report.final else b"\x00",
                self._values(report.names, report.values),
                _NULL if report.state is None else _SOME + _state(report.state),
                _inputs(report.inputs),
                _longs(report.complete_from),
            )
        )
        return key, value

    def _text(self, text: str | None) -> bytes:
        """A nullable name; names come again and again, and are kept."""
        known = self._texts.get(text)
        if known is None:
            known = self._texts[text] = _SOME + encode_text(text or "")
        return known

    def _values(self, names: tuple[str, ...], values: Sequence[float | None]) -> bytes:
        if not names:
            return _NULL
        pack, encoded = _DOUBLE.pack, map(self._names.__getitem__, names)
        parts = [name + (_NULL if value is None else pack(_SOME, value)) for name, value in zip(encoded, values, strict=True)]
        return encode_long(len(names)) + b"".join(parts) + _NULL


def _state(state: ReportState) -> bytes:
    return b"".join(
        (
            encode_text(state.status),
            encode_long(state.since),
            _NULL if state.dial_mode is None else _SOME + encode_text(state.dial_mode),
            _NULL if state.dial_mode_since is None else _SOME + encode_long(state.dial_mode_since),
            _longs(state.conditions),
        )
    )


def _longs(values: Mapping[str, int]) -> bytes:
    if not values:
        return _NULL
    return encode_long(len(values)) + b"".join(encode_text(name) + encode_long(value) for name, value in values.items()) + _NULL


def _inputs(inputs: tuple[tuple[str, int, int], ...]) -> bytes:
    if not inputs:
        return _NULL
    parts = [encode_text(topic) + encode_long(partition) + encode_long(offset) for topic, partition, offset in inputs]
    return encode_long(len(inputs)) + b"".join(parts) + _NULL
