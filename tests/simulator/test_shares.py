"""Results and ringing times are those published for outbound calling."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from random import Random

import pytest

from engine.catalog import CALL_RESULTS
from simulator import preset, simulate
from simulator.outcomes import outcomes_of_list

from .follower import Follower


def shares(follower: Follower) -> Counter[str]:
    """Percent of calls by outcome group."""
    counts = Counter(str(CALL_RESULTS[call["call_result"]].outcome_group) for call in follower.calls)
    results = Counter(call["call_result"] for call in follower.calls)
    counts["fax or modem"] = results[17]
    counts["answering machine"] = results[9]
    return Counter({name: 100 * count / len(follower.calls) for name, count in counts.items()})


@pytest.fixture(scope="module", params=[1, 2, 3])
def known(request: pytest.FixtureRequest) -> Counter[str]:
    scenario = replace(preset("site", seed=request.param), random_share=0.0)
    return shares(Follower().follow(islice(simulate(scenario), 40_000)))


@pytest.fixture(scope="module", params=[1, 2])
def random_numbers(request: pytest.FixtureRequest) -> Counter[str]:
    scenario = replace(preset("site", seed=request.param), random_share=1.0)
    return shares(Follower().follow(islice(simulate(scenario), 40_000)))


def test_known_numbers(known):
    assert 25 <= known["no_answer"] <= 35
    assert 3 <= known["busy"] <= 6
    assert 0 < known["fax or modem"] <= 3
    assert 0 < known["error"] < 1
    assert 0 < known["sit"] < 4
    assert 12 <= known["answering machine"] <= 22
    assert 33 <= known["answer"] <= 48


def test_random_numbers_are_often_unobtainable(random_numbers):
    assert 8 <= random_numbers["sit"] <= 12
    assert 25 <= random_numbers["no_answer"] <= 35
    assert 3 <= random_numbers["busy"] <= 6


@pytest.mark.parametrize("random_list", [False, True])
def test_a_person_answers_what_no_other_outcome_takes(random_list):
    chance = Random(1)
    outcomes = outcomes_of_list(chance, random_list)
    answered = sum(outcomes.draw(chance) is None for _ in range(20_000)) / 20_000
    assert 0.35 < answered < 0.47


def test_people_answer_after_6_to_10_or_18_to_22_seconds(demo):
    ringing = [(call["answered_at"] - call["dialed_at"]) / 1000 for call in demo.calls if call["call_result"] in (21, 33)]
    quick = sum(6 <= seconds <= 10 for seconds in ringing)
    slow = sum(18 <= seconds <= 22 for seconds in ringing)
    assert quick + slow == len(ringing)
    assert 0.55 < quick / len(ringing) < 0.75


def test_calls_without_an_answer_have_no_answered_at(demo):
    assert all("answered_at" not in call for call in demo.calls if call["call_result"] in (6, 7, 8, 11, 12))
