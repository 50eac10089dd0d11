"""``python -m tests.fuzz``: look for cases of which a property does not hold, for some minutes, or run one round again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.fuzz.process import Told, run_target
from tests.fuzz.targets import TARGETS


def main() -> int:
    """The exit code is 1 if a property did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, help="for all targets together (5; with --seed, one round)")
    parser.add_argument(
        "--target", choices=TARGETS, action="append", metavar="NAME", help=f"this one: {', '.join(TARGETS)}; may be repeated"
    )
    parser.add_argument("--seed", type=int, help="of the first round of each target (another one each time)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="targets at a time (one for each core)")
    options = parser.parse_args()
    names = options.target or list(TARGETS)
    minutes = options.minutes if options.minutes is not None else 5.0 if options.seed is None else 0.0
    seed = options.seed if options.seed is not None else time.time_ns() // 1_000_000_000
    return _run(names, seed, 60 * minutes, min(options.processes, len(names)))


def _run(names: list[str], seed: int, seconds: float, processes: int) -> int:
    """Every target has the same share of the time."""
    share = seconds * processes / len(names)
    print(f"{len(names)} targets, {share:.0f} s each, seeds from {seed} on", flush=True)
    failed = 0
    with ThreadPoolExecutor(processes) as pool:
        for done in as_completed([pool.submit(run_target, name, seed, share) for name in names]):
            failed += done.result().failure is not None
            print(_line(done.result()), flush=True)
    print(f"{failed} of {len(names)} targets failed" if failed else "every property held")
    return 1 if failed else 0


def _line(told: Told) -> str:
    line = f"{told.name:12} {told.cases:9,} cases in {told.seconds:4.0f} s, {told.rounds:5,} rounds"
    if told.failure is None:
        return f"{line}: held"
    return f"{line}: FAILED\n{told.failure}\nagain: python -m tests.fuzz --target {told.name} --seed {told.seed}"


if __name__ == "__main__":
    sys.exit(main())
