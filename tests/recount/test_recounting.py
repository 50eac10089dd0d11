"""Reports held against the recount: every report of every replay is what the rules make of its inputs (domain 7.5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recount.evidence import SIGHTS, Explanation
from recount.happened import Durable
from recount.inputs import File
from recount.lines import read_lines
from recount.recounting import Recount
from recount.reports import report_of
from recount.values import VALUES
from tests.drawing import drawn
from tests.engine.test_against_plain import BY_NAME, LATENESS, PARSED, RETENTION, START, replayed, scenarios


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


def recount_of(events: list[dict[str, Any]]) -> Recount:
    """The recount of a file of events."""
    return Recount(PARSED, File(read_lines(json.dumps(event).encode() for event in events), (LATENESS, RETENTION)))


@drawn(60)
@given(
    events=scenarios(),
    at=st.lists(st.integers(0, 5_400_000), max_size=3),
    chunk=st.sampled_from([1, 2, 7, 4096]),
    name=st.sampled_from(sorted(BY_NAME)),
)
def test_every_report_of_a_replay_is_verified_and_explained(
    folder: Path, events: list[dict[str, Any]], at: list[int], chunk: int, name: str
) -> None:
    """Live values, closing values and their corrections, in every profile and category; and what is listed is what was counted."""
    _, reports, _ = replayed(events, [START + instant for instant in at], folder, chunk)
    recount = recount_of(events)
    for number, form in enumerate(reports):
        report = report_of(form, str(number))
        verdict = recount.verify(report)
        assert not verdict.differences
        if not form["inputs"]:
            assert verdict.refusal
            continue
        assert (verdict.refusal, dict(verdict.unverified)) == (None, {})
        assert verdict.compared >= len(form["values"])
        if name in form["values"]:
            check(recount.explain(report, BY_NAME[name]), form["values"][name])


def check(explanation: Explanation, published: float | None) -> None:
    """The value is the published one, and what is listed amounts to it."""
    assert explanation.value == published
    category, window = explanation.statistic.category, explanation.window
    entries = [part.entries for part in explanation.parts]
    numbers = [part.number for part in explanation.parts]
    match category:
        case "TotalNumber" | "TotalAdjustedNumber" | "CurrentNumber" | "TotalNumberInTimeRange" | "CurrentNumberInTimeRange":
            assert numbers == [published]
        case "RelativeNumber" if numbers[1]:
            assert numbers[0] / numbers[1] == published
        case "TotalTime":
            assert sum(window.inside(entry) for entry in entries[0]) / 1000 == published  # type: ignore[arg-type]
        case "TotalAdjustedTime" | "CurrentTime" | "TotalTimeInTimeRange":
            assert sum(window.length(entry) for entry in entries[0]) / 1000 == published  # type: ignore[arg-type]
        case "MaxNumber" | "MinNumber":
            begins = [entry.begin for entry in entries[0] if isinstance(entry, Durable)]
            assert all(begin < window.start or window.holds(begin) for begin in begins)
        case "Formula":
            assert {named.statistic.name for named in explanation.named} == set(explanation.statistic.formula.names)  # type: ignore[union-attr]


def test_every_category_can_be_recomputed_and_explained() -> None:
    """No category is left out of either table."""
    assert {*VALUES, "CurrentState"} == set(SIGHTS)


def changed(form: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A report with other fields."""
    return {**form, **fields}


@pytest.fixture(scope="module", name="replay")
def _replay(folder: Path) -> tuple[Recount, list[dict[str, Any]]]:
    kinds = ["CampaignActivated", "DialingStarted", "CallCompleted", "LeadProcessed", "DialingStopped", "CampaignDeactivated"] * 4
    events = [
        {
            "event_id": str(number),
            "kind": kind,
            "tenant": "",
            "campaign": "A",
            "group": "g",
            "occurred_at": START + number * 400_000,
            **({"calling_list": "k", "call_result": 33} if kind in {"CallCompleted", "LeadProcessed"} else {}),
        }
        for number, kind in enumerate(kinds)
    ]
    return recount_of(events), replayed(events, [START + 3_500_000], folder, 4096)[1]


def test_a_value_that_was_tampered_with_is_named(replay: tuple[Recount, list[dict[str, Any]]]) -> None:
    """Every value of every report, one at a time, by the least that a number can be off."""
    recount, reports = replay
    for form in reports:
        for name, value in form["values"].items():
            for other in (None if value is not None else 0.0, 1e-9 if value is None else value * (1 + 2**-52) + 5e-324):
                (difference,) = recount.verify(report_of(changed(form, values={**form["values"], name: other}), "r")).differences
                assert (difference.what, difference.published, difference.recomputed) == (name, other, value)


def test_another_window_and_another_state_are_told(replay: tuple[Recount, list[dict[str, Any]]]) -> None:
    """The window must be one that the profile has (domain 6), the state that of the object."""
    recount, reports = replay
    for form in reports:
        if form["profile"] != "last3":
            moved = recount.verify(report_of(changed(form, window_start=form["window_start"] - 1), "r"))
            assert moved.differences[0].what == "window"
        if form["state"]:
            other = recount.verify(report_of(changed(form, state={**form["state"], "dial_mode": "Preview"}), "r"))
            assert [difference.what for difference in other.differences] == ["state"]


def test_what_was_defined_later_or_is_not_defined_is_told_apart(replay: tuple[Recount, list[dict[str, Any]]]) -> None:
    """Neither is wrong: it can't be verified."""
    recount, reports = replay
    form = next(form for form in reports if form["profile"] == "half" and form["values"]["Dials"])
    later = recount.verify(report_of(changed(form, complete_from={"Dials": form["window_start"] + 1}, values={"Dials": 99.0}), "r"))
    assert (later.differences, list(later.unverified)) == ([], ["the statistic was defined after its window had begun"])
    unknown = recount.verify(report_of(changed(form, values={"Nothing": 1.0}), "r"))
    assert list(unknown.unverified) == ["the definitions have no statistic Nothing under the profile half"]
    assert recount.verify(report_of(changed(form, profile="never"), "r")).refusal == "the definitions have no profile never"
    assert recount.verify(report_of(changed(form, inputs=[]), "r")).refusal == "it names no inputs"


def test_a_file_that_is_shorter_or_another_is_told(replay: tuple[Recount, list[dict[str, Any]]]) -> None:
    """Input that the report has applied and that is not there."""
    recount, reports = replay
    form = next(form for form in reports if form["final"])
    far = [{"topic": "campaign-events", "partition": 0, "offset": 999}]
    assert "the report has applied offset 999" in (recount.verify(report_of(changed(form, inputs=far), "r")).refusal or "")
    never = [{"topic": "campaign-events", "partition": 0, "offset": 0}, {"topic": "call-results", "partition": 0, "offset": 7}]
    assert "of another file" in (recount.verify(report_of(changed(form, inputs=never), "r")).refusal or "")
