"""The board keeps the latest report of every object and profile, and tells what changed (domain 1, 6, 7.1)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.site import report, state
from web.board import Board, Phase


def shown(board: Board, **wanted: Any) -> dict[str, Any]:
    """The one object that has these fields."""
    (found,) = [entry for entry in board.snapshot()["objects"] if all(entry[name] == value for name, value in wanted.items())]
    return found


def today(board: Board) -> dict[str, Any]:
    return shown(board, object_type="Campaign")["profiles"]["today"]


def test_objects_are_told_apart_by_all_their_names() -> None:
    """Domain 1.1, 1.2: a group, a list and another tenant's campaign of the same name are objects of their own."""
    board = Board()
    identities: list[dict[str, Any]] = [
        {},
        {"tenant": "other"},
        {"object_type": "CampaignGroup", "group": "a"},
        {"object_type": "CampaignCallingList", "calling_list": "a"},
        {"object_type": "CallingList", "campaign": None, "calling_list": "a"},
    ]
    for number, identity in enumerate(identities):
        board.apply(report({"DialsMade": float(number)}, **identity))
    dials = [entry["profiles"]["today"]["values"]["DialsMade"] for entry in board.snapshot()["objects"]]
    assert sorted(dials) == [0, 1, 2, 3, 4]


def test_an_older_report_changes_nothing() -> None:
    board = Board()
    assert board.apply(report({"DialsMade": 5.0}, as_of=2_000))
    version = board.version
    assert not board.apply(report({"DialsMade": 4.0}, as_of=1_000))
    assert today(board)["values"] == {"DialsMade": 5.0}
    assert board.version == version


def test_a_correction_of_a_window_that_has_passed_changes_nothing() -> None:
    """Domain 6.6: a passed window is published again with a higher revision; the page shows the present one."""
    board = Board()
    board.apply(report({"DialsMade": 1.0}, window_start=86_400_000, as_of=86_401_000))
    assert not board.apply(report({"DialsMade": 900.0}, window_start=0, as_of=86_400_000, final=True))
    assert today(board)["values"] == {"DialsMade": 1.0}


def test_the_final_report_stays_until_the_next_window_has_one() -> None:
    """Domain 7.4: a campaign that rests has no open report after the reset; what it closed with is shown as closed."""
    board = Board()
    board.apply(report({"DialsMade": 8.0}, as_of=80_000_000))
    board.apply(report({"DialsMade": 9.0}, as_of=86_400_000, final=True))
    assert today(board) == {"window_start": 0, "as_of": 86_400_000, "final": True, "values": {"DialsMade": 9.0}}
    board.apply(report({"DialsMade": 1.0}, window_start=86_400_000, as_of=86_400_500))
    assert today(board)["final"] is False
    assert today(board)["values"] == {"DialsMade": 1.0}


def test_a_value_that_is_reported_no_more_becomes_null() -> None:
    board = Board()
    board.apply(report({"DialsMade": 5.0, "Old": 1.0}))
    board.apply(report({"DialsMade": 5.0}, as_of=11_000))
    assert today(board)["values"] == {"DialsMade": 5.0, "Old": None}


def test_state_comes_under_any_profile_and_goes_only_under_that_one() -> None:
    """Contract 3: CurrentState is reported under `now`, or under the profile that lists it."""
    board = Board()
    running = state("StatusRunning", 500, "Predict", StatusWaitingAgents=700)
    board.apply(report({}, profile="shift", state=running))
    board.apply(report({"DialsMade": 1.0}, as_of=11_000))
    assert shown(board)["state"] == running
    board.apply(report({}, profile="shift", as_of=12_000))
    assert shown(board)["state"] is None


def test_changes_hold_only_what_changed() -> None:
    board = Board()
    board.apply(report({"DialsMade": 5.0, "Answers": 1.0}))
    board.apply(report({"DialsMade": 7.0}, campaign="other"))
    version = board.version
    board.apply(report({"DialsMade": 6.0, "Answers": 1.0}, as_of=11_000))
    changes = board.changes_since(version)
    assert not changes["complete"]
    (changed,) = changes["objects"]
    assert changed["campaign"] == "spring"
    assert changed["profiles"]["today"]["values"] == {"DialsMade": 6.0}
    assert "state" not in changed


