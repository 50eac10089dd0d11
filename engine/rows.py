"""Input in columns, checked: what the engine applies (domain 2.3, 2.7, 2.8).

The checks here need no state: required fields, names, call results, the future. What needs the order of events (too late,
anomaly, duplicate) is decided when a row is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import CALL_RESULTS, CONTROL_KINDS, DIAL_MODES, EVENT_KINDS
from engine.dimensions import NO_TRAIT, traits_of
from kernels.texts import Texts, join_texts, texts_of

EARLIEST_MS: Final = -62_135_596_800_000 + 100 * 86_400_000
LATEST_MS: Final = 253_402_300_799_999 - 100 * 86_400_000
"""Instants that a calendar can place in every time zone: years 1 to 9999, less a margin at both ends."""

_RESULT_TEXT = ("event_id", "campaign", "group", "calling_list", "chain_id")
_EVENT_TEXT = ("event_id", "campaign", "group", "calling_list", "dial_mode")
_RESULT_NAMES = ("tenant", *_RESULT_TEXT)
_EVENT_NAMES = ("tenant", *_EVENT_TEXT)
"""What is kept or sent on, so that its length counts."""
_VALID_RESULT = np.array([*(CALL_RESULTS[code].outbound for code in sorted(CALL_RESULTS)), False], dtype=bool)
"""By code; the last element stands for all codes outside the table."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that is set aside: its number, and why (contract 6)."""

    row: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ResultRows:
    """CallCompleted and LeadProcessed, one element a row; ``route`` numbers are the directory's."""

    route: Int64s
    occurred_at: Int64s
    lead: NDArray[np.bool_]
    call_result: Int64s
    valid: NDArray[np.bool_]
    """Whether the call result is one of an outbound call (domain 4.5); the others only take part in the order (2.5)."""
    trait: Int64s
    """What else a result carries (``engine.dimensions``)."""
    event_id: Texts
    chain_id: Texts
    """Empty where there is none."""

    def part(self, low: int, high: int) -> ResultRows:
        """The rows ``low`` to ``high`` (exclusive)."""
        if low == 0 and high == len(self.route):
            return self
        return ResultRows(
            route=self.route[low:high],
            occurred_at=self.occurred_at[low:high],
            lead=self.lead[low:high],
            call_result=self.call_result[low:high],
            valid=self.valid[low:high],
            trait=self.trait[low:high],
            event_id=self.event_id.part(low, high),
            chain_id=self.chain_id.part(low, high),
        )

    def take(self, rows: Int64s) -> ResultRows:
        """The rows of these numbers, in their order."""
        return ResultRows(
            route=self.route[rows],
            occurred_at=self.occurred_at[rows],
            lead=self.lead[rows],
            call_result=self.call_result[rows],
            valid=self.valid[rows],
            trait=self.trait[rows],
            event_id=self.event_id.take(rows),
            chain_id=self.chain_id.take(rows),
        )


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of ``campaign-events``."""

    route: int
    occurred_at: int
    kind: str
    event_id: str
    dial_mode: str | None
    personal: bool
    records: int


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events of ``campaign-events``: rare, so they are rows."""

    route: Int64s
    occurred_at: Int64s
    rows: list[EventRow]

    def part(self, low: int, high: int) -> EventRows:
        """The rows ``low`` to ``high`` (exclusive)."""
        return EventRows(self.route[low:high], self.occurred_at[low:high], self.rows[low:high])

    def take(self, rows: Int64s) -> EventRows:
        """The rows of these numbers, in their order."""
        return EventRows(self.route[rows], self.occurred_at[rows], [self.rows[number] for number in rows.tolist()])


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a frame: the numbers of the rows that take part in the order of events (domain 2.5), and those set aside."""

    ordered: Int64s
    refused: list[Refusal]


def _absent_to_null(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    return frame.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns)


def _required(columns: tuple[str, ...], *conditions: tuple[pl.Expr, str]) -> pl.Expr:
    """The first required field that a row lacks, else null."""
    missing = [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in columns]
    missing += [pl.when(applies & pl.col(name).is_null()).then(pl.lit(name)) for applies, name in conditions]
    return pl.coalesce(missing)


def _out_of_calendar() -> pl.Expr:
    return ~pl.col("occurred_at").is_between(EARLIEST_MS, LATEST_MS)


def _refuse(frame: pl.DataFrame, checks: tuple[tuple[str, pl.Expr], ...]) -> Checked:
    """Give each row the reason of the first check that names a detail for it (domain 2.8)."""
    details = pl.coalesce([check.cast(pl.String) for _, check in checks]).alias("detail")
    reasons = pl.coalesce([pl.when(check.is_not_null()).then(pl.lit(reason)) for reason, check in checks]).alias("reason")
    found = frame.select(details, reasons).with_row_index("row")
    bad = found.filter(pl.col("reason").is_not_null())
    refused = [Refusal(row, reason, detail) for row, detail, reason in bad.iter_rows()]
    ordered = found.filter(pl.col("reason").is_null())["row"].cast(pl.Int64).to_numpy()
    return Checked(ordered, refused)


def _future(not_after: int | None) -> pl.Expr:
    if not_after is None:
        return pl.lit(None, dtype=pl.String)
    detail = pl.format(
        "occurred_at {} is later than {}, the latest instant that this worker's clock allows", "occurred_at", pl.lit(not_after)
    )
    return pl.when(pl.col("occurred_at") > not_after).then(detail)


_CALENDAR = pl.when(_out_of_calendar()).then(pl.format("occurred_at {} lies outside the years 1 to 9999", "occurred_at"))


def _missing(expression: pl.Expr) -> pl.Expr:
    return pl.format("the field {} is required for the kind {}", expression, pl.col("kind"))


def _when_missing(expression: pl.Expr) -> pl.Expr:
    return pl.when(expression.is_not_null()).then(_missing(expression))


_RESULT_FIELDS = _when_missing(_required(("event_id", "campaign", "calling_list", "call_result", "occurred_at")))
_INVALID_RESULT = ~pl.col("call_result").is_in([code for code in CALL_RESULTS if CALL_RESULTS[code].outbound])
_EVENT_FIELDS = _when_missing(
    _required(
        ("event_id", "campaign", "occurred_at"),
        (pl.col("kind").is_in(sorted(CONTROL_KINDS)), "group"),
        (pl.col("kind") == "DialModeChanged", "dial_mode"),
        (pl.col("kind").is_in(["RecordScheduled", "ProcessingCompleted"]), "records"),
    )
)
_KNOWN_MODE = pl.when(~pl.col("dial_mode").is_in(DIAL_MODES)).then(pl.format("{} is not the name of a dial mode", "dial_mode"))
_EVENT_KIND = pl.when(~pl.col("kind").is_in(EVENT_KINDS)).then(pl.format("{} is not a kind of campaign-events", "kind"))


def _too_long(columns: tuple[str, ...], most: int) -> pl.Expr:
    """The first name of a row that is longer than ``most`` bytes, told without repeating it."""
    lengths = ((name, pl.col(name).str.len_bytes()) for name in columns)
    return pl.coalesce(
        pl.when(length > most).then(pl.format(f"{name} has {{}} bytes, and name_limit is {most}", length)) for name, length in lengths
    )


_NEGATIVE = pl.when(pl.col("records") < 0).then(pl.format("records {} is negative", "records"))


def join_results(parts: list[ResultRows]) -> ResultRows:
    """The rows of several parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    return ResultRows(
        route=_joined([part.route for part in parts]),
        occurred_at=_joined([part.occurred_at for part in parts]),
        lead=_joined([part.lead for part in parts]).astype(bool),
        call_result=_joined([part.call_result for part in parts]),
        valid=_joined([part.valid for part in parts]).astype(bool),
        trait=_joined([part.trait for part in parts]),
        event_id=join_texts([part.event_id for part in parts]),
        chain_id=join_texts([part.chain_id for part in parts]),
    )


