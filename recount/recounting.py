"""Published reports held against what the rules make of their input (domain 7.5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.definitions import Definitions
from engine.profiles import Selection as SelectionProfile
from engine.statistic import Statistic
from recount.evidence import STATE, Explanation, explain
from recount.happened import Happened, ObjectName, Seen, joined
from recount.inputs import Input
from recount.reports import Report
from recount.selection import Selection
from recount.values import Asked, Look, evaluate
from recount.window import Window
from recount.windows import misplaced, whose_starts


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
        self._joined: dict[tuple[ObjectName, frozenset[int]], Happened] = {}

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

    def explain(self, report: Report, statistic: Statistic) -> Explanation:
        """What is behind a statistic of a report that can be recomputed."""
        states = list(self._given.states(report))
        best = states[0] if len(states) == 1 else min(states, key=lambda seen: len(self._verdict(report, seen).differences))
        return explain(statistic, self.look(report, best), self._definitions)

    def _verdict(self, report: Report, seen: Seen) -> Verdict:
        verdict = Verdict()
        if (wrong := self._misplaced(report, seen)) is not None:
            verdict.differences.append(Difference(report, "window", [report.window_start, report.as_of], wrong))
        look = self.look(report, seen)
        for name, published in report.values.items():
            statistic = self._by_name.get(name)
            reason = self._unverified(report, name, statistic)
            if statistic is None or reason is not None:
                verdict.unverified[reason or ""] += 1
                continue
            recomputed = evaluate(statistic, look, self._definitions)
            if published == recomputed:
                verdict.compared += 1
            elif self._may_differ(statistic, look):
                verdict.unverified["which of the last actions is the oldest depends on the order in which partitions were read"] += 1
            else:
                verdict.compared += 1
                verdict.differences.append(Difference(report, name, published, recomputed))
        self._compare_states(report, seen, verdict)
        return verdict

    def _misplaced(self, report: Report, seen: Seen) -> str | None:
        profile = self._definitions.profiles[report.profile]
        whose = whose_starts(profile, report.name)
        histories = [self._given.histories[partition] for partition in sorted(report.partitions)]
        starts = [start for history in histories for start in history.starts.get(whose, ()) if seen(start.cause)]
        return misplaced(profile, starts, report.window_start, report.as_of, final=report.final)

    def _unverified(self, report: Report, name: str, statistic: Statistic | None) -> str | None:
        if statistic is None or report.profile not in statistic.profiles:
            return f"the definitions have no statistic {name} under the profile {report.profile}"
        if any(found.sliced.where for found in (*self._definitions.named_by(statistic), statistic)):
            return "statistics of some events only are not recomputed"
        if report.complete_from.get(name, report.window_start) > report.window_start:
            return "the statistic was defined after its window had begun"
        return None

    def _may_differ(self, statistic: Statistic, look: Look) -> bool:
        if self._given.ordered:
            return False
        seen = [look(found) for found in (*self._definitions.named_by(statistic), statistic) if found.formula is None]
        return any(isinstance(window, Selection) and window.tied for window in seen)

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
            window = self.window(report, seen)
            return lambda _: window
        happened, chosen = self._happened(report), dict[str, Selection]()

        def select(statistic: Statistic) -> Selection:
            if statistic.name not in chosen:
                asked = Asked(statistic)
                chosen[statistic.name] = Selection(happened, profile.count, asked.relative or asked.main, report.as_of, seen)
            return chosen[statistic.name]

        return select

    def _happened(self, report: Report) -> Happened:
        key = (report.name, report.partitions)
        if key not in self._joined:
            histories = [self._given.histories[partition] for partition in sorted(report.partitions)]
            parts = [history.objects[report.name] for history in histories if report.name in history.objects]
            self._joined[key] = parts[0] if len(parts) == 1 else joined(parts)
        return self._joined[key]
