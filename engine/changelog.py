"""State as changelog records, and back: every record is complete in itself, and records may be read in any order.

Keys are JSON arrays, ``[kind, …]``: a key says in full what it belongs to, so a record means the same in every process. Values
begin with the version of their form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from struct import Struct
from typing import Any, Final

import numpy as np
import orjson

from engine.arrays import NEVER
from engine.books import Book
from engine.cells import whole
from engine.completeness import shape_text, slice_text
from engine.credits import OBJECT_TYPES
from engine.directory import Directory, StatObject
from engine.ledger import Ledger
from engine.selection import Log

Change = tuple[bytes, bytes | None]

VERSION: Final = b"\x01"
"""Of the form of a value."""

STATE_VERSION: Final = 3
"""Of the state as a whole: it is raised when there are kinds of records that an earlier release would not know what to do with."""

_WINDOW = Struct("<i")
_KINDS: Final = range(len(OBJECT_TYPES))
_LENGTHS: Final = {"part": 4, "window": 6, "pane": 6}
"""Elements of the keys that may name a part, without its slice and values."""


class StateVersionError(Exception):
    """State that was written by a later version of this program."""


def check_version(records: Mapping[bytes, bytes]) -> None:
    """Refuse a state that a later release wrote, before anything in it is read.

    Raises:
        StateVersionError: it is one.
    """
    key = encode_key("version")
    try:
        version = int(decode(records[key])) if key in records else 1
    except Exception as error:
        error.add_note(f"at the record {key!r}")
        raise
    if version > STATE_VERSION:
        raise _too_new(version, STATE_VERSION)


def _too_new(version: int, known: int) -> StateVersionError:
    return StateVersionError(
        f"the state in the changelog has version {version}, this program knows {known}: run the release that wrote it, or a later one"
    )


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
        raise _too_new(value[0], VERSION[0])
    return value[1:]


def decode(value: bytes) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A value of JSON types."""
    return orjson.loads(payload(value))


