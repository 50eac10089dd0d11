"""State as changelog records, and back: every record is complete in itself, and records may be read in any order.

Keys are JSON arrays, ``[kind, …]``: a key says in full what it belongs to, so a record means the same in every process. Values
begin with the version of their form.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Any, Final

import numpy as np
import orjson

from engine.arrays import NEVER
from engine.books import Book
from engine.directory import Directory, StatObject
from engine.ledger import Ledger
from engine.selection import Log

Change = tuple[bytes, bytes | None]

VERSION: Final = b"\x01"
_WINDOW = Struct("<i")
_LENGTHS: Final = {"part": 4, "window": 6, "pane": 6}
"""Elements of the keys that may name a part, without its slice and values."""


class StateVersionError(Exception):
    """State that was written by a later version of this program."""


def encode_key(*parts: Any) -> bytes:  # noqa: ANN401 (whatever JSON holds)
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
        yield encode_key("object", *object_key(ledger.directory, found)), VERSION
    for part in ledger.directory.take_new_parts():
        yield encode_key("part", *object_key(ledger.directory, part)), encode(part.rank)
    for profile, book in ledger.books.items():
        shape = _shape(profile, book.profile.shape)
        for (start, _, number), revision, packed in book.windows.take_changes():
            key = encode_key("window", shape, start, *object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, None if packed is None else VERSION + _WINDOW.pack(revision) + packed
        for line in book.moved:
            yield encode_key("open", shape, *_line_key(ledger.directory, book, line)), encode(book.open_start.get(line))
        book.moved.clear()
    for profile, sliding in ledger.sliding.items():
        shape = _shape(profile, sliding.profile.shape)
        for (start, _, number), _, packed in sliding.panes.take_changes():
            key = encode_key("pane", shape, start, *object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, None if packed is None else VERSION + packed
    for number, log in ledger.selections.logs.items():
        for page in sorted(log.dirty):
            key = encode_key("selected", page, *object_key(ledger.directory, ledger.directory.objects[number]))
            rows = log.page(page)
            yield key, encode(rows.tolist()) if len(rows) else None
        log.dirty.clear()
    yield from _mark_changes(ledger)


def _mark_changes(ledger: Ledger) -> Iterable[Change]:
    for profile, live in ledger.live.items():
        added, gone = live.take_marks()
        for number in sorted(added | gone):
            key = encode_key("waiting", profile, *object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, VERSION if number in added else None


def load_ledger(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> bool:
    """Put one record back; False if its kind is not a ledger's. Records of what is no longer defined are passed over."""
    if len(key) > _LENGTHS.get(kind, len(key)) and key[-2] not in ledger.slices.texts:
        return True
    if kind == "object":
        ledger.directory.make_known(find_object(ledger.directory, key).number)
    elif kind == "part":
        find_object(ledger.directory, key).rank = decode(value)
    elif kind == "window":
        _load_window(ledger, key, payload(value))
    elif kind == "open":
        _load_open(ledger, key, decode(value))
    elif kind == "pane":
        _load_pane(ledger, key, payload(value))
    elif kind == "selected":
        log = ledger.selections.logs.setdefault(find_object(ledger.directory, key[1:]).number, Log())
        log.restore(np.array(decode(value), dtype=np.int64))
    elif kind == "waiting":
        if key[0] in ledger.live:
            ledger.live[key[0]].restore_mark(find_object(ledger.directory, key[1:]).number)
    else:
        return False
    return True


def _load_window(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, start, *name = key
    for profile, book in ledger.books.items():
        if _shape(profile, book.profile.shape) == shape:
            found = find_object(ledger.directory, name)
            line = book.schedule.line_of(found)
            assert line is not None
            (revision,) = _WINDOW.unpack_from(value)
            book.windows.restore(start, line, found.number, revision, value[_WINDOW.size :])


def _load_open(ledger: Ledger, key: list[Any], start: int) -> None:
    shape, *name = key
    for profile, book in ledger.books.items():
        if _shape(profile, book.profile.shape) == shape and start > NEVER:
            line = _find_line(ledger.directory, name)
            book.reserve()
            book.open_start.data[line] = start


def _load_pane(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, start, *name = key
    for profile, book in ledger.sliding.items():
        if _shape(profile, book.profile.shape) == shape:
            found = find_object(ledger.directory, name)
            book.restore(start, found.owner, found.number, value)


def _shape(profile: str, shape: str) -> str:
    """A profile as keys name it: with other windows under the same name, what was counted before is of no use."""
    return f"{profile} {shape}"


def _line_key(directory: Directory, book: Book, line: int) -> tuple[Any, ...]:
    return directory.owners[line].name if book.schedule.by_owner else object_key(directory, directory.objects[line])


def _find_line(directory: Directory, name: list[Any]) -> int:
    return directory.owner(*name).number if len(name) == 2 else find_object(directory, name).number


def object_key(directory: Directory, found: StatObject) -> tuple[Any, ...]:
    """How keys name an object; of a part, its slice and values follow."""
    return (*directory.owners[found.owner].name, found.type, found.name, *(found.part or ()))


def find_object(directory: Directory, key: list[Any]) -> StatObject:
    """The object, or the part of one, that a key names, made if it is new."""
    tenant, owner, kind, name, *part = key
    found = directory.object(directory.owner(tenant, owner), kind, name)
    if not part:
        return found
    text, values = part
    return directory.part(found.number, (text, None if values is None else tuple(values)))
