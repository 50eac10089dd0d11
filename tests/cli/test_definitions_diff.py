"""`dialstat definitions diff`: what is told of a change, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import app
from tests.engine.replaying import call, event

OLD = """
[profile.hour]
kind = "growing"
reset = "00:00 +1:00"
[profile.day]
kind = "growing"
[statistic.Dials]
category = "TotalNumber"
main = "DialMade"
profiles = ["hour", "day"]
[statistic.Hit]
category = "RelativeNumberPercentage"
main = "DialAnswer"
relative = "DialMade"
profiles = ["hour"]
[statistic.State]
category = "CurrentState"
"""
EVENTS = [
    event("CampaignActivated", "10:00:00"),
    call("10:01:00", 33, event_id="1"),
    call("10:02:00", 7, event_id="2"),
    call("11:03:00", 7, event_id="3"),
]


@pytest.fixture(name="diff")
def _diff(tmp_path: Path) -> Any:
    """Runs the command on the old definitions and changed ones."""

    def run(new: str, *options: str, lines: list[dict[str, Any]] = EVENTS) -> Result:
        (tmp_path / "old.toml").write_text(OLD)
        (tmp_path / "new.toml").write_text(new)
        (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        paths = [str(tmp_path / name) for name in ("old.toml", "new.toml")]
        return CliRunner().invoke(app, ["definitions", "diff", *paths, "--events", str(tmp_path / "events.jsonl"), *options])

    return run


def test_nothing_differs(diff: Any) -> None:
    result = diff("# the same, written otherwise\n" + OLD)
    assert result.exit_code == 0
    assert result.stdout.startswith("The definitions are the same.\n\n0 of ")


def test_what_differs_is_listed_by_object_and_statistic(diff: Any, snapshot: Any) -> None:
    """Changed, added and removed statistics; windows of a profile that others begin."""
    new = OLD.replace('relative = "DialMade"', 'relative = "DialMade"\nempty = 0').replace('main = "DialAnswer"', 'main = "DialNoAnswer"')
    new = new.replace(
        "[statistic.State]", '[statistic.Leads]\ncategory = "TotalNumber"\nmain = "LeadProcessed"\nprofiles = ["day"]\n[statistic.State]'
    )
    new = new.replace('[profile.day]\nkind = "growing"', '[profile.day]\nkind = "growing"\nreset = "06:00"')
    result = diff(new.replace('category = "CurrentState"', 'category = "CurrentState"\nobjects = ["Campaign"]'))
    assert result.exit_code == 1
    assert result.stdout == snapshot


def test_every_difference_is_a_line_of_json(diff: Any) -> None:
    result = diff(OLD.replace('main = "DialAnswer"', 'main = "DialNoAnswer"'), "--json", "--at", "2026-01-05T10:01:30Z", "--limit", "0")
    assert result.exit_code == 1
    table, *lines = map(json.loads, result.stdout.splitlines())
    assert (table["table"], table["keys"], table["old"]["main"], table["new"]["main"]) == (
        "statistic.Hit",
        ["main"],
        "DialAnswer",
        "DialNoAnswer",
    )
    of_campaign = [line for line in lines if line["object_type"] == "Campaign"]
    assert {line["statistic"] for line in lines} == {"Hit"}
    assert [(line["final"], line["old"], line["new"]) for line in of_campaign] == [(False, 100, 0), (False, 0, 100)], (
        "50 % either way at 11:00"
    )


def test_a_mistake_is_told_as_everywhere(diff: Any) -> None:
    result = diff(OLD.replace("TotalNumber", "TotalNumbers"))
    assert result.exit_code == 2
    assert "did you mean TotalNumber" in result.stderr


def test_without_events_there_is_nothing_to_compare(diff: Any) -> None:
    result = diff(OLD.replace('main = "DialAnswer"', 'main = "DialBusy"'), lines=[])
    assert result.exit_code == 0
    assert "0 of 0 values" in result.stdout
