"""State that was read back from its changelog goes on as if nothing had happened (domain 7.5, architecture 3.3)."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents import replay
from engine.campaigns import CampaignsState
from engine.definitions import Definitions, parse_definitions
from engine.forms import action_forms, report_form
from engine.lists import ListsState
from simulator import preset, simulate
from tests.drawing import drawn
from tests.engine.test_against_plain import DEFINITIONS, LIMITS, START, scenarios

SLICED_TEXT = (
    DEFINITIONS
    + """
[statistic.ByResult]
category = "TotalNumber"
main = "DialMade,LeadProcessed,AgentError"
by = ["call_result", "dial_mode"]
limit = 2
profiles = ["half", "slide", "since"]
[statistic.FirstHit]
category = "RelativeNumberPercentage"
main = "DialAnswer"
relative = "DialMade"
where = { attempt = [1, 2], dial_mode = ["Predict", ""] }
by = ["group", "attempt"]
profiles = ["half", "period", "slide"]
"""
)
SLICED = parse_definitions(SLICED_TEXT, "test")


class RestartingRun(replay._Run):
    """A replay that gives its state up after some chunks, and reads it back from all changelog records so far.

    ``restarts`` are the numbers of those chunks, with the definitions that it goes on with.
    """

    def __init__(self, given: replay.Input, definitions: Definitions, chunk: int, restarts: Mapping[int, Definitions]) -> None:
        super().__init__(definitions, LIMITS, given, chunk)
        self._restarts = restarts
        self._changelogs: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
        self.applied = 0
        campaigns, lists = self._campaigns, self._lists
        self._record(campaigns, lists)

    def _record(self, campaigns: CampaignsState, lists: ListsState) -> None:
        for changelog, state in zip(self._changelogs, (campaigns, lists), strict=True):
            state.apply = _recording(state.apply, changelog)  # type: ignore[method-assign, assignment, arg-type, union-attr]

    def _apply(self, rows: Any) -> Any:
        done = super()._apply(rows)
        self.applied += 1
        if self.applied in self._restarts:
            self._restart(self._restarts[self.applied])
        return done

    def _restart(self, definitions: Definitions) -> None:
        self._campaigns = CampaignsState(definitions, LIMITS, replay.TOPICS)
        self._lists = ListsState(definitions, LIMITS.close_grace)
        for state, changelog in zip((self._campaigns, self._lists), self._changelogs, strict=True):
            state.load(changelog)
        self._read(self._campaigns)
        self._record(self._campaigns, self._lists)


def _recording(apply: Any, changelog: dict[bytes, bytes]) -> Any:
    def recorded(*args: Any) -> Any:
        effects = apply(*args)
        for key, value in effects.changes:
            changelog.pop(key, None)
            if value is not None:
                changelog[key] = value
        return effects

    return recorded


def read(events: list[dict[str, Any]]) -> replay.Input:
    """Events as the offline form gives them."""
    return replay.read_input(io.BytesIO(b"".join(json.dumps(event).encode() + b"\n" for event in events)), LIMITS)


def published(
    events: list[dict[str, Any]], definitions: Definitions, instant: int, chunk: int, restarts: Mapping[int, Definitions]
) -> tuple[list[Any], list[Any], int]:
    """Actions and reports, in order, and how many reports there were before the last restart."""
    run = RestartingRun(read(events), definitions, chunk, restarts)
    actions, reports, before = [], [], 0
    for effects, found in run.steps([instant], lambda _: None):
        actions += [] if effects is None else list(action_forms(effects.actions))
        reports += [report_form(report) for report in found]
        if effects is not None and run.applied <= max(restarts, default=0):
            before = len(reports)
    return actions, reports, before


def unchanged_by(restarts: set[int], events: list[dict[str, Any]], chunk: int) -> list[Any]:
    """Restarts after these chunks change neither actions nor reports, which are returned."""
    instant = max(event["occurred_at"] for event in events) + 1
    actions, reports, _ = published(events, SLICED, instant, chunk, {})
    actions_again, reports_again, _ = published(events, SLICED, instant, chunk, dict.fromkeys(restarts, SLICED))
    assert actions_again == actions
    assert sorted(reports_again, key=repr) == sorted(reports, key=repr)
    return reports


@drawn(80)
@given(events=scenarios(), chunk=st.sampled_from([1, 2, 5]), restarts=st.sets(st.integers(1, 40), min_size=1, max_size=6))
def test_restarts_change_nothing(events: list[dict[str, Any]], chunk: int, restarts: set[int]) -> None:
    unchanged_by(restarts, events, chunk)


def test_a_site_of_many_objects_restarts() -> None:
    """What begins small and grows, such as the offsets of each list's inputs, is read back whole, however much there is at once."""
    wide = replace(preset("wide"), tenants=1, campaigns=150, lists=300, start_ms=START, shift_begin_ms=None)
    events = list(islice(simulate(wide), 6_000))
    reports = unchanged_by({2, 5}, events, 1_000)
    assert len({report["calling_list"] for report in reports}) > 150


@drawn(60)
@given(events=scenarios(), chunk=st.sampled_from([2, 5, 100]))
def test_a_chunk_adds_to_a_calling_list_in_one_record(events: list[dict[str, Any]], chunk: int) -> None:
    """Of a list that campaigns share, a report between two records of one chunk could not be recomputed from its inputs (7.5)."""
    run = RestartingRun(read(events), SLICED, chunk, {})
    for effects, _ in run.steps([], lambda _: None):
        assert effects is not None
        names = list(zip(effects.deltas.tenant.to_list(), effects.deltas.calling_list.to_list(), strict=True))
        assert len(names) == len(set(names))
