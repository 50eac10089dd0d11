"""The topology as data: contract 1."""

import pytest

from topologies.declaration import Cleanup, Role, declare
from topologies.sources import load_settings


def topology(**options):
    return declare(load_settings(options).settings)


def test_the_topics_of_the_contract_are_there_with_their_keys_and_values():
    assert {
        topic.name: (topic.key, topic.value, topic.cleanup) for topic in topology().topics if topic.role in {Role.INPUT, Role.OUTPUT}
    } == {
        "campaign-events": ("campaign", "CampaignEvent", "delete"),
        "call-results": ("campaign", "CallResult", "delete"),
        "campaign-actions": ("campaign", "CampaignAction", "delete"),
        "campaign-statistics": ("campaign", "StatisticReport", "delete"),
        "calling-list-statistics": ("list", "StatisticReport", "delete"),
        "dead-letters": ("as received", "as received", "delete"),
    }


def test_the_prefix_goes_before_every_topic():
    made = topology(topic_prefix="test-", app="mine")
    assert all(topic.name == f"test-{topic.plain}" for topic in made.topics)
    assert {topic.name for topic in made.topics if topic.role not in {Role.INPUT, Role.OUTPUT}} == {
        "test-mine-list-deltas",
        "test-dead-letter-retries",
        "test-mine-campaigns-changelog",
        "test-mine-lists-changelog",
    }


def test_what_is_known_by_the_last_record_of_a_key_is_compacted_and_nothing_else():
    assert {topic.name for topic in topology().topics if topic.cleanup is Cleanup.COMPACT} == {
        "dead-letter-retries",
        *(topic.name for topic in topology().of_role(Role.CHANGELOG)),
    }


def test_inputs_merge_campaign_events_first():
    """Domain 2.5: of equals, the campaign event."""
    assert [topic.plain for topic in topology().agent("campaigns").inputs] == ["campaign-events", "call-results"]


def test_everything_a_worker_holds_together_has_the_same_partitions():
    held = [topic for agent in topology().agents for topic in (*agent.inputs, agent.changelog)]
    assert all(topic.together for topic in held)


def test_every_topic_is_written_and_read_by_someone():
    made = topology()
    assert {topic.plain: (made.writers(topic), made.readers(topic)) for topic in made.topics} == {
        "campaign-events": (("outside",), ("campaigns",)),
        "call-results": (("outside",), ("campaigns",)),
        "campaign-actions": (("campaigns",), ("outside",)),
        "campaign-statistics": (("campaigns",), ("outside",)),
        "calling-list-statistics": (("lists",), ("outside",)),
        "dead-letters": (("campaigns", "lists"), ("outside",)),
        "dialstat-list-deltas": (("campaigns",), ("lists",)),
        "dead-letter-retries": (("outside",), ("outside",)),
        "dialstat-campaigns-changelog": (("campaigns",), ("campaigns",)),
        "dialstat-lists-changelog": (("lists",), ("lists",)),
    }


@pytest.mark.parametrize("name", ["campaign-actions", "p-campaign-actions"])
def test_a_topic_is_found_with_and_without_its_prefix(name):
    assert topology(topic_prefix="p-").topic(name).name == "p-campaign-actions"
