"""The measuring commands work; what they measure is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.ratio import recorded, worse
from tests.repository.files import ROOT


def run(module: str, *arguments: str) -> dict[str, Any]:
    """The last line that a benchmark prints, which is JSON."""
    done = subprocess.run((sys.executable, "-m", f"benchmarks.{module}", *arguments), cwd=ROOT, capture_output=True, check=True, text=True)
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


def test_growth_draws_a_panel_of_each_curve_and_tables_every_point(tmp_path: Path) -> None:
    last = run("growth", "--quick", "--out", str(tmp_path))
    panels = ElementTree.parse(tmp_path / "growth.svg").getroot().findall("{http://www.w3.org/2000/svg}g")
    measured = json.loads((tmp_path / "growth.json").read_text())
    points = sum(len(points) for lines in measured.values() for points in lines.values())
    assert len(panels) == len(measured) == len(last) == 8
    assert len((tmp_path / "growth.md").read_text().splitlines()) == points + 2


def test_a_ratio_that_is_a_quarter_worse_than_recorded_is_told_of_and_none_else() -> None:
    before = recorded()
    assert worse({name: ratio * 0.8 for name, ratio in before.items()}) == []
    told = worse({name: ratio * 0.7 for name, ratio in before.items()})
    assert len(told) == len(before)
    assert all(line.startswith("WARNING: ") and "30% worse" in line for line in told)


def test_the_agents_are_compared_with_bare_reading_of_the_same_chunks() -> None:
    measured = run("ratio", "--events", "4000")
    assert set(measured) == {"engine_events_per_cpu_second", "bare_events_per_cpu_second", "engine_of_bare"}


def test_a_restore_is_measured_on_all_keys_of_the_changelogs() -> None:
    measured = run("restore", "--campaigns", "4", "--events", "8000")
    assert {"objects", "windows", "load_cpu_s", "windows_loaded_per_cpu_second"} <= set(measured)
    assert measured["objects"] == 4 * 4 + 4


def test_a_replay_is_measured_by_kind_of_profile_and_size_of_window() -> None:
    measured = run("replay", "--events", "400", "--compared", "200")
    kinds = {"growing", "sliding", "selection", "since_activation", "campaign_period"}
    assert measured["replay_share"].keys() == kinds
    assert measured["replay_us_per_event"].keys() == {"none", *kinds}
    assert {"replay_events_per_cpu_second", "sliding_us_per_event"} <= measured.keys()


def test_memory_is_told_for_each_object_and_pane() -> None:
    measured = run("memory", "--campaigns", "1", "--hours", "0.1")
    assert measured["objects"] == 5
    assert {"kilobytes_of_panes_an_object", "bytes_a_pane"} <= set(measured)


def test_many_workers_are_computed_from_a_rebalance_and_a_scrape() -> None:
    measured = run("model", "--workers", "4", "--partitions", "16")
    assert measured["fits"] is True
    assert measured["producers_a_worker"] == 8
