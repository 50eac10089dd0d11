"""A short round of every target, always the same cases; `make fuzz` runs others for minutes (docs/fuzzing.md)."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz.process import be_watched, may_take, run_target
from tests.fuzz.target import Target, needs_nothing, run_round
from tests.fuzz.targets import TARGETS
from tests.repository.files import ROOT


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.filterwarnings("ignore")
def test_the_property_holds_of_a_short_round(name: str) -> None:
    """Contract 3, 4, 6: what others write is counted or refused with a reason, and harms nobody."""
    target = TARGETS[name]
    with target.opened() as check:
        failure = run_round(target, check, 0, target.short, lambda: None)
    assert failure is None, f"{failure}\nlook for more: python -m tests.fuzz --target {name} --minutes 1"


def test_a_round_is_the_same_again_and_its_smallest_failure_is_told() -> None:
    seen: list[list[int]] = []

    def check(number: int) -> None:
        seen[-1].append(number)
        assert number < 1_000

    target = Target("numbers", "they are small", st.integers(0, 1 << 40), needs_nothing(check))
    failures = []
    for _ in range(2):
        seen.append([])
        failures.append(run_round(target, check, 7, 50, lambda: None))
    assert seen[0] == seen[1]
    assert failures[0] is not None
    assert "case=1000" in failures[0].replace(" ", "")


def _dies(name: str, seed: int, seconds: float, told: Any) -> None:
    told.send((5, None))
    os.kill(os.getpid(), signal.SIGSEGV)


def _spins(name: str, seed: int, seconds: float, told: Any) -> None:
    be_watched()
    may_take(0.05)
    while True:
        pass


def _waits(name: str, seed: int, seconds: float, told: Any) -> None:
    told.poll(60)


@pytest.mark.parametrize(
    ("rounds", "failure"),
    [
        (_dies, "a case ends the process: signal 11"),
        (_spins, "a case takes more than 120 s of processor time"),
        (_waits, "a round takes more than 8 s"),
    ],
)
def test_what_ends_the_process_or_never_ends_is_a_failure_of_the_round_that_ran(rounds: Any, failure: str) -> None:
    told = run_target("exports", 5, 0.0, 8.0 if rounds is _waits else 120.0, rounds)
    assert (told.failure, told.seed, told.cases) == (failure, 6 if rounds is _dies else 5, 5 if rounds is _dies else 0)


def test_every_target_is_told_with_its_property() -> None:
    text = (ROOT / "docs" / "fuzzing.md").read_text()
    assert [name for name, target in TARGETS.items() if f"| `{name}` |" not in text or target.holds not in text] == []