def test_nothing_changes_by_asking() -> None:
    board = Board()
    board.apply(report({"DialsMade": 5.0}))
    changes = board.changes_since(board.version)
    assert (changes["objects"], changes["removed"]) == ([], [])


def test_the_number_of_objects_is_bounded_and_the_most_silent_goes() -> None:
    board = Board(most_objects=2)
    for name in ("a", "b"):
        board.apply(report({}, campaign=name))
    version = board.version
    board.apply(report({}, campaign="a", as_of=11_000))
    board.apply(report({}, campaign="c"))
    changes = board.changes_since(version)
    assert {entry["campaign"] for entry in board.snapshot()["objects"]} == {"a", "c"}
    assert [gone["campaign"] for gone in changes["removed"]] == ["b"]
    assert changes["left_out"] == 1


def test_a_reader_that_missed_removals_gets_everything() -> None:
    board = Board(most_objects=1)
    board.apply(report({}, campaign="first"))
    version = board.version
    for number in range(1_100):
        board.apply(report({}, campaign=str(number)))
    changes = board.changes_since(version)
    assert changes["complete"]
    assert len(changes["objects"]) == 1


def test_after_clearing_a_reader_gets_everything() -> None:
    board = Board()
    board.apply(report({}, campaign="gone"))
    version = board.version
    board.clear()
    board.apply(report({}, campaign="new"))
    changes = board.changes_since(version)
    assert changes["complete"]
    assert [entry["campaign"] for entry in changes["objects"]] == ["new"]


def test_stale_since_is_when_the_source_was_last_heard() -> None:
    board = Board(now_ms=lambda: 9_000)
    board.turn(Phase.LOST, "no answer", heard_at=4_000)
    board.turn(Phase.LOST, "still none", heard_at=8_000)
    assert board.source.stale_since == 4_000
    board.turn(Phase.LIVE)
    assert board.source.stale_since is None


def test_a_report_that_is_none_changes_nothing() -> None:
    board = Board()
    with pytest.raises(KeyError):
        board.apply({"object_type": "Campaign"})
    assert board.snapshot()["objects"] == []


class Reader:
    """What the page does with what it is told."""

    def __init__(self) -> None:
        self.version = -1
        self.objects: dict[str, dict[str, Any]] = {}

    def take(self, message: dict[str, Any]) -> None:
        self.version = message["version"]
        if message["complete"]:
            self.objects = {}
        for gone in message["removed"]:
            self.objects.pop(gone["campaign"], None)
        for changed in message["objects"]:
            self._merge(self.objects.setdefault(changed["campaign"], {"profiles": {}, "curve": {}, "state": None}), changed)

    @staticmethod
    def _merge(known: dict[str, Any], changed: dict[str, Any]) -> None:
        known |= {"state": changed["state"]} if "state" in changed else {}
        for profile, panel in changed["profiles"].items():
            values = {**known["profiles"].get(profile, {}).get("values", {}), **panel["values"]}
            known["profiles"][profile] = {**panel, "values": values}
        known["curve"] |= {start: counts for start, *counts in changed.get("curve", [])}
        oldest = max(known["curve"], default=0) - 900_000
        known["curve"] = {start: counts for start, counts in known["curve"].items() if start > oldest}


_reports = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(["today", "last15", "now"]),
    st.dictionaries(st.sampled_from(["DialsMade", "Answers"]), st.none() | st.floats(0, 99)),
    st.integers(-1, 40),
    st.sampled_from([None, "StatusRunning", "StatusActivated"]),
    st.booleans(),
)


@given(st.lists(st.lists(_reports, max_size=6), max_size=12))
def test_changes_add_up_to_the_snapshot(batches: list[list[tuple[Any, ...]]]) -> None:
    board, follower, late = Board(most_objects=3), Reader(), Reader()
    follower.take(board.snapshot())
    as_of = 0
    for batch in batches:
        for campaign, profile, values, step, status, final in batch:
            as_of += step * 1_000
            now = state(status, as_of) if status else None
            board.apply(
                report(values, campaign=campaign, profile=profile, window_start=as_of // 60_000, as_of=as_of, state=now, final=final)
            )
        follower.take(board.changes_since(follower.version))
    late.take(board.snapshot())
    assert follower.objects == late.objects
