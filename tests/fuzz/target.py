"""What a target of fuzzing is, and how a round of it is run: a seed makes a round, so a round can be run again."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Check: TypeAlias = Callable[[Any], None]
"""Takes a case, and raises if the property does not hold of it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes what others write.

    Attributes:
        name: on the command line.
        holds: the property, in a sentence.
        cases: what is given to the check.
        opened: gives the check; what it needs is there until it is closed.
        size: cases of a round.
        short: cases of the round of ``make test``.
    """

    name: str
    holds: str
    cases: st.SearchStrategy[Any]
    opened: Callable[[], AbstractContextManager[Check]]
    size: int = 100
    short: int = 15


def needs_nothing(check: Check) -> Callable[[], AbstractContextManager[Check]]:
    """For a check that runs on nothing but the case."""
    return lambda: contextlib.nullcontext(check)


def run_round(target: Target, check: Check, seed: int, size: int, on_case: Callable[[], None]) -> str | None:
    """One round: the same seed and size make the same cases.

    Args:
        target: of fuzzing.
        check: of the target, opened.
        seed: of the cases.
        size: how many cases.
        on_case: called before each, those that make a failure smaller included.

    Returns:
        None if the property held; else the smallest case of which it does not, and where it failed.
    """

    def case_by_case(case: Any) -> None:
        on_case()
        check(case)

    proven = hypothesis.seed(seed)(
        settings(
            max_examples=size,
            deadline=None,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )(given(target.cases)(case_by_case))
    )
    try:
        proven()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what was looked for)
        return "".join(traceback.format_exception(error))
    return None
