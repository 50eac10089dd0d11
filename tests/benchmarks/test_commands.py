"""The measuring commands work; what they measure is no test's business."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.repository.files import ROOT


def run(module: str, *arguments: str) -> dict[str, object]:
    """The last line that a benchmark prints, which is JSON."""
    done = subprocess.run((sys.executable, "-m", f"benchmarks.{module}", *arguments), cwd=ROOT, capture_output=True, check=True, text=True)
    last: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return last


def test_growth_draws_a_panel_of_each_curve_and_tables_every_point(tmp_path: Path) -> None:
    last = run("growth", "--quick", "--out", str(tmp_path))
    panels = ElementTree.parse(tmp_path / "growth.svg").getroot().findall("{http://www.w3.org/2000/svg}g")
    measured = json.loads((tmp_path / "growth.json").read_text())
    points = sum(len(points) for lines in measured.values() for points in lines.values())
    assert len(panels) == len(measured) == len(last) == 8
    assert len((tmp_path / "growth.md").read_text().splitlines()) == points + 2