def ledger_changes(ledger: Ledger) -> Iterable[Change]:
    """Records of all that changed in a ledger since they were last taken."""
    yield from _completeness_changes(ledger)
    for found in ledger.directory.take_newly_known():
        yield encode_key("object", *object_key(ledger.directory, found)), VERSION
    for part in ledger.directory.take_new_parts():
        yield encode_key("part", *object_key(ledger.directory, part)), encode(part.rank)
    for book in ledger.books.values():
        shape = shape_text(book.profile)
        for (start, _, number), revision, packed in book.windows.take_changes():
            key = encode_key("window", shape, start, *object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, None if packed is None else VERSION + _WINDOW.pack(revision) + packed
        for line in book.moved:
            yield encode_key("open", shape, *_line_key(ledger.directory, book, line)), encode(book.open_start.get(line))
        book.moved.clear()
    for sliding in ledger.sliding.values():
        shape = shape_text(sliding.profile)
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


def _completeness_changes(ledger: Ledger) -> Iterable[Change]:
    """The version, what is counted from now on, and what no longer is: left there, it would be taken up with a gap when wanted again."""
    if not ledger.versioned:
        ledger.versioned = True
        yield encode_key("version"), encode(STATE_VERSION)
    for kind, key, _ in ledger.left_over:
        yield encode_key(kind, *key), None
    ledger.left_over.clear()
    known = ledger.completeness
    for text in known.take_unmarked():
        yield encode_key("counted", text), VERSION
    for text, owner in known.unwritten:
        yield encode_key("since", text, *ledger.directory.owners[owner].name), encode(known.since[text][owner])
    known.unwritten.clear()


def _mark_changes(ledger: Ledger) -> Iterable[Change]:
    for profile, live in ledger.live.items():
        added, gone = live.take_marks()
        for number in sorted(added | gone):
            key = encode_key("waiting", profile, *object_key(ledger.directory, ledger.directory.objects[number]))
            yield key, VERSION if number in added else None


def _load_version(ledger: Ledger, key: list[Any], value: bytes) -> None:
    del key
    ledger.versioned = decode(value) == STATE_VERSION


def load_panes(ledger: Ledger, records: Mapping[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Put the panes of Sliding windows back; yields all other records.

    They are most of a state, so their keys are not read as JSON: what comes before the start of the pane is the same for all panes of a
    profile, and what comes after it for all panes of an object, which is looked up once.
    """
    shapes = [(encode_key("pane", shape)[:-1] + b",", shape) for shape in ledger.sliding_by_shape]
    objects: dict[bytes, StatObject | None] = {}
    for raw_key, value in records.items():
        found = next(((before, shape) for before, shape in shapes if raw_key.startswith(before)), None)
        try:
            is_pane = found is not None and _load_pane(ledger, raw_key[len(found[0]) :], found[1], objects, value)
        except Exception as error:
            error.add_note(f"at the record {raw_key!r}")
            raise
        if not is_pane:
            yield raw_key, value


def _load_pane(ledger: Ledger, key: bytes, shape: str, objects: dict[bytes, StatObject | None], value: bytes) -> bool:
    """Put a pane back, whose key is given from its start on; False if nobody wants it."""
    start, _, after = key.partition(b",")
    if after not in objects:
        objects[after] = _wanted_object(ledger, [shape, 0, *orjson.loads(b"[" + after)])
    found = objects[after]
    if found is None:
        return False
    ledger.completeness.counted.add(shape)
    ledger.sliding_by_shape[shape].restore(int(start), found.owner, found.number, whole(payload(value)))
    return True


def _wanted_object(ledger: Ledger, key: list[Any]) -> StatObject | None:
    return find_object(ledger.directory, key[2:]) if _is_wanted(ledger, "pane", key) else None


def load_ledger(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> bool:
    """Put one record back; False if its kind is not a ledger's. Records of what is no longer defined are ``left_over``.

    Of panes only those come here that are not wanted; see ``load_panes``.
    """
    if kind not in _LOADERS and kind != "pane":
        return False
    if kind in _LOADERS and _is_wanted(ledger, kind, key):
        _LOADERS[kind](ledger, key, value)
    else:
        ledger.left_over.append((kind, key, value))
        _keep_leavings(ledger, kind, key, value)
    return True


def _keep_leavings(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> None:
    """What is no longer asked for may fill what is new (``engine.backfill``), but for parts that nobody asks for."""
    if kind in {"window", "pane"} and (len(key) == _LENGTHS[kind] or key[-2] in ledger.slices.texts):
        found = find_object(ledger.directory, key[2:])
        packed = payload(value)[_WINDOW.size if kind == "window" else 0 :]
        ledger.leavings.cell(key[0], key[1], found.owner, found.number, packed)
    elif kind == "since":
        ledger.leavings.since(key[0], _find_line(ledger.directory, key[1:]), decode(value))


def _is_wanted(ledger: Ledger, kind: str, key: list[Any]) -> bool:
    if kind in _LENGTHS and len(key) > _LENGTHS[kind] and key[-2] not in ledger.slices.texts:
        return False
    if kind == "waiting":
        return key[0] in ledger.live
    return kind not in _OF_TEXTS or key[0] in ledger.completeness.wanted


def _load_object(ledger: Ledger, key: list[Any], value: bytes) -> None:
    payload(value)
    ledger.directory.make_known(find_object(ledger.directory, key).number)


def _load_part(ledger: Ledger, key: list[Any], value: bytes) -> None:
    ledger.completeness.counted.add(slice_text(key[-2]))
    find_object(ledger.directory, key).rank = int(decode(value))


def _load_counted(ledger: Ledger, key: list[Any], value: bytes) -> None:
    payload(value)
    ledger.completeness.counted.add(key[0])
    ledger.completeness.marked.add(key[0])


def _load_since(ledger: Ledger, key: list[Any], value: bytes) -> None:
    text, *name = key
    ledger.completeness.since[text][_find_line(ledger.directory, name)] = decode(value)


def _load_window(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, start, *name = key
    ledger.completeness.counted.add(shape)
    book = ledger.book_of(shape)
    found = find_object(ledger.directory, name)
    line = book.schedule.line_of(found)
    assert line is not None
    packed = payload(value)
    (revision,) = _WINDOW.unpack_from(packed)
    book.windows.restore(start, line, found.number, revision, whole(packed[_WINDOW.size :]))


def _load_open(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, *name = key
    ledger.completeness.counted.add(shape)
    start, book = decode(value), ledger.book_of(shape)
    if start > NEVER:
        line = _find_line(ledger.directory, name)
        book.reserve()
        book.open_start.data[line] = start


def _load_selected(ledger: Ledger, key: list[Any], value: bytes) -> None:
    log = ledger.selections.logs.setdefault(find_object(ledger.directory, key[1:]).number, Log())
    log.restore(np.array(decode(value), dtype=np.int64))


def _load_waiting(ledger: Ledger, key: list[Any], value: bytes) -> None:
    payload(value)
    ledger.live[key[0]].restore_mark(find_object(ledger.directory, key[1:]).number)


_LOADERS: Final[Mapping[str, Callable[[Ledger, list[Any], bytes], None]]] = {
    "version": _load_version,
    "object": _load_object,
    "part": _load_part,
    "counted": _load_counted,
    "since": _load_since,
    "window": _load_window,
    "open": _load_open,
    "selected": _load_selected,
    "waiting": _load_waiting,
}
_OF_TEXTS: Final = frozenset({"counted", "since", "window", "open", "pane"})
"""Kinds whose keys begin with the text of what they count (``engine.completeness``)."""


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
    if kind not in _KINDS:
        raise ValueError(f"{kind!r} is not a kind of object")
    found = directory.object(directory.owner(tenant, owner), kind, name)
    if not part:
        return found
    text, values = part
    return directory.part(found.number, (text, None if values is None else tuple(values)))
