"""A run: rounds of faults under load, then everything is recounted."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Final

from deploy.kafka.broker import Broker
from tests.chaos.audit import Kept, audit
from tests.chaos.faults import KINDS, Deck
from tests.chaos.site import Attacked, attacked
from tests.chaos.workers import STOP_LIMIT, Ended

Say = Callable[[str], None]

TWO_AT_ONCE: Final = 0.3
INTO_RECOVERY: Final = 0.3
"""Probability that a round does not wait until the one before is recovered from."""
_CALM_S: Final = (2.0, 5.0)
_HOLD_S: Final = (0.0, 4.0)
_RECOVERED_S: Final = 120.0
_SETTLED_S: Final = 60.0
_WHILE_BROKEN: Final = frozenset({0, 70, 75, 1, 3, -signal.SIGTERM})
_UNASKED: Final = frozenset({70, 75, 1, 3, -signal.SIGKILL})


class ChaosError(AssertionError):
    """Something was lost, came twice, or did not end or recover as it should; the message says all of it."""


def run(
    folder: Path,
    seed: int,
    rounds: int,
    say: Say,
    *,
    names: Iterable[str] = KINDS,
    rate: float = 1_000.0,
    workers: int = 3,
    sample: int = 100,
) -> None:
    """Break things for some rounds, and recount.

    Args:
        folder: where logs and data go.
        seed: decides what happens when.
        rounds: how many.
        say: told what happens.
        names: of ``KINDS``, what may happen.
        rate: events a second.
        workers: how many.
        sample: how many reports are recomputed from their inputs.

    Raises:
        ChaosError: something is not as it should be.
    """
    random = Random(seed)
    with attacked(folder, seed, rate, workers) as site:
        site.wait_until_busy(_RECOVERED_S)
        deck = Deck(random, tuple(names))
        for number in range(1, rounds + 1):
            _round(site, random, deck, f"round {number}", say)
        site.load.end()
        say(f"all consumed {site.wait_until_consumed(_RECOVERED_S):.1f} s after the load has ended")
        _settle(site)
        _end(site, say)
        recount(Kept(folder, site.kafka.bootstrap), sample, say)


def recount(kept: Kept, sample: int, say: Say) -> None:
    """Recount what a run has left.

    Raises:
        ChaosError: something was lost, came twice, or differs.
    """
    if wrong := audit(kept, sample, say):
        raise ChaosError("\n".join(wrong))


def recount_again(folder: Path, sample: int, say: Say) -> None:
    """Recount a run whose folder was kept, with a broker on what is there.

    Raises:
        ChaosError: see ``recount``.
    """
    with Broker(folder / "kafka") as broker:
        recount(Kept(folder, broker.bootstrap), sample, say)


def _round(site: Attacked, random: Random, deck: Deck, name: str, say: Say) -> None:
    pause = threading.Event()
    pause.wait(random.uniform(*_CALM_S))
    with ExitStack() as faults:
        done = [faults.enter_context(KINDS[kind].fault(site, random)) for kind in deck.draw(TWO_AT_ONCE)]
        pause.wait(random.uniform(*_HOLD_S))
    said = f"{name}: {' and '.join(done)}"
    if random.random() < INTO_RECOVERY:
        say(f"{said}; not waited for")
        return
    say(f"{said}; all consumed after {site.wait_until_consumed(_RECOVERED_S):.1f} s")


def _settle(site: Attacked) -> None:
    """Until nothing more is written: the lists follow the campaigns, and reports wait for the end of their intervals."""
    names = ("campaign-statistics", "calling-list-statistics")
    before, since, began = -1, time.monotonic(), time.monotonic()
    while time.monotonic() - since < 6 and time.monotonic() - began < _SETTLED_S:
        threading.Event().wait(1)
        ends = sum(site.ends(name) for name in names)
        if ends != before:
            before, since = ends, time.monotonic()


def _end(site: Attacked, say: Say) -> None:
    """All workers at last, with everything in order: each ends in time, with 0."""
    ends = len(site.ended)
    seconds = [slot.end() for slot in site.slots]
    for slot in site.slots:
        slot.close()
    last, before = site.ended[ends:], site.ended[:ends]
    wrong = [f"worker {one.worker} ended with {one.code} after SIGTERM with everything in order" for one in last if one.code]
    wrong += [f"a worker took {took:.1f} s from SIGTERM to its end" for took in seconds if took > STOP_LIMIT]
    wrong += [f"worker {one.worker} ended with {one.code}" for one in before if one.code not in _allowed(one)]
    if wrong:
        raise ChaosError("\n".join(wrong))
    codes = Counter(one.code for one in before)
    say(f"workers ended with {', '.join(f'{code} ({times} times)' for code, times in sorted(codes.items()))}, and at last each with 0")


def _allowed(ended: Ended) -> frozenset[int]:
    return _WHILE_BROKEN if ended.asked else _UNASKED
