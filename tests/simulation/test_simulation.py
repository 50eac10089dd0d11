"""The pipeline under faults, in a world of which every seed is another one; see docs/simulation.md."""

from __future__ import annotations

import pytest

from tests.simulation.runner import run_seeds, told
from tests.simulation.world import simulate

SEEDS = 200


@pytest.mark.timeout(900)
def test_whatever_goes_wrong_everything_is_published_once() -> None:
    """Actions, windows, list statistics and dead letters are those of the plain recount of the input (domain 7.5, 7.6)."""
    *_, summary = run_seeds(range(SEEDS))
    assert summary.seeds == SEEDS
    assert not summary.failed, "\n".join(told(result) for result in summary.failed[:2])


def test_a_seed_always_does_the_same() -> None:
    first, again = (simulate(3, keep=None) for _ in range(2))
    assert first.trace == again.trace
    assert first.steps == again.steps
