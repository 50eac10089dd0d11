"""A delta that is read again from the dead letters is older than what was applied before it (domain 7.1)."""

import numpy as np

from engine.arrays import Int64s
from engine.definitions import default_definitions, parse_definitions
from engine.lists import ListsState
from engine.reporting import Moment
from kernels.deltas import Deltas
from schemas.deltas import DeltaColumns
from tests.schemas.deltas import side_by_side

DEFINITIONS = parse_definitions(default_definitions(), "default")


def column(*values: int) -> Int64s:
    return np.array(values, dtype=np.int64)


def delta(offset: int, at: int) -> Deltas:
    rows = (column(at), column(0), column(1), column(0))
    return side_by_side([DeltaColumns("", "l", (("call-results", 0, offset),), *rows, (), column(), (), column())])


def test_the_offsets_of_a_list_never_go_back():
    state = ListsState(DEFINITIONS, 10_000)
    state.apply(delta(7, 2_000), Moment())
    state.apply(delta(3, 1_000), Moment())
    assert {report.inputs for report in state.reporter.snapshot(3_000)} == {(("call-results", 0, 7),)}
