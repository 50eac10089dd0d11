"""The offline form replayed through the engine, without Kafka and without a clock (contract 4)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import numpy as np
import orjson

from engine.admission import admit
from engine.arrays import Int64s
from engine.campaigns import EVENTS, RESULTS, CampaignsState, Chunk, Limits
from engine.catalog import RESULT_KINDS
from engine.checks import Checked, Refusal, check_events, check_results
from engine.definitions import Definitions
from engine.effects import Effects, Report
from engine.forms import action_forms, report_form
from engine.lists import ListsState
from engine.offline import BadLine, Lines, RefusedLineError, TopicLines, parse_line
from engine.reporting import Moment
from engine.rows import event_rows, result_rows
from kernels.fields import FieldColumns

TOPICS: Final = ("campaign-events", "call-results")
CHUNK: Final = 4096


@dataclass(frozen=True, slots=True)
class Topic:
    """The rows of one topic that take part in the order of events, with their lines and offsets."""

    columns: FieldColumns
    lines: Int64s
    offsets: Int64s


@dataclass(slots=True)
class Input:
    """A file as read: both topics, every line that may still be set aside as it stands, and those that were."""

    topics: tuple[Topic, Topic]
    lines: Lines
    bad: list[BadLine]

    @property
    def count(self) -> int:
        """How many events are applied."""
        return sum(len(topic.lines) for topic in self.topics)

    @property
    def last_instant(self) -> int | None:
        """The greatest instant (ms) of its events; None if there are none."""
        return max((int(topic.columns.numbers("occurred_at").max()) for topic in self.topics if len(topic.lines)), default=None)


def run_replay(
    source: BinaryIO,
    definitions: Definitions,
    limits: Limits,
    at: Sequence[int],
    out_dir: Path,
    on_progress: Callable[[int], None],
    chunk: int = CHUNK,
) -> None:
    """Replay a file and write ``actions.jsonl``, ``statistics.jsonl`` and ``dead_letters.jsonl`` to ``out_dir``.

    Args:
        source: lines of the offline form, already unpacked.
        definitions: profiles and statistics.
        limits: lateness and retention; there is no clock, so nothing is in the future and the clock closes no window.
        at: instants (ms) at which every known object is reported.
        out_dir: made if it is not there.
        on_progress: called with the number of events applied so far.
        chunk: events that are applied at once; what is counted does not depend on it (domain 7.5).

    Raises:
        OSError: the source can't be read or the directory not be written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    given = read_input(source, limits)
    with contextlib.ExitStack() as files:
        actions, statistics = (files.enter_context((out_dir / name).open("wb")) for name in ("actions.jsonl", "statistics.jsonl"))
        run = _Run(definitions, limits, given, chunk)
        for effects, reports in run.steps(sorted(at), on_progress):
            if effects is not None:
                _write(actions, action_forms(effects.actions))
            _write(statistics, map(report_form, reports))
    with (out_dir / "dead_letters.jsonl").open("wb") as letters:
        _write(letters, (_letter(bad) for bad in sorted(given.bad, key=lambda bad: bad.line)))


def _write(file: IO[bytes], records: Iterable[dict[str, Any]]) -> None:
    file.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


def _letter(bad: BadLine) -> dict[str, Any]:
    return {"line": bad.line, "reason": bad.refusal.reason, "detail": bad.refusal.detail, "event": bad.event}


