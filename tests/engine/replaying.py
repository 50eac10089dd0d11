"""Replays of a few events, for tests that quote a case."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.replay import run_replay
from engine.campaigns import Limits
from engine.definitions import parse_definitions


def at(clock: str, day: int = 5) -> int:
    """An instant of a day in January 2026, UTC, ms."""
    hour, minute, second = (int(part) for part in clock.split(":"))
    return round(datetime(2026, 1, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000)


def event(kind: str, clock: str, **fields: Any) -> dict[str, Any]:
    """An event of campaign C and group G, unless told otherwise."""
    base = {"event_id": f"{kind}-{clock}", "kind": kind, "campaign": "C", "occurred_at": at(clock)}
    return {**base, **({} if kind in {"CallCompleted", "LeadProcessed"} else {"group": "G"}), **fields}


def call(clock: str, result: int, **fields: Any) -> dict[str, Any]:
    """A completed call on list L."""
    return event("CallCompleted", clock, **{"calling_list": "L", "call_result": result, **fields})


class Replay:
    """What a replay wrote."""

    def __init__(
        self,
        folder: Path,
        events: list[dict[str, Any]],
        definitions: str,
        instants: list[int] | None = None,
        chunk: int = 4_096,
        **limits: int,
    ) -> None:
        lines = io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in events))
        run_replay(lines, parse_definitions(definitions, "test.toml"), Limits(**limits), instants or [], folder, lambda _: None, chunk)
        self.actions = _read(folder / "actions.jsonl")
        self.reports = _read(folder / "statistics.jsonl")
        self.letters = _read(folder / "dead_letters.jsonl")

    def ended(self, *, campaign: bool = False) -> list[tuple[str, float]]:
        """(action, seconds) of the durable actions that ended, of groups or of the campaign alone."""
        wanted = [one for one in self.actions if one["phase"] == "end" and (one["objects"] == ["Campaign"]) == campaign]
        return [(one["action"], one["duration_ms"] / 1000) for one in wanted]

    def counts(self) -> dict[str, int]:
        """How many instants there were of each action."""
        names = [one["action"] for one in self.actions if one["phase"] == "instant"]
        return {name: names.count(name) for name in dict.fromkeys(names)}

    def finals(self, object_type: str, profile: str) -> dict[int, dict[str, Any]]:
        """Last final report of each window of an object type, by its start."""
        chosen = [one for one in self.reports if one["final"] and one["object_type"] == object_type and one["profile"] == profile]
        return {one["window_start"]: one for one in chosen}

    def at(self, object_type: str, instant: int, profile: str) -> dict[str, Any]:
        """The report of an object type at an instant."""
        (found,) = [
            one
            for one in self.reports
            if not one["final"] and (one["object_type"], one["as_of"], one["profile"]) == (object_type, instant, profile)
        ]
        return found


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
