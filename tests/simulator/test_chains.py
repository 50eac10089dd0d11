"""Lists and chains: retries by result, one lead a chain, gauges that add up, ends of lists (domain 1.3, 4.3, 4.7, 4.8)."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest

from simulator.lists import CallingList, Chain
from simulator.outcomes import ANSWER, outcomes_of_list
from simulator.scenario import Scenario
from simulator.treatments import DEAD_NUMBERS, MAX_ATTEMPTS, RETRIES, wait_before_next
from simulator.world import World

from .follower import Follower


@pytest.fixture
def world() -> World:
    return World(Scenario())


@pytest.fixture
def calling_list(world: World) -> CallingList:
    made = CallingList(world, "", "customers", 200, outcomes_of_list(world.chance, random_numbers=False))
    made.users += ["spring", "autumn", "winter"]
    return made


def _chain(calling_list: CallingList, numbers: tuple[int, ...], attempts: int = 1) -> Chain:
    chain = Chain(calling_list, 1, numbers)
    chain.attempts = attempts
    return chain


def _minutes(world: World, chain: Chain, result: int) -> float | None:
    wait = wait_before_next(world, chain, result)
    return None if wait is None else wait / 60_000


def test_busy_is_tried_soon_no_answer_later_a_machine_later_still(world, calling_list):
    waits = [_minutes(world, _chain(calling_list, (0,)), result) for result in (6, 7, 9)]
    assert all(wait is not None for wait in waits)
    assert 3 <= waits[0] <= 8
    assert 30 <= waits[1] <= 90
    assert 60 <= waits[2] <= 180


@pytest.mark.parametrize("result", sorted(DEAD_NUMBERS))
def test_a_number_that_does_not_exist_is_never_called_again(world, calling_list, result):
    assert _minutes(world, _chain(calling_list, (0,)), result) is None
    chain = _chain(calling_list, (0, 1, 2))
    assert _minutes(world, chain, result) is not None
    assert chain.numbers == (1, 2)
    assert chain.number == 1


def test_numbers_are_tried_in_turn(world, calling_list):
    chain = _chain(calling_list, (0, 1))
    tried = []
    for _ in range(4):
        tried.append(chain.number)
        wait_before_next(world, chain, 7)
    assert tried == [0, 1, 0, 1]


def test_an_answer_or_the_last_attempt_ends_the_chain(world, calling_list):
    assert _minutes(world, _chain(calling_list, (0,)), ANSWER) is None
    assert _minutes(world, _chain(calling_list, (0,), MAX_ATTEMPTS), 7) is None


def test_a_shared_list_is_reported_in_parts_that_add_up_4_7(world, calling_list):
    calling_list.report_gauges()
    parts = [event["records"] for event in world.journal.pages]
    assert sum(parts) == calling_list.scheduled
    assert max(parts) - min(parts) <= 1
    assert [event["campaign"] for event in world.journal.pages] == calling_list.users


def test_a_list_is_completed_when_few_are_left_and_none_is_due(world, calling_list):
    taken = []
    while (chain := calling_list.take()) is not None:
        taken.append(chain)
    for chain in taken[:10]:
        assert calling_list.put_back(chain, 60_000)
    assert calling_list.complete_if_over()
    assert calling_list.left == 10
    assert calling_list.scheduled == 0
    assert not calling_list.put_back(taken[11], 60_000), "the chain's pass is over"
    assert not calling_list.complete_if_over(), "it is completed once"
    calling_list.renew()
    assert calling_list.take() is not None


def test_a_list_goes_on_while_many_wait(world, calling_list):
    while (chain := calling_list.take()) is not None:
        calling_list.put_back(chain, 5_000)
    assert not calling_list.complete_if_over()


def test_those_who_wait_are_woken_when_a_chain_is_due(world, calling_list):
    while (chain := calling_list.take()) is not None:
        calling_list.put_back(chain, 5_000)
    woken = []
    calling_list.await_records(lambda: woken.append(world.agenda.now))
    while not woken:
        assert world.agenda.step(float("inf"))
    assert woken == [world.scenario.start_ms + 5_000]


def _by_chain(follower: Follower) -> dict[tuple[str, str, str], list[dict]]:
    chains = defaultdict(list)
    for call in follower.calls:
        chains[call["tenant"], call["calling_list"], call["chain_id"]].append(call)
    return chains


def test_attempts_of_a_chain_count_up(site):
    for calls in _by_chain(site).values():
        assert [call["attempt"] for call in calls] == list(range(1, len(calls) + 1))


def test_retries_keep_to_the_treatment(site):
    retried = 0
    for calls in _by_chain(site).values():
        for before, after in pairwise(calls):
            if before["call_result"] in RETRIES:
                retried += 1
                assert after["dialed_at"] - before["ended_at"] >= 60_000 * RETRIES[before["call_result"]][0]
    assert retried > 1000


def test_a_dead_number_is_not_dialled_again(site):
    for calls in _by_chain(site).values():
        dead = set()
        for call in calls:
            assert call["record_id"] not in dead
            if call["call_result"] in DEAD_NUMBERS:
                dead.add(call["record_id"])


def test_lists_are_shared_by_campaigns(site):
    campaigns = defaultdict(set)
    for call in site.calls:
        campaigns[call["calling_list"]].add(call["campaign"])
    assert 0 < sum(len(used_by) > 1 for used_by in campaigns.values()) < len(campaigns)


def test_an_end_of_a_list_leaves_nothing_scheduled_4_8(demo_events):
    scheduled: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    ends = 0
    for event in demo_events:
        key = (event["tenant"], event.get("calling_list", ""))
        if event["kind"] == "RecordScheduled":
            scheduled[key][event["campaign"]] = event["records"]
        elif event["kind"] == "ProcessingCompleted" and "calling_list" in event:
            ends += 1
            assert sum(scheduled[key].values()) == 0
    assert ends > 10
    assert any(event["kind"] == "ProcessingCompleted" and event["records"] > 0 for event in demo_events)
    assert any(event["kind"] == "ProcessingCompleted" and "calling_list" not in event for event in demo_events)


def test_most_chains_end_with_a_lead_4_3(site):
    assert 0.65 < len(site.leads) / len(_by_chain(site)) <= 1.01
