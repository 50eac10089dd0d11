"""Lines of the offline form: each is counted or a dead letter, and what a replay writes does not depend on how it is cut."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st

from agents.replay import run_replay
from engine.definitions import Definitions, parse_definitions
from recount.events import Event
from recount.lines import read_lines
from tests.engine.test_against_plain import LIMITS, START, scenarios
from tests.engine.test_restarts import SLICED
from tests.fuzz.damage import damaged, spliced
from tests.fuzz.target import Check, Target
from topologies.reasons import REASONS

FILES = ("actions.jsonl", "statistics.jsonl", "dead_letters.jsonl")
BEFORE_THE_ORDER = frozenset({"malformed", "missing_field", "unknown_kind"})
"""Reasons that a record has by itself, and that the recount knows too."""

LONGEST_MS = 40 * 86_400_000
"""Between the first and the last event of what is replayed with short windows: centuries of them are closed one by one."""

WITHOUT_WINDOWS = parse_definitions(
    """
    [profile.since]
    kind = "since_activation"
    [profile.chosen]
    kind = "selection"
    count = 3
    [statistic.Dials]
    category = "TotalNumber"
    main = "*"
    profiles = ["since", "chosen"]
    [statistic.Running]
    category = "AverageTime"
    main = "*"
    profiles = ["since", "chosen"]
    """,
    "test",
)

_ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.integers(-3, 60),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["", "Predict", "DialMade", "\x00", "\u202e", "<b>", "x" * 300]),
)
_VALUES = st.recursive(
    _ANY, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2), max_leaves=4
)
_FIELDS = ["event_id", "tenant", "campaign", "group", "calling_list", "occurred_at", "kind", "dial_mode", "personal", "records"]
_FIELDS += ["call_result", "record_id", "chain_id", "chain_n", "attempt", "dialed_at", "answered_at", "ended_at"]
_RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "event_id": st.text(max_size=3),
    "campaign": st.sampled_from("AB"),
    "occurred_at": st.integers(START - 10**7, START + 10**7),
    "kind": st.sampled_from(["AgentError", "CallCompleted", "DialingStarted", "RecordScheduled", "Nonsense"]),
}
_WRITTEN = st.builds(
    dict.__or__, st.fixed_dictionaries(_RIGHT), st.dictionaries(st.sampled_from([*_FIELDS, "stranger"]), _VALUES, max_size=6)
)
_ODD = st.sampled_from(
    [
        *(b"", b" ", b"\xef\xbb\xbf{}", b"null", b"[]", b"{", b"\xff\xfe", b'{"kind":"AgentError","kind":"CallCompleted"}', b"\r", b"NaN"),
        *(b'{"kind":"\\ud800"}', b'{"campaign":"\\ud800","kind":"AgentError"}', b'{"kind":"AgentError","occurred_at":1e3}', b"[" * 2_000),
        *(
            b'{"kind":"AgentError","occurred_at":1e400}',
            b'{"kind":"AgentError","records":-0.0}',
            b"\x0c",
            b"\x1c",
            b'{"kind":["AgentError"]}',
        ),
    ]
)


def _written(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


@st.composite
def _files(draw: st.DrawFn) -> list[bytes]:
    """Events that go well together, with others between them."""
    good = [_written(event) for event in draw(scenarios())]
    values = st.sampled_from(good)
    others = st.one_of(_WRITTEN.map(_written), damaged(values), spliced(values), _ODD)
    for line in draw(st.lists(others, max_size=8)):
        good.insert(draw(st.integers(0, len(good))), line)
    return good


CASES = st.tuples(_files(), st.sampled_from([1, 2, 3, 7, 30]), st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n"]), st.integers(0, 5_400_000))


def _events(lines: Iterable[bytes]) -> list[Event]:
    return [event for _, event in read_lines(lines) if event is not None]


def _definitions(text: bytes) -> Definitions:
    times = [event.occurred_at for event in _events(io.BytesIO(text))]
    return SLICED if max(times, default=0) - min(times, default=0) < LONGEST_MS else WITHOUT_WINDOWS


def _replayed(folder: Path, text: bytes, chunk: int, instant: int) -> list[list[dict[str, Any]]]:
    """Actions, reports, dead letters."""
    run_replay(io.BytesIO(text), _definitions(text), LIMITS, [instant], folder, lambda _: None, chunk)
    return [[orjson.loads(line) for line in (folder / name).read_bytes().splitlines()] for name in FILES]


def _told(reports: list[dict[str, Any]]) -> dict[Any, Any]:
    """What must not depend on chunks: the reports of the instant, and the last final one of each window.

    How often a window was corrected does, in which order lists are told, and how far a list's report had come.
    """
    names = ("final", "object_type", "tenant", "campaign", "group", "calling_list", "profile", "window_start")
    return {tuple(report[name] for name in names): {**report, "inputs": None, "revision": None} for report in reports}


@contextmanager
def opened() -> Iterator[Check]:
    """A folder for what the replays write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def check(case: tuple[list[bytes], int, bytes, int]) -> None:
            lines, chunk, end, at = case
            text = end.join(lines)
            (actions, reports, letters), cut = (_replayed(folder, text, size, START + at) for size in (4_096, chunk))
            assert (actions, letters) == (cut[0], cut[2])
            assert _told(reports) == _told(cut[1])
            _each_line_has_its_fate(text, letters)

        yield check


def _each_line_has_its_fate(text: bytes, letters: list[dict[str, Any]]) -> None:
    """A line is set aside before the order of events exactly if the recount, which reads by the letter of the rules, can't take it."""
    told = {letter["line"]: letter["reason"] for letter in letters}
    assert len(told) == len(letters), "a line has two letters"
    assert set(told.values()) <= set(REASONS)
    assert all(letter["detail"] for letter in letters)
    for number, line in enumerate(io.BytesIO(text), start=1):
        if not line.strip():
            assert number not in told
        else:
            assert bool(_events([line])) == (told.get(number) not in BEFORE_THE_ORDER), (number, told.get(number))


TARGET = Target(
    "lines",
    "a line is counted or a dead letter, as the recount reads it; chunks of any size give the same actions, values and dead letters",
    CASES,
    opened,
    size=60,
    short=8,
)
