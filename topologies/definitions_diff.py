"""What a change of definitions would have done to recorded events: both replayed, and their reports held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from agents.replay import Input, replayed_reports
from engine.campaigns import Limits
from engine.catalog import ObjectType
from engine.definitions import Definitions

STATE: Final = "(state)"
"""The report's state among its values: no statistic can have this name."""

_ABSENT: Final = object()

ObjectName: TypeAlias = tuple[str, str, str | None, str | None, str | None]
"""(type, tenant, campaign, group, list)."""


class Moment(NamedTuple):
    """What a value is of: a window that is closed, or one at an instant; ms."""

    profile: str
    window_start: int
    as_of: int
    final: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not the same; what only one of both has is absent from the other's mapping."""

    name: ObjectName
    moment: Moment
    statistic: str
    values: Mapping[str, Any]
    """By ``old`` and ``new``."""


class Changed(NamedTuple):
    """A table of a definitions file that is not the same in both; ``old`` or ``new`` is None where there is none."""

    table: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that were added, removed or changed."""
        old, new = self.old or {}, self.new or {}
        return tuple(key for key in {**old, **new} if old.get(key, _ABSENT) != new.get(key, _ABSENT))


class Lone(NamedTuple):
    """A report that only one of both makes: of a window that the other does not have, or an object of which it computes nothing there."""

    name: ObjectName
    moment: Moment
    side: str
    values: Mapping[str, Any]


@dataclass(slots=True)
class Compared:
    """How many values of how many reports were held against each other, and what differs."""

    values: int
    reports: int
    differences: list[Difference]
    lone: list[Lone]

    def listed(self) -> Iterator[Difference]:
        """Every value that differs: of those that both have first, then what one lacks, then all of the reports that only one makes."""
        for having in (2, 1):
            yield from (one for one in self.differences if len(one.values) == having)
        for lone in self.lone:
            yield from (Difference(lone.name, lone.moment, name, {lone.side: value}) for name, value in lone.values.items())

    @property
    def listed_count(self) -> int:
        """How many ``listed`` gives."""
        return len(self.differences) + sum(len(lone.values) for lone in self.lone)


def changed_tables(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Changed]:
    """The profiles and statistics that two parsed files don't define alike, profiles first."""
    for kind in ("profile", "statistic"):
        before, after = old.get(kind, {}), new.get(kind, {})
        for name in {**before, **after}:
            found = Changed(f"{kind}.{name}", before.get(name), after.get(name))
            if found.old is None or found.new is None or found.keys:
                yield found


def compare(
    given: Input, old: Definitions, new: Definitions, limits: Limits, at: Sequence[int], on_progress: Callable[[int], None]
) -> Compared:
    """Replay an input with both definitions.

    Compared are the last final report of every window, and every object at the end of the input and at the instants ``at`` (ms).
    ``on_progress`` is called with the number of events applied so far, each counted once for either definitions.
    """
    last = given.last_instant
    instants = sorted({*at, *([] if last is None else [last + 1])})
    before = _values(replayed_reports(given, old, limits, instants, on_progress))
    after = _values(replayed_reports(given, new, limits, instants, lambda count: on_progress(given.count + count)))
    compared = Compared(0, 0, [], [])
    for place in sorted({**before, **after}, key=_order):
        if place in before and place in after:
            compared.reports += 1
            _compare_values(place, before[place], after[place], compared)
        else:
            side, values = ("old", before[place]) if place in before else ("new", after[place])
            compared.lone.append(Lone(*place, side, values))
    return compared


_Place: TypeAlias = tuple[ObjectName, Moment]


def _compare_values(place: _Place, old: Mapping[str, Any], new: Mapping[str, Any], compared: Compared) -> None:
    names = {**old, **new}
    compared.values += len(names)
    for name in names:
        if old.get(name, _ABSENT) != new.get(name, _ABSENT):
            values = {side: values[name] for side, values in (("old", old), ("new", new)) if name in values}
            compared.differences.append(Difference(*place, name, values))


def _values(reports: Iterator[dict[str, Any]]) -> dict[_Place, dict[str, Any]]:
    """Values by what they are of; of a window that was closed again after a correction, the last (domain 6.6)."""
    values: dict[_Place, dict[str, Any]] = {}
    for form in reports:
        name: ObjectName = (form["object_type"], form["tenant"], form["campaign"], form["group"], form["calling_list"])
        moment = Moment(form["profile"], form["window_start"], form["as_of"], form["final"])
        values[name, moment] = form["values"] | ({} if form["state"] is None else {STATE: form["state"]})
    return values


_TYPES: Final = [str(kind) for kind in ObjectType]


def _order(place: _Place) -> Any:  # noqa: ANN401 (anything that sorts)
    (kind, *names), moment = place
    return _TYPES.index(kind), [name or "" for name in names], moment.profile, moment.as_of, moment.window_start, moment.final
