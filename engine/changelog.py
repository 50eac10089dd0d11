"""State as changelog records, and back: every record is complete in itself, and records may be read in any order.

Keys are JSON arrays, ``[kind, …]``: a key says in full what it belongs to, so a record means the same in every process. Values
begin with the version of their form.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Any, Final

import orjson

from engine.arrays import NEVER
from engine.directory import Directory, StatObject
from engine.ledger import Ledger

Change = tuple[bytes, bytes | None]

VERSION: Final = b"\x01"
_WINDOW = Struct("<i")


class StateVersionError(Exception):
    """State that was written by a later version of this program."""


def encode_key(*parts: str | int | None) -> bytes:
    """The key of a record."""
    return orjson.dumps(parts)


def encode(value: object) -> bytes:
    """A value of JSON types."""
    return VERSION + orjson.dumps(value)


def payload(value: bytes) -> bytes:
    """The value without its version.

    Raises:
        StateVersionError: the version is not one that this program knows.
    """
    if value[:1] != VERSION:
        raise StateVersionError(
            f"the state in the changelog has version {value[0]}, this program knows {VERSION[0]}: "
            "run the release that wrote it, or a later one"
        )
    return value[1:]


def decode(value: bytes) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A value of JSON types."""
    return orjson.loads(payload(value))


def ledger_changes(ledger: Ledger) -> Iterable[Change]:
    """Records of all that changed in a ledger since they were last taken."""
    for found in ledger.directory.take_newly_known():
        yield encode_key("object", *_object_key(ledger.directory, found)), VERSION
    for profile, growing in ledger.growing.items():
        shape = _shape(profile, growing.profile.shape)
        for (start, _, number), revision, packed in growing.windows.take_changes():
            key = encode_key("window", shape, start, *_object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, None if packed is None else VERSION + _WINDOW.pack(revision) + packed
        for owner in growing.moved:
            yield encode_key("open", shape, *ledger.directory.owners[owner].name), encode(growing.open_start.get(owner))
        growing.moved.clear()
    for profile, sliding in ledger.sliding.items():
        shape = _shape(profile, sliding.profile.shape)
        for (start, _, number), _, packed in sliding.panes.take_changes():
            key = encode_key("pane", shape, start, *_object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, None if packed is None else VERSION + packed
    yield from _mark_changes(ledger)


def _mark_changes(ledger: Ledger) -> Iterable[Change]:
    for profile, live in ledger.live.items():
        added, gone = live.take_marks()
        for number in sorted(added | gone):
            key = encode_key("waiting", profile, *_object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, VERSION if number in added else None


def load_ledger(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> bool:
    """Put one record back; False if its kind is not a ledger's. Records of profiles that are no longer defined are passed over."""
    if kind == "object":
        ledger.directory.make_known(_find_object(ledger.directory, key).number)
    elif kind == "window":
        _load_window(ledger, key, payload(value))
    elif kind == "open":
        _load_open(ledger, key, decode(value))
    elif kind == "pane":
        _load_pane(ledger, key, payload(value))
    elif kind == "waiting":
        if key[0] in ledger.live:
            ledger.live[key[0]].restore_mark(_find_object(ledger.directory, key[1:]).number)
    else:
        return False
    return True


def _load_window(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, start, *name = key
    for profile, book in ledger.growing.items():
        if _shape(profile, book.profile.shape) == shape:
            found = _find_object(ledger.directory, name)
            (revision,) = _WINDOW.unpack_from(value)
            book.windows.restore(start, found.owner, found.number, revision, value[_WINDOW.size :])


def _load_open(ledger: Ledger, key: list[Any], start: int) -> None:
    shape, tenant, name = key
    for profile, book in ledger.growing.items():
        if _shape(profile, book.profile.shape) == shape and start > NEVER:
            owner = ledger.directory.owner(tenant, name).number
            book.reserve(owner + 1)
            book.open_start.data[owner], book.open_end.data[owner] = book.profile.resets.window(start)


def _load_pane(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, start, *name = key
    for profile, book in ledger.sliding.items():
        if _shape(profile, book.profile.shape) == shape:
            found = _find_object(ledger.directory, name)
            book.restore(start, found.owner, found.number, value)


def _shape(profile: str, shape: str) -> str:
    """A profile as keys name it: with other windows under the same name, what was counted before is of no use."""
    return f"{profile} {shape}"


def _object_key(directory: Directory, found: StatObject) -> tuple[str | int, ...]:
    return (*directory.owners[found.owner].name, found.type, found.name)


def _find_object(directory: Directory, key: list[Any]) -> StatObject:
    tenant, owner, kind, name = key
    return directory.object(directory.owner(tenant, owner), kind, name)
