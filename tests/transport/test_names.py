"""Names and places that others rely on: partitions of keys, changelogs, transactional ids (contract 1; rules 27, 31)."""

import asyncio

import pytest

from tests.transport.toy import CountsJob, TotalsJob
from transport.app import build_app
from transport.config import TransportConfig
from transport.partitioning import partition_of

CONFIG = TransportConfig(brokers="a:1, b:2", app="site", partitions=8, topic_prefix="eu.")


@pytest.mark.parametrize(
    ("key", "hashed"), [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536), (b"abc", 479470107)]
)
def test_keys_go_where_kafka_s_own_tests_say(key, hashed):
    """Contract 1: the vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2."""
    assert partition_of(key, 1_000) == (hashed & 0x7FFFFFFF) % 1_000


def test_names():
    assert CONFIG.servers == ["a:1", "b:2"]
    assert CONFIG.changelog("counts") == "eu.site-counts-changelog"
    assert CONFIG.transactional_id("counts", 3) == "site-counts-3"


@pytest.fixture
def _loop():
    """Faust looks for the loop of the thread, and makes one that nobody closes if there is none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.usefixtures("_loop")
def test_faust_knows_the_changelogs_by_the_same_names_and_subscribes_to_all_inputs():
    app = build_app(CONFIG, [CountsJob("eu."), TotalsJob("eu.")])
    assert app.tables.changelog_topics == {"eu.site-counts-changelog", "eu.site-totals-changelog"}
    assert set(app.consumer.receivers) == {"eu.first", "eu.second", "eu.subtotals"}
    assert [str(address) for address in app.conf.broker] == ["kafka://a:1", "kafka://b:2"]
    app.consumer._thread.thread_loop.close()
