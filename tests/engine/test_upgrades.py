"""State that earlier releases wrote is read, and that of later ones refused."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from agents import replay
from engine import old_rows
from engine.campaigns import CampaignsState
from engine.changelog import STATE_VERSION, StateVersionError, encode, encode_key
from engine.definitions import Definitions, parse_definitions
from engine.forms import action_forms, report_form
from engine.lists import ListsState
from tests.engine.kept_state import CHUNK, FOLDER, lines_of
from tests.engine.test_against_plain import LIMITS, PARSED
from tests.engine.test_restarts import RestartingRun


class UpgradedRun(RestartingRun):
    """A replay that is taken over, after some chunks, by the state that another release had there, and restarted a few times after."""

    def __init__(self, kept: dict[str, Any], definitions: Definitions) -> None:
        restarts = {kept["chunks"] + later: definitions for later in (0, 1, 3)}
        super().__init__(replay.read_input(lines_of(kept["events"]), LIMITS), definitions, CHUNK, restarts)
        self._kept = kept["changelogs"]

    def _restart(self, definitions: Definitions) -> None:
        for changelog, kept in zip(self._changelogs, self._kept, strict=False):
            changelog.clear()
            changelog.update({key.encode(): base64.b64decode(value) for key, value in kept.items()})
        self._kept = []
        super()._restart(definitions)

    def kinds(self) -> set[str]:
        """Kinds of records in the changelogs."""
        return {json.loads(key)[0] for changelog in self._changelogs for key in changelog}


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_kept_state_goes_on_as_if_it_were_ours(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few windows of the old form are written again with each chunk, so that restarts find some in either form."""
    monkeypatch.setattr(old_rows, "_AT_ONCE", 60)
    kept = json.loads(gzip.decompress(file.read_bytes()))
    definitions = parse_definitions(kept["definitions"], "kept")
    instant = max(event["occurred_at"] for event in kept["events"]) + 1
    ours = replay._Run(definitions, LIMITS, replay.read_input(lines_of(kept["events"]), LIMITS), CHUNK)
    published: list[list[Any]] = []
    upgraded = UpgradedRun(kept, definitions)
    for run in (ours, upgraded):
        steps = list(run.steps([instant], lambda _: None))
        reports = [report_form(report) for _, found in steps for report in found]
        actions = [form for effects, _ in steps if effects is not None for form in action_forms(effects.actions)]
        published.append([actions, sorted(reports, key=repr)])
    assert published[1] == published[0]
    assert not upgraded.kinds() & {"window", "pane", "clock", "list", "waiting"}


@pytest.mark.parametrize("state", [CampaignsState(PARSED, LIMITS, replay.TOPICS), ListsState(PARSED, LIMITS.close_grace)])
def test_state_of_a_later_release_is_refused(state: CampaignsState | ListsState) -> None:
    """Before anything of it is read, for there may be records in it that this release can't make out."""
    with pytest.raises(StateVersionError, match=f"has version {STATE_VERSION + 1}, this program knows {STATE_VERSION}"):
        state.load({encode_key("of a later release"): b"\xff", encode_key("version"): encode(STATE_VERSION + 1)})


def test_a_value_of_a_later_release_is_refused() -> None:
    with pytest.raises(StateVersionError, match="has version 255"):
        CampaignsState(PARSED, LIMITS, replay.TOPICS).load({encode_key("inputs"): b"\xff{}"})
