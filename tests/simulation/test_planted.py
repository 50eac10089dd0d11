"""Deliberate faults in the product: each is found by its seed (docs/simulation.md lists them)."""

from __future__ import annotations

import re

import pytest

from tests.repository.files import ROOT
from tests.simulation.planted import PLANTED
from tests.simulation.world import simulate


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_is_found(name: str) -> None:
    assert simulate(PLANTED[name].seed, planted=PLANTED[name].put()).findings


def test_what_is_put_in_is_taken_out_again() -> None:
    """Else the seeds that run after these would be those of another product."""
    for planted in PLANTED.values():
        with planted.put():
            pass
    result = simulate(PLANTED["written-again"].seed)
    assert not result.findings


def test_the_document_lists_them_all() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (\d+) \|$", (ROOT / "docs" / "simulation.md").read_text(), re.MULTILINE)
    assert told == [(name, planted.what, str(planted.seed)) for name, planted in PLANTED.items()]
