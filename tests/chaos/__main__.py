"""``python -m tests.chaos --rounds 20``: break everything round by round under load; the last line is the verdict."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.faults import KINDS
from tests.chaos.run import recount_again, run


def main() -> int:
    """Run once; the exit code."""
    given = argparse.ArgumentParser(
        description="Workers, broker and network broken round by round, under load; then a recount of everything."
    )
    given.add_argument("--rounds", type=int, default=20)
    given.add_argument("--seed", type=int, default=random.randrange(10_000), help="decides which faults come when")
    given.add_argument("--rate", type=float, default=1_000.0, help="events a second")
    given.add_argument("--workers", type=int, default=3)
    given.add_argument("--faults", default=",".join(KINDS), help="which may come (default %(default)s)")
    given.add_argument("--keep", action="store_true", help="keep logs and data also if nothing is wrong")
    given.add_argument("--sample", type=int, default=100, help="how many reports are recomputed from their inputs")
    given.add_argument("--recount", type=Path, metavar="FOLDER", help="only recount, once more, what a run has left there")
    asked = given.parse_args()
    folder = asked.recount or Path(tempfile.mkdtemp(prefix="dialstat-chaos-"))
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)

    try:
        if asked.recount:
            recount_again(folder, asked.sample, say)
        else:
            about = f"{asked.rounds} rounds, {asked.workers} workers, {asked.rate:g} events a second"
            say(f"seed {asked.seed}: {about}; logs and data in {folder}")
            names = asked.faults.split(",")
            run(folder, asked.seed, asked.rounds, say, names=names, rate=asked.rate, workers=asked.workers, sample=asked.sample)
    except Exception as error:  # noqa: BLE001 (whatever it is, the seed is what one needs to see it again)
        print(f"FAILED with --seed {asked.seed}; logs and data are kept in {folder}\n{type(error).__name__}: {error}")
        return 1
    print("nothing lost, nothing twice")
    if not (asked.keep or asked.recount):
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
