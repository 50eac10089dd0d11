"""What the peers in Python share: their place, the events as they come, actions and panes of ten seconds.

It runs in the environments of the peers, so nothing of the product is imported; the tables and schemas are the product's files.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastavro

SIZE_MS: Final = 60_000
PANE_MS: Final = 10_000
HEADER: Final = 5
ACTION_HEADER: Final = b"\0" + (3_001).to_bytes(4, "big")

Event = dict[str, Any]
Object = tuple[str, str]
"""Type and name."""


@dataclass(frozen=True)
class Place:
    """The command line: see ``peers.Place``."""

    job: str
    bootstrap: str
    topic: str
    prefix: str
    folder: str

    @property
    def whole(self) -> bool:
        """Whether it is the job with actions."""
        return self.job == "whole"


def place() -> Place:
    """From this process's command line."""
    return Place(*sys.argv[1:6])


def _schema(name: str) -> Any:  # noqa: ANN401 - a parsed schema
    """A schema with times as plain numbers."""
    text = (Path(os.environ["SCHEMAS"]) / f"{name}.avsc").read_text(encoding="utf-8")
    return fastavro.parse_schema(json.loads(text, object_hook=lambda one: one["type"] if "logicalType" in one else one))


def _results() -> dict[tuple[str, int], tuple[str, ...]]:
    """The actions of each kind and result."""
    with (Path(os.environ["TABLES"]) / "call_results.csv").open(encoding="utf-8") as rows:
        table = {int(row["code"]): (row["dial_action"], row["lead_action"]) for row in csv.DictReader(rows)}
    calls = {("CallCompleted", code): ("DialMade", *filter(None, [dial])) for code, (dial, _lead) in table.items()}
    leads = {("LeadProcessed", code): ("LeadProcessed", *filter(None, [lead])) for code, (_dial, lead) in table.items()}
    return {**calls, **leads}


_CALL: Final = _schema("call_result")
_ACTION: Final = _schema("campaign_action")
_ACTIONS: Final = _results()


def read(value: bytes) -> Event:
    """The fields of a call result."""
    stream = io.BytesIO(value)
    stream.seek(HEADER)
    fields: Any = fastavro.schemaless_reader(stream, _CALL, None)
    return dict(fields)


def names(event: Event) -> tuple[str, ...]:
    """The actions of an event."""
    return _ACTIONS[event["kind"], event["call_result"]]


def actions(event: Event) -> Iterator[bytes]:
    """The records of its actions."""
    kinds = ("Campaign", "CampaignGroup", "CallingList", "CampaignCallingList")
    objects = [kind for kind in kinds if event["group"] is not None or kind != "CampaignGroup"]
    common = {name: event[name] for name in ("event_id", "tenant", "campaign", "group", "calling_list", "occurred_at", "call_result")}
    for number, name in enumerate(names(event)):
        fields = {**common, "action_id": f"{event['event_id']}/{number}", "objects": objects, "action": name, "phase": "instant"}
        stream = io.BytesIO()
        stream.write(ACTION_HEADER)
        fastavro.schemaless_writer(stream, _ACTION, fields)
        yield stream.getvalue()


def objects_of_campaign(event: Event) -> Iterator[Object]:
    """The objects that belong to its campaign alone."""
    campaign = event["campaign"]
    yield "Campaign", campaign
    if event["group"] is not None:
        yield "CampaignGroup", f"{campaign}@{event['group']}"
    yield "CampaignCallingList", f"{campaign}@{event['calling_list']}"


def tumbling(at: int) -> int:
    """The start of the minute."""
    return at - at % SIZE_MS


def pane(at: int) -> int:
    """The start of the ten seconds."""
    return at - at % PANE_MS


def windows(at: int) -> Iterator[tuple[str, int]]:
    """Profile and start of every window that an instant, or the pane that begins there, is in."""
    yield "tumbling", tumbling(at)
    for back in range(0, SIZE_MS, PANE_MS):
        yield "hopping", pane(at) - back


def row(profile: str, of: Object, start: int, values: dict[str, int]) -> dict[str, Any]:
    """What is published of one window."""
    return {"profile": profile, "object_type": of[0], "object": of[1], "window_start": start, "values": values}


def sums(panes: dict[tuple[Object, int], dict[str, int]], changed: Iterable[tuple[Object, int]]) -> Iterator[dict[str, Any]]:
    """A row for every window that a changed pane is in."""
    touched = {(profile, of, start) for of, at in changed for profile, start in windows(at)}
    for profile, of, start in touched:
        values: dict[str, int] = {}
        for at in range(start, start + SIZE_MS, PANE_MS):
            for name, count in panes.get((of, at), {}).items():
                values[name] = values.get(name, 0) + count
        yield row(profile, of, start, values)
