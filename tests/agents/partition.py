"""A partition of the campaigns' agent in this process: chunks in, changelog and letters out, restarts in between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from agents.bounds import DEFAULT_BOUNDS, Bounds
from agents.campaigns import CampaignsJob
from agents.letters import NO_RULES, LetterRules
from agents.names import topic_names
from engine.campaigns import Limits
from engine.definitions import Definitions, parse_definitions
from schemas.contracts import CALL_RESULT, CAMPAIGN_EVENT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry, Registry
from transport.job import Chunk, Outcome, Piece, Taken
from transport.records import Records, SourceRecord, records_of

NAMES = topic_names("", "dialstat")
REGISTRY = BuiltinRegistry()
WRITERS = {
    NAMES.campaign_events: RecordWriter(CAMPAIGN_EVENT, REGISTRY.id_for(NAMES.campaign_events, CAMPAIGN_EVENT)),
    NAMES.call_results: RecordWriter(CALL_RESULT, REGISTRY.id_for(NAMES.call_results, CALL_RESULT)),
}
DEFINITIONS = parse_definitions(
    '[profile.day]\nkind = "growing"\n[statistic.Dials]\ncategory = "TotalNumber"\nmain = "DialMade"\nprofiles = ["day"]\n', "test"
)
NOW = 1_700_000_000_000


class Source(NamedTuple):
    """A record."""

    offset: int
    timestamp: int = 0
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: tuple[tuple[str, bytes], ...] = ()


def as_columns(records: Iterable[Source]) -> Records:
    """As the transport hands them over."""
    return records_of(SourceRecord(*one) for one in records)


def record(topic: str, offset: int, **names: Any) -> Source:
    """An event of either topic."""
    kind = {"kind": "CallCompleted", "call_result": 33} if topic == NAMES.call_results else {"kind": "AgentError"}
    fields = {"event_id": f"e{offset}", "tenant": "", "campaign": "c", "occurred_at": NOW + offset, **kind, **names}
    if topic == NAMES.call_results:
        fields.setdefault("calling_list", "l")
    return Source(offset, value=WRITERS[topic].encode(fields))


class Partition:
    """The agent's state, its changelog, and the letters that it wrote: (topic, offset) -> (reason, detail)."""

    def __init__(
        self,
        limits: Limits,
        rules: LetterRules = NO_RULES,
        bounds: Bounds = DEFAULT_BOUNDS,
        definitions: Definitions = DEFINITIONS,
        registry: Registry = REGISTRY,
    ) -> None:
        self.job = CampaignsJob(definitions, limits, registry, NAMES, letters=rules, bounds=bounds)
        self.changelog: dict[bytes, bytes] = {}
        self.letters: dict[tuple[str, int], tuple[str, str]] = {}
        self.actions = 0
        self.restart()

    def restart(self) -> None:
        self.state = self.job.restore(0, self.changelog)

    def apply(self, *runs: tuple[str, list[Source]]) -> Outcome:
        """One chunk, of runs of one topic each."""
        batches = [(topic, self.job.decode(self.state, topic, as_columns(run), NOW), run) for topic, run in runs if run]
        places = np.arange(sum(len(run) for _, _, run in batches))
        taken = []
        for topic, batch, run in batches:
            taken.append(Taken(topic, (Piece(batch, 0, len(run)),), places[: len(run)], run[-1].offset + 1))
            places = places[len(run) :]
        outcome = self.job.apply(self.state, Chunk(tuple(taken), NOW, drained=False))
        keep(self.changelog, outcome)
        for letter in outcome.outputs[NAMES.dead_letters]:
            told = {name.removeprefix("dialstat."): value.decode() for name, value in letter.headers if name.startswith("dialstat.")}
            self.letters[told["topic"], int(told["offset"])] = (told["reason"], told["detail"])
        self.actions += len(outcome.outputs[NAMES.campaign_actions])
        return outcome


def keep(changelog: dict[bytes, bytes], outcome: Outcome) -> None:
    """What compaction leaves of a changelog to which an outcome was written."""
    for key, value in outcome.changes:
        if value is None:
            changelog.pop(key, None)
        else:
            changelog[key] = value
