"""``python -m tests.mutation``: change the engine in one place at a time, and tell what its tests do not notice."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.mutation.covering import Covering
from tests.mutation.mutants import changes_of, configure, sampled
from tests.mutation.trying import Copy, Fate, Tried, try_all
from tests.repository.files import ROOT

FOLDER: Final = Path("build", "mutation")
_DEVIATIONS: Final = 1.96
"""Of the normal distribution, for 95 %."""


def main() -> int:
    """The exit code is 1 if the score is below the one asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="so many mutants, each file with its share (all)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--file", action="append", metavar="engine/NAME.py", help="of these files alone; may be repeated")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="mutants at a time (one for each core)")
    parser.add_argument("--least", type=float, default=0.0, help="score in percent below which the run fails (0)")
    options = parser.parse_args()
    os.chdir(ROOT)
    configure(ROOT)
    files = options.file or sorted(str(path.relative_to(ROOT)) for path in (ROOT / "engine").glob("*.py"))
    changes = [changes_of(ROOT, file) for file in files]
    total = sum(len(one.mutations) for one in changes)
    mutants = list(sampled(changes, options.sample, options.seed))
    print(f"{total:,} mutants in {len(files)} files; {len(mutants):,} are tried", flush=True)
    began = time.monotonic()
    first = Copy.of_repository(ROOT, ROOT / FOLDER / "0")
    first.measure(ROOT / FOLDER / "coverage.json")
    copies = [first, *(first.again(ROOT / FOLDER / str(number)) for number in range(1, options.processes))]
    covering = Covering.read(ROOT / FOLDER / "coverage.json")
    for copy in copies:
        copy.prove(covering)
    print(f"{len(covering.seconds):,} tests, {sum(covering.seconds.values()):.0f} s, without any mutant", flush=True)
    tried: list[Tried] = []
    columns = (TextColumn("mutants"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(mutants))
        for one in try_all(copies, mutants, covering):
            tried.append(one)
            progress.update(task, completed=len(tried))
    for copy in copies:
        copy.close()
    report = report_of(tried, total)
    (ROOT / FOLDER / "report.md").write_text(report, encoding="utf-8")
    survivors = [one for one in tried if not one.noticed]
    (ROOT / FOLDER / "survivors.diff").write_text("\n\n".join(f"{one.mutant.diff}\n# {_told(one)}" for one in survivors), encoding="utf-8")
    print(f"{report}\n{time.monotonic() - began:.0f} s; the survivors are in {FOLDER / 'survivors.diff'}")
    return 1 if score(tried) < options.least / 100 else 0


def _told(one: Tried) -> str:
    return f"{one.fate}; {one.tests} tests run it"


def score(tried: Sequence[Tried]) -> float:
    """The share of mutants that a test noticed."""
    return sum(one.noticed for one in tried) / len(tried) if tried else 1.0


def interval(noticed: int, count: int) -> tuple[float, float]:
    """Where the score of all mutants lies, with 95 %, by a sample of some (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    share, square = noticed / count, _DEVIATIONS**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = _DEVIATIONS / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return middle - reach, middle + reach


def report_of(tried: Sequence[Tried], total: int) -> str:
    """What became of the mutants, file by file, as Markdown."""
    rows = [
        f"| {file} | {_counts([one for one in tried if one.mutant.file == file])} |" for file in sorted({one.mutant.file for one in tried})
    ]
    low, high = interval(sum(one.noticed for one in tried), len(tried))
    whole = "" if len(tried) >= total else f", between {low:.1%} and {high:.1%} of all {total:,} with a certainty of 95 %"
    head = ["| file | mutants | killed | timeout | survived | not run | noticed |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows, f"| all | {_counts(tried)} |", "", f"{score(tried):.1%} of {len(tried):,} mutants are noticed{whole}."])


def _counts(tried: Sequence[Tried]) -> str:
    fates = Counter(one.fate for one in tried)
    return " | ".join([str(len(tried)), *(str(fates[fate]) for fate in Fate), f"{score(tried):.0%}"])


if __name__ == "__main__":
    sys.exit(main())
