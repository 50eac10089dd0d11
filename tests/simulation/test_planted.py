"""Deliberate faults in the product: each is found by its seed (docs/simulation.md lists them)."""

from __future__ import annotations

import re

import pytest

from tests.repository.files import ROOT
from tests.simulation.planted import PLANTED
from tests.simulation.process import MISTAKEN
from tests.simulation.world import simulate


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_is_found(name: str) -> None:
    """A change of the product's timing may hide one from its seed, but must not from all of them."""
    result = simulate(PLANTED[name].seed, planted=PLANTED[name].put())
    assert result.findings, f"look for another seed: python -m tests.simulation --fault {name} --seeds 1000"
    assert not any(MISTAKEN in finding for finding in result.findings), f"what is put in fails by itself: {result.findings[0]}"


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
