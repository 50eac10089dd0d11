"""State as changelog records, and back: every record is complete in itself, and records may be read in any order.

Keys are JSON arrays, ``[kind, …]``: a key says in full what it belongs to, so a record means the same in every process. Values
begin with the version of their form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np
import orjson

from engine.arrays import NEVER
from engine.books import Book
from engine.cells import WAITING
from engine.completeness import shape_text, slice_text
from engine.credits import OBJECT_TYPES
from engine.directory import Directory, StatObject
from engine.ledger import Ledger
from engine.old_rows import OldRow
from engine.pages import read_page
from engine.selection import Log

Change = tuple[bytes, bytes | None]

VERSION: Final = b"\x01"
"""Of the form of a value."""

STATE_VERSION: Final = 3
"""Of the state as a whole: it is raised when there are kinds of records that an earlier release would not know what to do with."""

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
    yield from ledger.old_records.take_some(ledger.cells)
    yield from _mark_changes(ledger)
    yield from _page_changes(ledger)
    for book in ledger.books.values():
        shape = shape_text(book.profile)
        for line in book.moved:
            yield encode_key("open", shape, *_line_key(ledger.directory, book, line)), encode(book.open_start.get(line))
        book.moved.clear()
    for number, log in ledger.selections.logs.items():
        for page in sorted(log.dirty):
            key = encode_key("selected", page, *object_key(ledger.directory, ledger.directory.objects[number]))
            rows = log.page(page)
            yield key, encode(rows.tolist()) if len(rows) else None
        log.dirty.clear()


def _page_changes(ledger: Ledger) -> Iterable[Change]:
    """Pages of the windows and panes that were touched, and the objects that they name by number for the first time."""
    rows = ledger.pages.take_touched()
    for found in ledger.directory.take_unrecorded(ledger.cells.numbers_of(rows)):
        kept = int(ledger.directory.kept_numbers[found.number])
        kind, form = ("object", [kept, found.known]) if found.part is None else ("part", [found.rank, kept])
        yield encode_key(kind, *object_key(ledger.directory, found)), encode(form)
    for number, page in ledger.pages.write(rows, ledger.shape_numbers, ledger.directory.kept_numbers):
        yield encode_key("counts", number), None if page is None else VERSION + page


def _completeness_changes(ledger: Ledger) -> Iterable[Change]:
    """The version, what is counted from now on, and what no longer is: left there, it would be taken up with a gap when wanted again."""
    if ledger.version != STATE_VERSION:
        ledger.version = STATE_VERSION
        yield encode_key("version"), encode(STATE_VERSION)
    for kind, key, _ in ledger.left_over:
        yield encode_key(kind, *key), None
    ledger.left_over.clear()
    known = ledger.completeness
    for text in known.take_unmarked():
        number = ledger.number_shape(text)
        yield encode_key("counted", text), VERSION if number is None else encode(number)
    for text, owner in known.unwritten:
        yield encode_key("since", text, *ledger.directory.owners[owner].name), encode(known.since[text][owner])
    known.unwritten.clear()


def _mark_changes(ledger: Ledger) -> Iterable[Change]:
    """Marks of objects that wait for publication, as rows that are written with the windows."""
    for profile, live in ledger.live.items():
        added, gone = live.take_marks()
        if not (len(added) or len(gone)):
            continue
        if profile not in ledger.waiting_numbers:
            yield encode_key("waits", profile), encode(ledger.number_waiting(profile))
        number = ledger.waiting_numbers[profile]
        for numbers, value in ((added, 1), (gone, NEVER)):
            ledger.cells.note(WAITING, numbers, np.full_like(numbers, number), np.full((len(numbers), 1), value))


def _load_version(ledger: Ledger, key: list[Any], value: bytes) -> None:
    del key
    ledger.version = decode(value)


def load_ledger(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> bool:
    """Put one record back; False if its kind is not a ledger's. Records of what is no longer defined are ``left_over``."""
    if kind == "counts":
        ledger.read_pages.append((key[0], read_page(payload(value))))
    elif kind not in _LOADERS:
        return False
    elif _is_wanted(ledger, kind, key):
        _LOADERS[kind](ledger, key, value)
    else:
        ledger.left_over.append((kind, key, value))
        _keep_leavings(ledger, kind, key, value)
    return True