def replayed_reports(
    given: Input, definitions: Definitions, limits: Limits, at: Sequence[int], on_progress: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    """The reports of a replay in the offline form, in order; see ``run_replay``. The same input may be replayed again."""
    for _, reports in _Run(definitions, limits, given, CHUNK).steps(sorted(at), on_progress):
        yield from map(report_form, reports)


def read_input(source: BinaryIO, limits: Limits) -> Input:
    """Read lines of the offline form.

    Raises:
        OSError: the source can't be read.
    """
    parsed = (TopicLines(EVENTS), TopicLines(RESULTS))
    lines = Lines()
    bad: list[BadLine] = []
    for number, line in enumerate(source, start=1):
        lines.add(line)
        if line.strip():
            _read_line(number, line, parsed, bad)
    topics = []
    for of_topic, check in zip(parsed, (check_events, check_results), strict=True):
        columns, numbers, offsets = of_topic.columns()
        checked = check(columns, None, limits.name_limit)
        bad.extend(of_topic.bad)
        bad.extend(_bad_line(int(numbers[refusal.row]), refusal, lines) for refusal in checked.refused)
        topics.append(Topic(columns.take(checked.ordered), numbers[checked.ordered], offsets[checked.ordered]))
    return Input((topics[EVENTS], topics[RESULTS]), lines, bad)


def _bad_line(line: int, refusal: Refusal, lines: Lines) -> BadLine:
    return BadLine(line, refusal, orjson.loads(lines[line]))


def _read_line(number: int, line: bytes, parsed: tuple[TopicLines, TopicLines], bad: list[BadLine]) -> None:
    try:
        kind, event = parse_line(line)
    except RefusedLineError as refused:
        bad.append(BadLine(number, Refusal(number, refused.reason, refused.detail), _as_read(line)))
        return
    parsed[RESULTS if kind in RESULT_KINDS else EVENTS].add(number, event)


def _as_read(line: bytes) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """The JSON of a line; what is none, as text."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.decode(errors="replace").rstrip("\r\n")


class _Run:
    """One replay: the states of both agents, and the merged order of the rows."""

    def __init__(self, definitions: Definitions, limits: Limits, given: Input, chunk: int) -> None:
        self._given = given
        self._chunk = chunk
        self._campaigns = CampaignsState(definitions, limits, TOPICS)
        self._lists = ListsState(definitions, limits.close_grace)
        self._read(self._campaigns)
        self._keys = np.concatenate(
            [
                self._campaigns.order_keys(EVENTS, self._events.route, self._events.occurred_at),
                self._campaigns.order_keys(RESULTS, self._results.route, self._results.occurred_at),
            ]
        )
        lines = [topic.lines for topic in self._topics]
        topic = np.repeat([EVENTS, RESULTS], [len(of_topic) for of_topic in lines])
        self._order = np.lexsort((np.concatenate(lines), topic, self._keys))
        self._occurred_at = np.concatenate([self._events.occurred_at, self._results.occurred_at])[self._order]

    def _read(self, state: CampaignsState) -> None:
        """The rows that take part, by their routes in a state; those that name too many objects are set aside."""
        admitted = []
        for topic, admission in zip(self._given.topics, state.admission, strict=True):
            everything = Checked(np.arange(len(topic.lines)), [])
            columns, checked, routes = admit(topic.columns, everything, admission)
            self._given.bad.extend(_bad_line(int(topic.lines[one.row]), one, self._given.lines) for one in checked.refused)
            admitted.append((Topic(columns, topic.lines[checked.ordered], topic.offsets[checked.ordered]), routes))
        (events, event_routes), (results, result_routes) = admitted
        self._topics = (events, results)
        self._events = event_rows(events.columns, event_routes)
        self._results = result_rows(results.columns, result_routes)

    def steps(self, at: Sequence[int], on_progress: Callable[[int], None]) -> Iterator[tuple[Effects | None, list[Report]]]:
        """Effects and reports of each chunk, and the reports of each instant where it falls (contract 4)."""
        done = 0
        for instant in at:
            reached = np.flatnonzero(self._occurred_at >= instant)
            stop = int(reached[0]) if len(reached) else len(self._order)
            yield from self._apply_all(done, stop, on_progress)
            done = max(done, stop)
            yield None, [*self._campaigns.reporter.snapshot(instant), *self._lists.reporter.snapshot(instant)]
        yield from self._apply_all(done, len(self._order), on_progress)

    def _apply_all(self, start: int, stop: int, on_progress: Callable[[int], None]) -> Iterator[tuple[Effects, list[Report]]]:
        for low in range(start, stop, self._chunk):
            high = min(low + self._chunk, stop)
            yield self._apply(self._order[low:high])
            on_progress(high)

    def _apply(self, rows: Int64s) -> tuple[Effects, list[Report]]:
        size = len(self._events.rows)
        event_places, result_places = np.flatnonzero(rows < size), np.flatnonzero(rows >= size)
        events, results = rows[event_places], rows[result_places] - size
        chunk = Chunk(
            events=self._events.take(events),
            event_order=event_places,
            event_keys=self._keys[events],
            results=self._results.take(results),
            result_order=result_places,
            result_keys=self._keys[results + size],
            inputs=tuple(self._inputs(events, results)),
            moment=Moment(),
        )
        effects = self._campaigns.apply(chunk)
        of_lists = self._lists.apply(effects.deltas, Moment())
        for letter in effects.dead_letters:
            topic = TOPICS.index(letter.topic)
            line = int(self._topics[topic].lines[(events, results)[topic][letter.row]])
            self._given.bad.append(_bad_line(line, Refusal(letter.row, letter.reason, letter.detail), self._given.lines))
        return effects, [*effects.reports, *of_lists.reports]

    def _inputs(self, *rows: Int64s) -> Iterator[tuple[str, int, int]]:
        """The greatest offset applied of each topic: a file is applied in order of time, not of its lines."""
        for number, (name, topic, chosen) in enumerate(zip(TOPICS, self._topics, rows, strict=True)):
            if len(chosen):
                before = self._campaigns.inputs.get(TOPICS[number], (0, -1))[1]
                yield name, 0, max(before, int(topic.offsets[chosen].max()))
