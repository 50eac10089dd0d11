"""Many seeds, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.simulation.planted import PLANTED
from tests.simulation.world import Result, simulate

_AT_ONCE = 10


@dataclass(slots=True)
class Summary:
    """What came of many seeds; ``seconds`` of processor time."""

    seeds: int = 0
    events: int = 0
    steps: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    failed: list[Result] = field(default_factory=list)

    def add(self, results: list[Result], seconds: float) -> None:
        """Some more."""
        self.seconds += seconds
        for result in results:
            self.seeds += 1
            self.events += result.events
            self.steps += result.steps
            self.faults.update(result.faults)
            if result.findings:
                self.failed.append(result)


def run_seeds(seeds: Iterable[int], processes: int | None = None, fault: str | None = None) -> Iterator[Summary]:
    """Run seeds, with a fault put in if one is named; yields the one summary, as it grows, in the order of the seeds."""
    summary, wanted = Summary(), list(seeds)
    parts = [wanted[low : low + _AT_ONCE] for low in range(0, len(wanted), _AT_ONCE)]
    # Forking would copy the locks of whatever threads there are.
    context = multiprocessing.get_context("spawn")
    with _settings(), ProcessPoolExecutor(processes or os.cpu_count(), context) as pool:
        try:
            for results, seconds in pool.map(partial(_run, fault=fault), parts):
                summary.add(results, seconds)
                yield summary
        finally:
            pool.shutdown(cancel_futures=True)


def _run(seeds: list[int], fault: str | None) -> tuple[list[Result], float]:
    before = time.process_time()
    results = [simulate(seed, planted=PLANTED[fault].put() if fault else None) for seed in seeds]
    return results, time.process_time() - before


class _settings:  # noqa: N801 (used as a function)
    """The environment of the processes."""

    def __enter__(self) -> None:
        self._before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = self._before


def told(result: Result) -> str:
    """A failure in words, and how to see it again."""
    return "\n".join(
        [
            f"seed {result.seed} fails: {len(result.findings)} findings",
            *(f"  {finding[:600]}" for finding in result.findings[:10]),
            "the last of its trace:",
            *(f"  {line}" for line in result.trace),
            f"again: make simulate SEED={result.seed}    everything it did: python -m tests.simulation --seed {result.seed} --trace",
        ]
    )