def _keep_leavings(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> None:
    """What is no longer asked for may fill what is new (``engine.backfill``), but for parts that nobody asks for."""
    if kind in {"window", "pane"} and (len(key) == _LENGTHS[kind] or key[-2] in ledger.slices.texts):
        found = find_object(ledger.directory, key[2:])
        ledger.leavings.old_row(key[0], key[1], found.number, OldRow.of(kind, payload(value)))
    elif kind == "counted" and payload(value):
        ledger.retire_shape(key[0], decode(value))
    elif kind == "since":
        ledger.leavings.since(key[0], _find_line(ledger.directory, key[1:]), decode(value))


def _is_wanted(ledger: Ledger, kind: str, key: list[Any]) -> bool:
    if kind in _LENGTHS and len(key) > _LENGTHS[kind] and key[-2] not in ledger.slices.texts:
        return False
    if kind == "waiting":
        return key[0] in ledger.live
    return kind not in _OF_TEXTS or key[0] in ledger.completeness.wanted


def _load_object(ledger: Ledger, key: list[Any], value: bytes) -> None:
    kept, known = decode(value) if payload(value) else (None, True)
    ledger.directory.restore(find_object(ledger.directory, key), None if kept is None else int(kept), known=bool(known))


def _load_part(ledger: Ledger, key: list[Any], value: bytes) -> None:
    ledger.completeness.counted.add(slice_text(key[-2]))
    form = decode(value)
    rank, kept = form if isinstance(form, list) else (form, None)
    found = find_object(ledger.directory, key)
    found.rank = int(rank)
    ledger.directory.restore(found, None if kept is None else int(kept), known=False)


def _load_counted(ledger: Ledger, key: list[Any], value: bytes) -> None:
    (text,) = key
    ledger.completeness.counted.add(text)
    if payload(value):
        ledger.restore_shape(text, decode(value))
    if payload(value) or text not in ledger.by_shape:
        ledger.completeness.marked.add(text)


def _load_since(ledger: Ledger, key: list[Any], value: bytes) -> None:
    text, *name = key
    ledger.completeness.since[text][_find_line(ledger.directory, name)] = decode(value)


def _load_row(ledger: Ledger, kind: str, key: list[Any], value: bytes) -> None:
    """A record of one window or pane, as state version 2 had them."""
    shape, start, *name = key
    ledger.completeness.counted.add(shape)
    number = find_object(ledger.directory, name).number
    ledger.old_records.add(encode_key(kind, *key), ledger.by_shape[shape].shape, start, number, OldRow.of(kind, payload(value)))


def _load_open(ledger: Ledger, key: list[Any], value: bytes) -> None:
    shape, *name = key
    ledger.completeness.counted.add(shape)
    start, book = decode(value), ledger.books_by_shape[shape]
    if start > NEVER:
        line = _find_line(ledger.directory, name)
        book.reserve()
        book.open_start.data[line] = start


def _load_selected(ledger: Ledger, key: list[Any], value: bytes) -> None:
    log = ledger.selections.logs.setdefault(find_object(ledger.directory, key[1:]).number, Log())
    log.restore(np.array(decode(value), dtype=np.int64))


def _load_waits(ledger: Ledger, key: list[Any], value: bytes) -> None:
    (profile,) = key
    ledger.waiting_numbers[profile] = int(decode(value))


def _load_waiting(ledger: Ledger, key: list[Any], value: bytes) -> None:
    """A record of one object that waits, as state version 2 had them: its profile has no number yet, so it is marked anew."""
    payload(value)
    profile, *name = key
    ledger.live[profile].touch(np.array([find_object(ledger.directory, name).number]))
    ledger.old_records.add_key(encode_key("waiting", *key))


_LOADERS: Final[Mapping[str, Callable[[Ledger, list[Any], bytes], None]]] = {
    "version": _load_version,
    "object": _load_object,
    "part": _load_part,
    "counted": _load_counted,
    "since": _load_since,
    "window": lambda ledger, key, value: _load_row(ledger, "window", key, value),
    "pane": lambda ledger, key, value: _load_row(ledger, "pane", key, value),
    "open": _load_open,
    "selected": _load_selected,
    "waiting": _load_waiting,
    "waits": _load_waits,
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
