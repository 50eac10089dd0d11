"""A state that can't be read ends the worker with a message that says where it lies, whatever is wrong with it."""

from __future__ import annotations

import pytest

from agents.letters import STATE_KEY
from agents.lists import ListsJob
from engine.campaigns import Limits
from engine.changelog import STATE_VERSION, encode, encode_key
from tests.agents.partition import DEFINITIONS, NAMES, REGISTRY, Partition, record
from transport.lifecycle import FatalError

DAMAGED = {
    b"no JSON": encode({}),
    b"7": encode({}),
    b"[]": encode({}),
    encode_key("window", "day growing 00:00 UTC", 0): encode({}),
    encode_key("object", "", "c", 99, "x"): b"\x01",
    encode_key("since", "x"): encode(5),
    STATE_KEY: b"{",
}


@pytest.mark.parametrize("key", DAMAGED)
def test_it_is_told_which_agent_and_partition_and_record(key: bytes) -> None:
    lists = ListsJob(DEFINITIONS, Limits(), REGISTRY, NAMES)
    for name, job in (("campaigns", Partition(Limits()).job), ("lists", lists)):
        with pytest.raises(FatalError, match=f"state is damaged: agent {name}, partition 3: ") as raised:
            job.restore(3, {key: DAMAGED[key]})
        assert (f"at the record {key!r}" in str(raised.value)) == (key != STATE_KEY)
        assert "put the changelog topic back from a copy" in str(raised.value)


def test_a_value_that_was_cut_off_is_told() -> None:
    partition = Partition(Limits())
    partition.apply((NAMES.call_results, [record(NAMES.call_results, 0, chain_id="7")]))
    keys = [key for key in partition.changelog if key.startswith((b'["counts"', b'["inputs"', b'["chains"'))]
    assert len(keys) == 3
    for key in keys:
        with pytest.raises(FatalError, match="state is damaged: agent campaigns, partition 0: "):
            partition.job.restore(0, partition.changelog | {key: partition.changelog[key][:-3]})


def test_a_state_of_a_later_release_is_not_called_damaged() -> None:
    with pytest.raises(FatalError, match=r"state can't be read: agent campaigns, partition 0: .* run the release that wrote it"):
        Partition(Limits()).job.restore(0, {encode_key("version"): encode(STATE_VERSION + 1)})
