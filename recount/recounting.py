"""Published reports held against what the rules make of their input (domain 7.5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from engine.definitions import Definitions
from engine.profiles import Selection as SelectionProfile
from engine.statistic import Statistic
from recount.evidence import STATE, Explanation, explain
from recount.happened import Happened, ObjectName, Seen, joined
from recount.inputs import Input
from recount.reports import Report
from recount.selection import Selection
from recount.slices import Slice, meeting, slice_of, told_apart
from recount.values import Asked, Look, Number, evaluate
from recount.window import Window
from recount.windows import misplaced, whose_starts

ABSENT: Final = "absent"
"""Stands for the value of a part that is not there."""

_Place: TypeAlias = tuple[ObjectName, frozenset[int]]
"""An object, and the partitions of its input."""


class Difference(NamedTuple):
    """A published value that is not the one that the rules give; ``what`` is a statistic, or ``state``, or ``window``."""

    report: Report
    what: str
    published: Any
    recomputed: Any


@dataclass(slots=True)
class Verdict:
    """What came of one report: how many of its values were compared, which differ, and why others could not be.

    ``refusal``: why the whole report could not be recomputed; None if it was.
    """

    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    unverified: Counter[str] = field(default_factory=Counter)
    refusal: str | None = None


class Recount:
    """Recomputes reports.

    Args:
        definitions: what the reports' statistics mean.
        given: the input.
    """

    def __init__(self, definitions: Definitions, given: Input) -> None:
        self._definitions = definitions
        self._given = given
        self._by_name = {statistic.name: statistic for statistic in definitions.statistics}
        self._joined: dict[_Place, Happened] = {}
        self._chosen: dict[tuple[_Place, Slice], Happened] = {}
        self._parts: dict[tuple[_Place, Slice], tuple[dict[str, Happened], bool]] = {}
        self._limits: dict[Slice, int] = {}
        for statistic in definitions.statistics:
            if (asked := slice_of(statistic)) is not None:
                self._limits[asked] = max(statistic.sliced.limit, self._limits.get(asked, 0))

    def verify(self, report: Report) -> Verdict:
        """Hold a report against the rules."""
        if (reason := self.unverifiable(report)) is not None:
            return Verdict(refusal=reason)
        best: Verdict | None = None
        for seen in self._given.states(report):
            verdict = self._verdict(report, seen)
            if best is None or len(verdict.differences) < len(best.differences):
                best = verdict
            if not best.differences:
                break
        assert best is not None
        return best

    def unverifiable(self, report: Report) -> str | None:
        """Why a report can't be recomputed; None if it can."""
        if report.profile not in self._definitions.profiles:
            return f"the definitions have no profile {report.profile}"
        if not report.inputs:
            return "it names no inputs"
        return self._given.gap(report)

    def explain(self, report: Report, statistic: Statistic, part: str = "") -> Explanation:
        """What is behind a statistic of a report that can be recomputed, or behind the part of it that has this label.

        Raises:
            KeyError: nothing that happened is in such a part.
        """
        states = list(self._given.states(report))
        best = states[0] if len(states) == 1 else min(states, key=lambda seen: len(self._verdict(report, seen).differences))
        look = _always(self._windows_of_parts(report, statistic, best)[part]) if part else self.look(report, best)
        return explain(statistic, look, self._definitions)

    def _verdict(self, report: Report, seen: Seen) -> Verdict:
        verdict = Verdict()
        if (wrong := self._misplaced(report, seen)) is not None:
            verdict.differences.append(Difference(report, "window", [report.window_start, report.as_of], wrong))
        look = self.look(report, seen)
        for name, parts in _by_statistic(report.values).items():
            statistic = self._by_name.get(name)
            reason = self._unverified(report, name, statistic)
            if statistic is None or reason is not None:
                verdict.unverified[reason or ""] += len(parts)
                continue
            recomputed = {"": evaluate(statistic, look, self._definitions), **dict(self._values_of_parts(report, statistic, seen))}
            differences = [
                Difference(report, name + part, parts.get(part, ABSENT), recomputed.get(part, ABSENT))
                for part in {**parts, **recomputed}
                if parts.get(part, ABSENT) != recomputed.get(part, ABSENT)
            ]
            if differences and (uncertain := self._may_differ(report, statistic, look)) is not None:
                verdict.unverified[uncertain] += len(differences)
                verdict.compared += len(parts) - len(differences)
            else:
                verdict.compared += len(parts)
                verdict.differences.extend(differences)
        self._compare_states(report, seen, verdict)
        return verdict

    def _values_of_parts(self, report: Report, statistic: Statistic, seen: Seen) -> Iterator[tuple[str, Number]]:
        """Label and value of each part of a statistic in which something that it names happened."""
        asked = Asked(statistic)
        for label, window in self._windows_of_parts(report, statistic, seen).items():
            if any(one.times for one in window.counted({*asked.main, *asked.relative})):
                yield label, evaluate(statistic, _always(window), self._definitions)

    def _windows_of_parts(self, report: Report, statistic: Statistic, seen: Seen) -> dict[str, Window]:
        breakdown = slice_of(statistic)
        if breakdown is None or not breakdown.by:
            return {}
        parts, _ = self._told_apart(report, breakdown)
        return {label: Window(part, report.window_start, report.as_of, seen, closed=report.final) for label, part in parts.items()}

    def _misplaced(self, report: Report, seen: Seen) -> str | None:
        profile = self._definitions.profiles[report.profile]
        whose = whose_starts(profile, report.name)
        histories = [self._given.histories[partition] for partition in sorted(report.partitions)]
        starts = [start for history in histories for start in history.starts.get(whose, ()) if seen(start.cause)]
        return misplaced(profile, starts, report.window_start, report.as_of, final=report.final)

    def _unverified(self, report: Report, name: str, statistic: Statistic | None) -> str | None:
        if statistic is None or report.profile not in statistic.profiles:
            return f"the definitions have no statistic {name} under the profile {report.profile}"
        if report.complete_from.get(name, report.window_start) > report.window_start:
            return "the statistic was defined after its window had begun"
        return None

    def _may_differ(self, report: Report, statistic: Statistic, look: Look) -> str | None:
        """Why the input alone may not tell a value; None if it does."""
        if self._given.ordered:
            return None
        asked = [found for found in (*self._definitions.named_by(statistic), statistic) if found.formula is None]
        if any(isinstance(window, Selection) and window.tied for window in map(look, asked)):
            return "which of the last actions is the oldest depends on the order in which partitions were read"
        slices = [one for one in map(slice_of, asked) if one is not None]
        if any(one.by_mode for one in slices):
            return "which dial mode a call found in force depends on how the two topics passed each other"
        if any(one.by and self._told_apart(report, one)[1] for one in slices):
            return "which values came first, of more than the limit, depends on the order in which topics were read"
        return None

    def _compare_states(self, report: Report, seen: Seen, verdict: Verdict) -> None:
        panel = self._definitions.panel(report.profile, report.object_type)
        if not any(statistic.category == STATE for statistic in panel):
            return
        recomputed = self.window(report, seen).state()
        verdict.compared += 1
        if report.state != recomputed:
            verdict.differences.append(Difference(report, "state", report.state, recomputed))

    def window(self, report: Report, seen: Seen) -> Window:
        """The window of a report."""
        return Window(self._happened(report), report.window_start, report.as_of, seen, closed=report.final)

    def look(self, report: Report, seen: Seen) -> Look:
        """What the statistics of a report look at."""
        profile = self._definitions.profiles[report.profile]
        if not isinstance(profile, SelectionProfile):
            whole = self.window(report, seen)
            return lambda statistic: self._narrowed(report, statistic, seen) or whole
        happened, chosen = self._happened(report), dict[str, Selection]()

        def select(statistic: Statistic) -> Selection:
            if statistic.name not in chosen:
                asked = Asked(statistic)
                chosen[statistic.name] = Selection(happened, profile.count, asked.relative or asked.main, report.as_of, seen)
            return chosen[statistic.name]

        return select

    def _narrowed(self, report: Report, statistic: Statistic, seen: Seen) -> Window | None:
        """The window of a statistic that is filtered or broken down: it counts instants only."""
        asked = slice_of(statistic)
        if asked is None:
            return None
        key = (_place(report), asked._replace(by=()))
        if key not in self._chosen:
            self._chosen[key] = meeting(self._happened(report), asked)
        return Window(self._chosen[key], report.window_start, report.as_of, seen, closed=report.final)

    def _told_apart(self, report: Report, breakdown: Slice) -> tuple[dict[str, Happened], bool]:
        key = (_place(report), breakdown)
        if key not in self._parts:
            self._parts[key] = told_apart(self._happened(report), breakdown, self._limits[breakdown])
        return self._parts[key]

    def _happened(self, report: Report) -> Happened:
        key = _place(report)
        if key not in self._joined:
            histories = [self._given.histories[partition] for partition in sorted(report.partitions)]
            parts = [history.objects[report.name] for history in histories if report.name in history.objects]
            self._joined[key] = parts[0] if len(parts) == 1 else joined(parts)
        return self._joined[key]


def _always(window: Window) -> Look:
    return lambda _: window


def _place(report: Report) -> _Place:
    return report.name, report.partitions


def _by_statistic(values: Mapping[str, Number]) -> dict[str, dict[str, Number]]:
    """Values by the name of their statistic, then by the label of the part; that of the whole is empty."""
    found: defaultdict[str, dict[str, Number]] = defaultdict(dict)
    for name, value in values.items():
        statistic, brace, label = name.partition("{")
        found[statistic][brace + label] = value
    return found
