"""The tables of the catalog are the domain's (domain 2, 4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import ACTION_BY_NAME, ACTIONS, CALL_RESULTS, EVENT_KINDS, find_action
from engine.credits import CODES, INSTANTS, NOT_PROCESSED_OF_CAMPAIGN, NOT_PROCESSED_OF_LIST, OBJECT_TYPES

TABLES = Path(__file__).parents[2] / "engine" / "tables"
SHARED = Path(__file__).parents[3] / "shared" / "domain"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the domain's own tables are not beside this checkout")
@pytest.mark.parametrize("table", ["actions.csv", "call_results.csv", "dial_modes.csv", "stat_events.csv"])
def test_tables_are_the_domains(table: str) -> None:
    assert (TABLES / table).read_bytes() == (SHARED / table).read_bytes()


def test_sizes() -> None:
    assert (len(ACTIONS), len(CALL_RESULTS), len(EVENT_KINDS)) == (109, 54, 20)


@pytest.mark.parametrize(("name", "meant"), [("lead0K", "LeadOk"), ("DialNuTone", "DialNUTone"), ("dialmade", "DialMade"), ("Dial", None)])
def test_names_are_found_whatever_their_case(name: str, meant: str | None) -> None:
    """Domain 4.10."""
    found = find_action(name)
    assert (found.name if found else None) == meant


def test_credit_codes_never_change() -> None:
    """They travel between releases in list deltas."""
    assert (INSTANTS[0], INSTANTS[34], INSTANTS[88], INSTANTS[109], INSTANTS[117], CODES) == (
        (),
        ("DialMade", "DialAnswer"),
        ("LeadProcessed", "LeadAnswer"),
        ("CallbackScheduled",),
        ("RecordsNotProcessed",),
        118,
    )


@pytest.mark.parametrize("code", sorted({*range(CODES)} - {NOT_PROCESSED_OF_LIST, NOT_PROCESSED_OF_CAMPAIGN}))
def test_what_an_event_is_credited_with_all_its_objects_can_have(code: int) -> None:
    """So where an action is published depends on what its event names alone (domain 4.1)."""
    assert all(ACTION_BY_NAME[name].objects == set(OBJECT_TYPES) for name in INSTANTS[code])
