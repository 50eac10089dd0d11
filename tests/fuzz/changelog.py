"""Changelogs of both agents, damaged, as they are read back: refused with a message that names the record, or a state to go on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any, Final

import orjson
from hypothesis import strategies as st

from agents.campaigns import CampaignsJob
from agents.lists import ListsJob
from engine.campaigns import Limits
from engine.definitions import parse_definitions
from simulator import preset, simulate
from tests.agents.partition import NAMES, NOW, REGISTRY, WRITERS, Partition, Source, keep
from tests.engine.test_restarts import SLICED_TEXT
from tests.fuzz.damage import damaged
from tests.fuzz.deltas import chunk_of
from tests.fuzz.target import Target, needs_nothing
from transport.lifecycle import FatalError

DEFINITIONS = parse_definitions(SLICED_TEXT, "test")
LIMITS = Limits()
EVENTS: Final = 300
PARTITION: Final = 3

JOBS: Final[Mapping[str, Any]] = {
    "campaigns": CampaignsJob(DEFINITIONS, LIMITS, REGISTRY, NAMES),
    "lists": ListsJob(DEFINITIONS, LIMITS, REGISTRY, NAMES),
}


@cache
def changelogs() -> Mapping[str, Mapping[bytes, bytes]]:
    """What both agents keep of some simulated events of the same day, by the name of the agent."""
    campaigns = Partition(LIMITS, definitions=DEFINITIONS)
    lists, changelog = JOBS["lists"], dict[bytes, bytes]()
    held = lists.restore(0, {})
    for number, event in enumerate(islice(simulate(replace(preset("site", start_ms=NOW - 43_200_000), rate=0.2)), EVENTS)):
        topic = NAMES.call_results if "call_result" in event else NAMES.campaign_events
        outcome = campaigns.apply((topic, [Source(number, value=WRITERS[topic].encode({"tenant": "", **event}))]))
        deltas = [Source(number, value=value) for _, value, *_ in outcome.outputs[NAMES.list_deltas]]
        if deltas:
            keep(changelog, lists.apply(held, chunk_of(held, deltas)))
    return {"campaigns": campaigns.changelog, "lists": changelog}


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[str, dict[bytes, bytes | None]]:
    """An agent, and the values that some keys have instead of those of its changelog; None is none."""
    agent = draw(st.sampled_from([*JOBS]))
    records = changelogs()[agent]
    by_kind: dict[str, list[bytes]] = {}
    for known in sorted(records):
        by_kind.setdefault(orjson.loads(known)[0], []).append(known)
    keys = st.sampled_from(sorted(by_kind)).flatmap(lambda kind: st.sampled_from(by_kind[kind]))
    values = st.sampled_from(sorted(set(records.values())))
    changed: dict[bytes, bytes | None] = {}
    for _ in range(draw(st.integers(1, 4))):
        key = draw(keys)
        match draw(st.integers(0, 6)):
            case 0:
                changed[key] = draw(values)
            case 1:
                changed |= {key: None, draw(damaged(st.just(key))): records[key]}
            case 2:
                changed[key] = draw(st.binary(max_size=20) | st.just(b""))
            case 3:
                changed[draw(_KEYS)] = draw(values | _VALUES)
            case 4:
                changed[key] = draw(_VALUES)
            case _:
                changed[key] = draw(damaged(st.just(records[key]), keep=1))
    return agent, changed


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.integers(-2, 9), st.floats(), st.text(max_size=4)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)
_VALUES = _JSON.map(lambda value: b"\x01" + orjson.dumps(value))
_KINDS = ["version", "inputs", "clock", "group", "campaign", "gauge", "spans", "early", "reached", "starts", "named", "chains", "object"]
_KINDS += ["part", "counted", "counts", "since", "window", "open", "pane", "selected", "waiting", "waits", "source", "strange"]
_KEYS = st.builds(lambda kind, parts: orjson.dumps([kind, *parts]), st.sampled_from(_KINDS), st.lists(_JSON, max_size=7))


def check(case: tuple[str, dict[bytes, bytes | None]]) -> None:
    """See ``TARGET``."""
    agent, changed = case
    records = {key: value for key, value in {**changelogs()[agent], **changed}.items() if value is not None}
    try:
        JOBS[agent].restore(PARTITION, records)
    except FatalError as error:
        told = str(error)
        assert told.startswith((f"state is damaged: agent {agent}, partition {PARTITION}: ", f"state can't be read: agent {agent}, ")), told
        named = any(f"at the record {key!r}" in told for key in changed)
        assert named or "run the release that wrote it" in told or "found when all records of the engine were read" in told, told


TARGET = Target(
    "changelog",
    "a damaged state is refused with a message that names agent, partition and record (or says that only all together tell), or is read",
    _damaged(),
    needs_nothing(check),
    size=100,
    short=12,
)
