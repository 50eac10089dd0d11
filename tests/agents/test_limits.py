"""Limits on what events may bring: what is beyond them is set aside, as a question of each topic's records alone (docs/limits.md)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.bounds import Bounds
from agents.letters import LetterRules
from agents.lists import ListsJob
from engine.campaigns import Limits
from schemas.contracts import LIST_DELTA
from schemas.deltas import DeltaColumns, DeltaWriter
from tests.agents.partition import DEFINITIONS, NAMES, NOW, REGISTRY, WRITERS, Partition, Source, as_columns, record
from tests.drawing import drawn
from tests.engine.held_chains import held
from transport.lifecycle import FatalError

EVENTS = st.lists(
    st.fixed_dictionaries(
        {"campaign": st.sampled_from("abcd"), "group": st.sampled_from([None, "", "g", "h"]), "calling_list": st.sampled_from("kl")}
    ),
    max_size=25,
)
CUTS = st.sets(st.integers(1, 24), max_size=5)


def beyond(events: list[dict[str, Any]], limit: int) -> set[int]:
    """The definition: the records that name an object, or a combination, that would be one too many, in the order of their offsets."""
    known: set[tuple[str, ...]] = set()
    combinations: set[tuple[str, ...]] = set()
    refused = set()
    for offset, event in enumerate(events):
        named = {(event["campaign"],), (event["campaign"], "list", event["calling_list"])}
        named |= {(event["campaign"], "group", event["group"])} if event["group"] else set()
        combination = (event["campaign"], event["group"] or "", event["calling_list"])
        if len(known | named) > limit or len(combinations | {combination}) > limit:
            refused.add(offset)
        else:
            known |= named
            combinations.add(combination)
    return refused


def cut(records: list[Source], cuts: set[int]) -> list[list[Source]]:
    bounds = [0, *sorted(one for one in cuts if one < len(records)), len(records)]
    return [records[low:high] for low, high in pairwise(bounds)]


@drawn(60)
@given(EVENTS, EVENTS, st.integers(1, 12), CUTS, CUTS, st.sets(st.integers(0, 12)), st.booleans())
def test_objects_beyond_the_limit_depend_on_the_records_of_their_topic_alone(
    events: Any,
    results: Any,
    limit: int,
    cuts_of_events: set[int],
    cuts_of_results: set[int],
    restarts: set[int],
    together: bool,
) -> None:
    """Not on chunks, restarts, or how the topics pass each other."""
    site = Partition(Limits(object_limit=limit))
    of_events = cut([record(NAMES.campaign_events, number, **event) for number, event in enumerate(events)], cuts_of_events)
    of_results = cut([record(NAMES.call_results, number, **event) for number, event in enumerate(results)], cuts_of_results)
    runs = [[(NAMES.campaign_events, run)] for run in of_events] + [[(NAMES.call_results, run)] for run in of_results]
    if together:
        shorter = min(len(of_events), len(of_results))
        runs = [[*runs[number], *runs[len(of_events) + number]] for number in range(shorter)]
        runs += [[(NAMES.campaign_events, run)] for run in of_events[shorter:]] + [
            [(NAMES.call_results, run)] for run in of_results[shorter:]
        ]
    for number, chunk in enumerate(runs):
        if number in restarts:
            site.restart()
        if any(run for _, run in chunk):
            site.apply(*chunk)
    expected = {(NAMES.campaign_events, offset) for offset in beyond(events, limit)}
    expected |= {(NAMES.call_results, offset) for offset in beyond(results, limit)}
    assert {place: reason for place, (reason, _) in site.letters.items()} == dict.fromkeys(expected, "too_many_objects")
    assert len(site.state.engine.directory.objects) <= 2 * limit


def test_what_is_refused_is_not_remembered_and_the_rest_is_counted() -> None:
    site = Partition(Limits(object_limit=4))
    site.apply((NAMES.call_results, [record(NAMES.call_results, number, campaign=f"c{number % 100}") for number in range(1_000)]))
    assert len(site.letters) == 980
    assert site.actions == 2 * 20
    assert len(site.state.engine.directory.objects) == 4
    reason, detail = site.letters[NAMES.call_results, 2]
    assert reason == "too_many_objects"
    assert detail == (
        "campaign c2, calling list l: more than the 4 objects, and as many combinations of them, that object_limit lets this topic name in "
        "a partition; raise it, and retry"
    )


def test_a_limit_that_was_lowered_leaves_what_was_admitted() -> None:
    site = Partition(Limits(object_limit=100))
    site.apply((NAMES.call_results, [record(NAMES.call_results, number, campaign=f"c{number}") for number in range(10)]))
    lower = Partition(Limits(object_limit=1))
    lower.changelog = site.changelog
    lower.restart()
    lower.apply((NAMES.call_results, [record(NAMES.call_results, number, campaign=f"c{number}") for number in range(12)]))
    assert {offset for _, offset in lower.letters} == {10, 11}


def test_names_of_one_chunk_that_are_too_many_bytes_for_a_record_of_the_changelog_are_written_in_several() -> None:
    site = Partition(Limits(name_limit=1_000))
    long = [{"campaign": f"{number:0>1000}", "chain_id": f"{number:x>1000}", "event_id": f"{number}"} for number in range(1_500)]
    site.apply((NAMES.call_results, [record(NAMES.call_results, number, **names) for number, names in enumerate(long)]))
    of_kind = {kind: sum(key.startswith(f'["{kind}"'.encode()) for key in site.changelog) for kind in ("named", "chains")}
    assert of_kind == {"named": 4, "chains": 8}
    assert max(map(len, site.changelog.values())) <= 500_000
    before = site.state.engine
    site.restart()
    assert site.state.engine.admission[1].objects == before.admission[1].objects
    chains = {chain_id: chain for (_, chain_id), chain in held(before.chains).items()}
    assert {chain_id: chain for (_, chain_id), chain in held(site.state.engine.chains).items()} == chains
    site.apply((NAMES.call_results, [record(NAMES.call_results, 1_500 + number, **names) for number, names in enumerate(long)]))
    assert sum(key.startswith(b'["chains"') for key in site.changelog) < 24, "pages whose chains were touched again are deleted"


@pytest.mark.parametrize("topic", [NAMES.campaign_events, NAMES.call_results])
@pytest.mark.parametrize("field", ["event_id", "tenant", "campaign", "group", "calling_list", "chain_id"])
def test_names_are_as_long_as_the_limit_in_bytes_allows(topic: str, field: str) -> None:
    if topic == NAMES.campaign_events and field == "chain_id":
        return
    site = Partition(Limits(name_limit=10))
    names = ["é" * 5, "é" * 5 + "x", "n" * 10]
    site.apply((topic, [record(topic, number, **{field: name}) for number, name in enumerate(names)]))
    assert site.letters == {(topic, 1): ("name_too_long", f"{field} has 11 bytes, and name_limit is 10")}


def test_a_record_that_is_too_large_is_set_aside_unread() -> None:
    site = Partition(Limits(name_limit=10_000), LetterRules(record_limit=1_000))
    site.apply((NAMES.call_results, [record(NAMES.call_results, 0), record(NAMES.call_results, 1, event_id="e" * 2_000)]))
    ((place, (reason, _)),) = site.letters.items()
    assert (place, reason, site.actions) == ((NAMES.call_results, 1), "too_large", 2)


def test_what_the_agents_send_each_other_is_as_large_as_a_chunk_makes_it() -> None:
    job = ListsJob(DEFINITIONS, Limits(), REGISTRY, NAMES, letters=LetterRules(record_limit=1_000))
    many = np.arange(2_000)
    columns = DeltaColumns("", "l", (), NOW + many, many % 100, many, many, (), many * 0, ("g",), many * 0)
    value = DeltaWriter(REGISTRY.id_for(NAMES.list_deltas, LIST_DELTA)).encode(columns)
    batch = job.decode(job.restore(0, {}), NAMES.list_deltas, as_columns([Source(0, value=value)]), NOW)
    assert (batch.rows.rows.ends.tolist(), batch.set_aside) == ([0, 2_000], [])


def test_more_chains_than_the_limit_stop_the_worker_and_those_whose_time_is_over_do_not_count() -> None:
    limits = Limits(chain_limit=3, chain_retention=1_000)
    site = Partition(limits, bounds=Bounds(chains=3))
    for number, (chain, at) in enumerate([("a", 0), ("b", 0), ("c", 0), ("d", 1_001), ("e", 1_001), ("f", 1_001)]):
        site.apply((NAMES.call_results, [record(NAMES.call_results, number, chain_id=chain, occurred_at=NOW + at)]))
    assert len(site.state.engine.chains) == 3
    one_more = record(NAMES.call_results, 6, chain_id="g", occurred_at=NOW + 1_500)
    with pytest.raises(FatalError, match="partition 0 would remember 4, and chain_limit is 3; this chunk is not committed"):
        site.apply((NAMES.call_results, [one_more]))
    higher = Partition(limits, bounds=Bounds(chains=4))
    higher.changelog = site.changelog
    higher.restart()
    higher.apply((NAMES.call_results, [one_more]))
    assert higher.actions == 2, "what stopped the one is counted by the other"


def test_chains_whose_time_is_over_are_given_up_one_page_after_the_other_until_there_is_room() -> None:
    limits = Limits(chain_limit=4, chain_retention=1_000)
    site = Partition(limits, bounds=Bounds(chains=4))
    for number, at in enumerate([0, 0, 0, 0, 1_001]):
        site.apply((NAMES.call_results, [record(NAMES.call_results, number, chain_id=f"c{number}", occurred_at=NOW + at)]))
    assert {chain_id for _, chain_id in held(site.state.engine.chains)} == {"c1", "c2", "c3", "c4"}


def test_more_windows_than_the_limit_stop_the_worker() -> None:
    site = Partition(Limits(), bounds=Bounds(windows=2))
    site.apply((NAMES.call_results, [record(NAMES.call_results, 0)]))
    assert site.state.engine.ledger.held == 2, "of the campaign and of its list"
    with pytest.raises(FatalError, match="agent campaigns, partition 0 would hold 4 windows and panes, and window_limit is 2"):
        site.apply((NAMES.call_results, [record(NAMES.call_results, 1, campaign="other")]))


def test_windows_that_are_given_up_do_not_count() -> None:
    """Also after a restart, which may bring back what was given up by the last chunk before it, until the next one."""
    steady, restarting = Partition(Limits()), Partition(Limits())
    day = 86_400_000
    for number in range(5):
        for site in (steady, restarting):
            site.apply(*((topic, [record(topic, number, occurred_at=NOW - 10 * day + number * day)]) for topic in WRITERS))
        assert steady.state.engine.ledger.held == restarting.state.engine.ledger.held == 2
        restarting.restart()