def join_events(parts: list[EventRows]) -> EventRows:
    """The rows of several parts, in their order."""
    if len(parts) == 1:
        return parts[0]
    routes, times = _joined([part.route for part in parts]), _joined([part.occurred_at for part in parts])
    return EventRows(routes, times, [row for part in parts for row in part.rows])


def _joined(parts: Sequence[NDArray[Any]]) -> Int64s:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def check_results(frame: pl.DataFrame, not_after: int | None, name_limit: int) -> tuple[pl.DataFrame, Checked]:
    """Check rows of ``call-results`` (columns by the contract's field names).

    Args:
        frame: the decoded columns.
        not_after: the latest occurred_at that is not in the future (domain 6.7), ms; None where there is no clock.
        name_limit: bytes that a name may have, as UTF-8.

    Returns:
        The frame with empty strings made null (2.7), and which rows stand.
    """
    frame = _absent_to_null(frame, _RESULT_TEXT)
    future = _future(not_after)
    if _all_results_stand(frame, not_after, name_limit):
        return frame, Checked(np.arange(len(frame), dtype=np.int64), [])
    return frame, _refuse(
        frame,
        (
            ("malformed", _CALENDAR),
            ("missing_field", _RESULT_FIELDS),
            ("name_too_long", _too_long(_RESULT_NAMES, name_limit)),
            ("invalid_call_result", pl.when(_INVALID_RESULT & future.is_not_null()).then(future)),
            ("future", future),
        ),
    )


