"""What a peer published, held against what was counted from the input: its actions one by one, of each window the last value.

Values that say up to which instant and which offsets of the input they were counted are held against a count of just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import polars as pl

from benchmarks.peers import inputs
from benchmarks.peers.inputs import HOPPING, VALUE, Input
from schemas.records import RecordReader
from schemas.registry import BuiltinRegistry

_NAMED_BY: Final = {
    "Campaign": ("campaign",),
    "CampaignGroup": ("campaign", "group"),
    "CallingList": ("calling_list",),
    "CampaignCallingList": ("campaign", "calling_list"),
}
_HOPS: Final = "012345"
"""A peer that makes six tumbling windows of a hopping one numbers them."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was published of one window of one object; ``inputs`` is empty where a peer does not say what it had read."""

    profile: str
    object_type: str
    name: str
    window_start: int
    as_of: int
    values: Mapping[str, float]
    inputs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far what was published is from what should have been."""

    actions: int
    missing_actions: int
    surplus_actions: int
    reports: int
    values: int
    wrong_values: int
    counted: float
    """Sum of all values that should have been published."""
    miscounted: float
    """Sum of their differences."""

    @property
    def right(self) -> bool:
        """Whether nothing at all differs."""
        return not (self.missing_actions or self.surplus_actions or self.wrong_values)

    def told(self) -> str:
        """In a few words."""
        if self.right:
            return "right"
        parts = []
        if self.wrong_values:
            share = 100 * self.miscounted / max(self.counted, 1)
            parts.append(f"{self.wrong_values:,} of {self.values:,} values wrong, by {share:.1f} % in all")
        if self.missing_actions:
            parts.append(f"{self.missing_actions:,} of {self.actions:,} actions missing")
        if self.surplus_actions:
            parts.append(f"{self.surplus_actions:,} actions too many")
        return "; ".join(parts)


def reports(values: Iterable[bytes]) -> Iterator[Report]:
    """Published statistics, as Avro reports or as JSON rows of several values or of one."""
    reader = RecordReader(BuiltinRegistry())
    for value in values:
        if value.startswith(b"\0"):
            yield _of_fields(reader.decode(value))
        elif value:
            row = orjson.loads(value)
            numbers = row["values"] if "values" in row else {row["name"]: row["n"]}
            yield Report(row["profile"], row["object_type"], row["object"], row["window_start"], 0, numbers, ())


def _of_fields(fields: Mapping[str, Any]) -> Report:
    kind = fields["object_type"]
    name = "@".join(fields[part] for part in _NAMED_BY[kind])
    read_to = tuple((one["partition"], one["offset"]) for one in fields["inputs"] if one["topic"].endswith("call-results"))
    return Report(fields["profile"].rstrip(_HOPS), kind, name, fields["window_start"], fields["as_of"], fields["values"], read_to)


def published_actions(values: Iterable[bytes]) -> pl.DataFrame:
    """Event and action of each published action."""
    reader = RecordReader(BuiltinRegistry())
    fields = (reader.decode(value) if value.startswith(b"\0") else orjson.loads(value) for value in values)
    return pl.DataFrame([(one["event_id"], one["action"]) for one in fields], schema=["event_id", "action"], orient="row")


def judge(given: Input, job: str, actions: Iterable[bytes], statistics: Iterable[bytes], *, passing: bool) -> Verdict:
    """Recount everything.

    Args:
        given: what the peer had to read.
        job: what it had to do with it.
        actions: values of its topic of actions; not looked at in a job without.
        statistics: values of its topics of statistics.
        passing: its hopping windows are values of the moment, each with as_of and inputs.
    """
    number, last, moments = 0, {}, []
    for report in reports(statistics):
        number += 1
        if passing and report.profile == HOPPING:
            moments.append(report)
        else:
            place = (report.profile, report.object_type, report.name, report.window_start)
            last.update({(*place, name): float(value) for name, value in report.values.items() if value is not None})
    wanted = inputs.expected(given, job)
    if passing:
        wanted = wanted.filter(pl.col("profile") != HOPPING)
    final = pl.DataFrame([(*place, value) for place, value in last.items()], schema=_schema("got"), orient="row")
    values, wrong, counted, off = _compared(wanted.select(*VALUE, "n"), final)
    checked, mistaken, held, apart = _of_moments(given, moments)
    missing, surplus, actions_wanted = _compared_actions(given, actions) if job == inputs.WHOLE else (0, 0, 0)
    return Verdict(actions_wanted, missing, surplus, number, values + checked, wrong + mistaken, counted + held, off + apart)


def _schema(number: str) -> dict[str, Any]:
    kinds = {name: pl.Int64 if name == "window_start" else pl.String for name in VALUE}
    return {**kinds, number: pl.Float64}


def _compared(wanted: pl.DataFrame, final: pl.DataFrame) -> tuple[int, int, float, float]:
    both = wanted.join(final.filter(pl.col("got") != 0), on=list(VALUE), how="full", coalesce=True).fill_null(0.0)
    off = (both["n"] - both["got"]).abs()
    return both.height, int((off != 0).sum()), float(both["n"].sum()), float(off.sum())


def _compared_actions(given: Input, values: Iterable[bytes]) -> tuple[int, int, int]:
    wanted = inputs.actions(given).select("event_id", "action")
    times = published_actions(values).group_by("event_id", "action").agg(times=pl.len())
    both = wanted.with_columns(wanted=pl.lit(1)).join(times, on=["event_id", "action"], how="full", coalesce=True).fill_null(0)
    more = both["times"].cast(pl.Int64) - both["wanted"].cast(pl.Int64)
    return int((more < 0).sum()), int(more.filter(more > 0).sum()), wanted.height


def _of_moments(given: Input, moments: list[Report]) -> tuple[int, int, float, float]:
    """Values of the moment: their number, how many are wrong, their sum, the sum of differences."""
    prefixes = _Prefixes(given) if moments else None
    number, wrong, counted, off = 0, 0, 0.0, 0.0
    for report in moments:
        assert prefixes is not None
        wanted = prefixes.counts(report)
        for name in wanted.keys() | {name for name, value in report.values.items() if value}:
            difference = abs(wanted.get(name, 0) - (report.values.get(name) or 0))
            number, wrong = number + 1, wrong + (difference != 0)
            counted, off = counted + wanted.get(name, 0), off + difference
    return number, wrong, counted, off


class _Prefixes:
    """Counts of events by object and partition, of a stretch of time and up to an offset; events are in order of both."""

    def __init__(self, given: Input) -> None:
        names = pl.concat([given.events["first"], given.events["second"]]).drop_nulls().unique().sort()
        self._names: list[str] = names.to_list()
        number = {name: place for place, name in enumerate(self._names)}
        events = given.events.with_columns(pl.col("first", "second").replace_strict(number, default=len(number), return_dtype=pl.Int64))
        self._parts: dict[tuple[str, ...], dict[int, tuple[Any, ...]]] = {}
        for kind, columns in _NAMED_BY.items():
            for key, rows in events.filter(pl.col(columns[-1]).is_not_null()).partition_by(*columns, "partition", as_dict=True).items():
                arrays = tuple(rows[name].to_numpy() for name in ("at", "offset", "first", "second"))
                self._parts.setdefault((kind, "@".join(map(str, key[:-1]))), {})[int(key[-1])] = arrays

    def counts(self, report: Report) -> dict[str, int]:
        """By action: what lies in the report's window, up to its instant, within what had been read."""
        sums = np.zeros(len(self._names) + 1, dtype=np.int64)
        parts = self._parts.get((report.object_type, report.name), {})
        for partition, offset in report.inputs:
            if partition not in parts:
                continue
            at, offsets, first, second = parts[partition]
            low = np.searchsorted(at, report.window_start)
            high = min(np.searchsorted(at, report.as_of, side="right"), np.searchsorted(offsets, offset, side="right"))
            for column in (first[low:high], second[low:high]):
                sums += np.bincount(column, minlength=len(sums))
        return {name: int(count) for name, count in zip(self._names, sums, strict=False) if count}
