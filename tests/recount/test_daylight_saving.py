"""Windows on the days when clocks are set forward or back, held against the recount's own calendar (domain 6.1, 6.2)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.definitions import parse_definitions
from tests.drawing import drawn
from tests.engine.test_against_plain import START, scenarios
from tests.recount.replays import hold

ZONES = {
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-10-03T15:30", "2026-04-04T15:00"),  # by half an hour
    "America/Santiago": ("2026-09-06T04:00", "2026-04-05T03:00"),  # at midnight
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00"),
}
"""Instants, UTC, at which the clocks are set."""
RESETS = ("00:00", "02:30", "01:30, 02:00, 03:00", "00:30 +0:30", "02:15 +1:00", "23:59, 00:01")


def changes() -> list[tuple[str, int]]:
    return [(zone, round(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000)) for zone in ZONES for at in ZONES[zone]]


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@drawn(100)
@given(
    events=scenarios(),
    change=st.sampled_from(changes()),
    resets=st.lists(st.sampled_from(RESETS), min_size=1, max_size=2, unique=True),
    before=st.integers(0, 9) | st.integers(0, 5_400_000),
    chunk=st.sampled_from([1, 7, 4096]),
)
def test_every_window_is_the_calendars(
    folder: Path, events: list[dict[str, Any]], change: tuple[str, int], resets: list[str], before: int, chunk: int
) -> None:
    """Hours that are skipped, and hours that come twice."""
    zone, instant = change
    moved = [{**event, "occurred_at": event["occurred_at"] - START + instant - before} for event in events]
    text = "".join(
        f'[profile.p{number}]\nkind = "growing"\ntimezone = "{zone}"\nreset = "{reset}"\n' for number, reset in enumerate(resets)
    )
    profiles = [f"p{number}" for number in range(len(resets))]
    for name, category, main in (("Dials", "TotalNumber", "DialMade"), ("Running", "TotalTime", "StatusRunning,StatusActivated")):
        text += f'[statistic.{name}]\ncategory = "{category}"\nmain = "{main}"\nprofiles = {profiles}\n'.replace("'", '"')
    hold(moved, parse_definitions(text, "test"), [instant - 1, instant, instant + 1_800_000], folder, chunk)