def _all_results_stand(frame: pl.DataFrame, not_after: int | None, name_limit: int) -> bool:
    """Whether no check can fail: the usual chunk, told by a few numbers instead of text for each row."""
    if len(frame) == 0 or any(frame[name].null_count() for name in ("event_id", "campaign", "calling_list", "call_result", "occurred_at")):
        return False
    longest = frame.select(pl.max_horizontal(pl.col(name).str.len_bytes().max() for name in _RESULT_NAMES)).item()
    if longest > name_limit:
        return False
    times = frame["occurred_at"].to_numpy()
    return int(times.min()) >= EARLIEST_MS and int(times.max()) <= (LATEST_MS if not_after is None else min(not_after, LATEST_MS))


def check_events(frame: pl.DataFrame, not_after: int | None, name_limit: int) -> tuple[pl.DataFrame, Checked]:
    """Check rows of ``campaign-events``; arguments and result as for ``check_results``."""
    frame = _absent_to_null(frame, _EVENT_TEXT)
    return frame, _refuse(
        frame,
        (
            ("unknown_kind", _EVENT_KIND),
            ("malformed", pl.coalesce([_CALENDAR, _NEGATIVE])),
            ("missing_field", _EVENT_FIELDS),
            ("name_too_long", _too_long(_EVENT_NAMES, name_limit)),
            ("unknown_kind", _KNOWN_MODE),
            ("future", _future(not_after)),
        ),
    )


def result_rows(frame: pl.DataFrame, routes: Int64s) -> ResultRows:
    """The columns of a checked frame all of whose rows take part in the order of events; ``routes`` are those of ``admit``."""
    codes = frame["call_result"].to_numpy().astype(np.int64)
    return ResultRows(
        route=routes,
        occurred_at=frame["occurred_at"].to_numpy().astype(np.int64),
        lead=(frame["kind"] == "LeadProcessed").to_numpy(),
        call_result=codes,
        valid=_VALID_RESULT[np.where((codes >= 0) & (codes < len(CALL_RESULTS)), codes, len(CALL_RESULTS))],
        trait=_traits(frame["attempt"]),
        event_id=texts_of(frame["event_id"].to_list()),
        chain_id=texts_of(frame["chain_id"].fill_null("").to_list()),
    )


def _traits(attempts: pl.Series) -> Int64s:
    if attempts.null_count() == len(attempts):
        return np.full(len(attempts), NO_TRAIT, dtype=np.int64)
    return traits_of(attempts.fill_null(0).to_numpy().astype(np.int64), attempts.is_not_null().to_numpy().astype(np.int64))


def event_rows(frame: pl.DataFrame, routes: Int64s) -> EventRows:
    """The rows of a checked frame all of whose rows take part in the order of events; ``routes`` are those of ``admit``."""
    columns = frame.select(
        "occurred_at", "kind", "event_id", "dial_mode", pl.col("personal").fill_null(value=False), pl.col("records").fill_null(0)
    )
    rows = [EventRow(route, *row) for route, row in zip(routes.tolist(), columns.iter_rows(), strict=True)]
    return EventRows(routes, frame["occurred_at"].to_numpy().astype(np.int64), rows)
