"""What came out, as a table, a picture and JSON."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.peers.inputs import COUNT, JOBS, WHOLE
from benchmarks.peers.processes import Measured
from benchmarks.peers.recount import Verdict

TITLES: Final = {
    WHOLE: "whole: two actions an event, counts by action on four objects, two kinds of windows",
    COUNT: "count: one count a minute for each campaign",
}
_HEAD: Final = """\
| | events per CPU-second | events measured | CPU s | events/s | memory at most | recount | load |
|---|---|---|---|---|---|---|---|"""
_WIDTH: Final = 860
_LEFT: Final = 250
_BAR: Final = 420
_LINE: Final = 26
_OURS: Final = "#1f6f8b"
_OTHERS: Final = "#9aa5ad"
_WRONG: Final = "#c0563f"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one peer at one job: figures and verdict, or why there are none."""

    peer: str
    label: str
    job: str
    events: int
    figures: Measured | None = None
    verdict: Verdict | None = None
    load: float = 0.0
    """The machine's load average of the last minute when it came to the end."""
    left_out: str = ""
    failure: str = ""

    def told(self) -> str:
        """In one line."""
        if self.figures is None or self.verdict is None:
            return f"failed: {self.failure}" if self.failure else f"left out: {self.left_out}"
        run = self.figures
        cold = "" if run.start_cpu_s else ", start included"
        rate = f"{run.events_per_cpu_second:,.0f} events per CPU-second ({run.cpu_s:.1f} s for {run.events:,}{cold})"
        return f"{rate}, load {self.load:.1f}; recount: {self.verdict.told()}"


def write(folder: Path, outcomes: Sequence[Outcome], asked: Mapping[str, float]) -> None:
    """Write ``peers.md``, ``peers.svg`` and ``peers.json``; what was there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "peers.md").write_text(table(outcomes), encoding="utf-8")
    (folder / "peers.svg").write_text(picture(outcomes), encoding="utf-8")
    told = {"asked": dict(asked), "cpus": os.cpu_count(), "machine": platform.machine(), "outcomes": [_plain(one) for one in outcomes]}
    (folder / "peers.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _plain(outcome: Outcome) -> dict[str, object]:
    plain = asdict(outcome)
    if outcome.figures and outcome.verdict:
        plain["events_per_cpu_second"] = round(outcome.figures.events_per_cpu_second)
        plain["right"] = outcome.verdict.right
    return plain


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: a table for each job, the fastest first, then who could not take part."""
    parts: list[str] = []
    for job in JOBS:
        ranked = _ranked(outcomes, job)
        if ranked:
            parts.append(f"**{TITLES[job]}**\n\n{_HEAD}\n" + "\n".join(map(_row, ranked)))
    absent = [one for one in outcomes if one.figures is None]
    if absent:
        parts.append("\n".join(f"* {one.label}{f', {one.job}' if one.job else ''}: {one.told().splitlines()[0]}" for one in absent))
    return "\n\n".join(parts) + "\n"


def _ranked(outcomes: Sequence[Outcome], job: str) -> list[Outcome]:
    measured = [one for one in outcomes if one.job == job and one.figures is not None]
    return sorted(measured, key=lambda one: -one.figures.events_per_cpu_second if one.figures else 0.0)


def _row(one: Outcome) -> str:
    assert one.figures is not None
    assert one.verdict is not None
    run = one.figures
    cold = "" if run.start_cpu_s else "; too few events, start included"
    numbers = f"{run.events_per_cpu_second:,.0f} | {run.events:,} | {run.cpu_s:.1f} | {run.events_per_second:,.0f} | {run.peak_mb:,.0f} MB"
    return f"| {one.label} | {numbers} | {one.verdict.told()}{cold} | {one.load:.1f} |"


def picture(outcomes: Sequence[Outcome]) -> str:
    """SVG: a bar for each peer and job on a logarithmic scale; red where the recount found something wrong."""
    drawn: list[str] = []
    y = 8
    for job in JOBS:
        ranked = _ranked(outcomes, job)
        if ranked:
            y += _LINE
            drawn.append(f'<text x="10" y="{y}" font-weight="bold">{escape(TITLES[job])}</text>')
            y += 10
            rates = [one.figures.events_per_cpu_second for one in ranked if one.figures]
            lowest = 10.0 ** math.floor(math.log10(min(rates)))
            for one, rate in zip(ranked, rates, strict=True):
                drawn.append(_bar(one, rate, math.log10(rate / lowest) / max(math.log10(max(rates) / lowest), 1e-9), y))
                y += _LINE
    y += _LINE
    drawn.append(f'<text x="10" y="{y}" fill="#667">events per CPU-second, logarithmic; red: the recount differs</text>')
    size = f'width="{_WIDTH}" height="{y + 12}" viewBox="0 0 {_WIDTH} {y + 12}"'
    body = "\n".join(drawn)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">\n{_PAPER}\n{body}\n</svg>\n'


_PAPER: Final = '<rect width="100%" height="100%" fill="#fff"/>'


def _bar(one: Outcome, rate: float, share: float, y: int) -> str:
    assert one.verdict is not None
    colour = _WRONG if not one.verdict.right else _OURS if one.peer.startswith("dialstat") else _OTHERS
    width = max(2.0, share * _BAR)
    name = f'<text x="{_LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(one.label)}</text>'
    bar = f'<rect x="{_LEFT}" y="{y + 2}" width="{width:.1f}" height="{_LINE - 7}" fill="{colour}"/>'
    return f'{name}{bar}<text x="{_LEFT + width + 8:.1f}" y="{y + 16}">{rate:,.0f}</text>'
