"""``python -m tests.simulation``: run many seeds, or one seed with all that it does, or look for a fault put in on purpose."""

from __future__ import annotations

import argparse
import os
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.planted import PLANTED
from tests.simulation.runner import Summary, run_seeds, told
from tests.simulation.world import simulate

_TELL_EACH = 500  # seeds, where no bar can be drawn


def main() -> int:
    """The exit code is 1 if a seed fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many (1000)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--trace", action="store_true", help="with --seed: print everything that happens")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at once (one for each core)")
    parser.add_argument("--fault", choices=PLANTED, metavar="NAME", help="put this fault in: one of those in docs/simulation.md")
    options = parser.parse_args()
    if options.seed is not None:
        return _one(options.seed, options.fault, trace=options.trace)
    seeds = range(options.first, options.first + options.seeds)
    return _search(seeds, options.processes, options.fault) if options.fault else _many(seeds, options.processes)


def _one(seed: int, fault: str | None, *, trace: bool) -> int:
    result = simulate(seed, None if trace else 150, PLANTED[fault].put() if fault else None)
    if result.findings:
        print(told(result))
        return 1
    if trace:
        print("\n".join(result.trace))
    faults = ", ".join(f"{count} {fault}" for fault, count in result.faults.most_common())
    print(f"seed {seed} is as it should be: {result.events} events, {result.steps:,} steps; {faults or 'no faults'}")
    return 0


def _many(seeds: range, processes: int) -> int:
    began, summary = time.monotonic(), Summary()
    columns = (TextColumn("seeds"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(seeds))
        for summary in run_seeds(seeds, processes):
            progress.update(task, completed=summary.seeds, description=f"{len(summary.failed)} failed" if summary.failed else "")
            if not progress.console.is_terminal and summary.seeds % _TELL_EACH == 0:
                print(f"{summary.seeds:,} seeds, {len(summary.failed)} failed", file=sys.stderr, flush=True)
    print(_figures(summary, time.monotonic() - began))
    for result in summary.failed[:3]:
        print(told(result))
    if summary.failed:
        print("failed seeds:", *sorted(result.seed for result in summary.failed))
    return 1 if summary.failed else 0


def _search(seeds: range, processes: int, fault: str) -> int:
    """The exit code is 1 if none of the seeds finds it."""
    for summary in run_seeds(seeds, processes, fault):
        if summary.failed:
            first = min(summary.failed, key=lambda result: result.seed)
            print(f"{fault} ({PLANTED[fault].what}) is found by seed {first.seed}, in {first.steps:,} steps: {first.findings[0][:300]}")
            return 0
    print(f"{fault} ({PLANTED[fault].what}) is found by none of {len(seeds):,} seeds")
    return 1


def _figures(summary: Summary, elapsed: float) -> str:
    faults = "\n".join(f"  {count:9,} {fault}" for fault, count in summary.faults.most_common())
    return (
        f"{summary.seeds:,} seeds, {len(summary.failed)} failed; {summary.events:,} events, {summary.steps:,} steps; "
        f"{elapsed:.0f} s, {summary.seconds:.0f} s of processor time\nfaults:\n{faults}"
    )


if __name__ == "__main__":
    sys.exit(main())
