"""Durable actions over time, and what is left of them when they are forgotten (domain 3.1, 5.2)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import ACTION_BY_NAME, ACTIONS
from engine.spans import Spans

STATUSES = [ACTION_BY_NAME[name].index for name in ("StatusDeactivated", "StatusActivated", "StatusRunning")]


def followed(steps):
    """Statuses one after the other; each lasts some ms, and there may be a gap before it."""
    spans, now = Spans(), 0
    for status, gap, lasted in steps[:-1]:
        now += gap
        spans.begin("g", STATUSES[status], now)
        now += lasted
        spans.end("g", STATUSES[status], now)
    spans.begin("g", STATUSES[steps[-1][0]], now + steps[-1][1])
    return spans


_steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 0, 0, 5]), st.integers(1, 20)), min_size=1, max_size=30)


@given(_steps, st.sets(st.integers(0, 2), min_size=1), st.lists(st.integers(0, 400), min_size=1, max_size=4), st.integers(0, 600))
def test_since_when_a_status_holds_is_known_when_what_came_before_is_forgotten(steps, chosen, horizons, at):
    statuses = np.zeros(len(ACTIONS), dtype=bool)
    statuses[[STATUSES[number] for number in chosen]] = True
    whole, short = followed(steps), followed(steps)
    for horizon in sorted(horizons):
        short.forget(horizon)
    if at >= max(horizons):
        assert short.entered(statuses, at) == whole.entered(statuses, at)
