"""Take-overs that overlap: the one that a newer one has replaced leaves everything to it (architecture 3.2)."""

import asyncio
from operator import attrgetter
from types import SimpleNamespace
from unittest.mock import AsyncMock, Mock

import pytest
from faust.types import TP

from transport.takeover import TakeOver

ASSIGNED = {TP("calls", 0), TP("changelog", 0)}


class Worker:
    """A worker that is assigned a partition, as far as a take-over knows it. ``rebalanced``: a newer assignment has come."""

    def __init__(self):
        self.pipeline = Mock(open=AsyncMock(return_value={TP("calls", 0): 7}))
        self.consumer = Mock(seek_all=AsyncMock())
        self.consumer.assignment.return_value = ASSIGNED
        self.consumer.all_receivers.return_value = [self.pipeline]
        self.app = Mock(
            consumer=self.consumer, rebalancing_count=1, consumer_generation_id=4, conf=SimpleNamespace(stream_recovery_delay=0)
        )
        self.app.on_rebalance_complete.send = AsyncMock()
        self.app.crash = AsyncMock()
        self.app._fetcher.maybe_start = AsyncMock()
        self.consumer.app = self.app
        self.takeover = TakeOver(self.app, Mock(changelog_topics={"changelog"}))

    async def rebalanced(self, *_):
        self.app.rebalancing_count += 1
        return {}

    def take_over(self):
        asyncio.run(self.takeover._take_over(4))

    @property
    def started(self):
        return self.pipeline.start.called or self.consumer.resume_partitions.called or self.app.dialstat_ready.called


@pytest.fixture
def worker():
    return Worker()


def test_what_was_restored_is_sought_resumed_and_started(worker):
    worker.take_over()
    worker.consumer.seek_all.assert_awaited_once_with({TP("calls", 0): 7}, {TP("changelog", 0)})
    worker.consumer.resume_partitions.assert_called_once_with({TP("calls", 0)})
    worker.pipeline.start.assert_called_once_with()
    worker.app.dialstat_ready.assert_called_once_with([0])


@pytest.mark.parametrize("step", ["pipeline.open", "consumer.seek_all", "app.on_rebalance_complete.send"])
def test_one_that_is_replaced_at_any_step_starts_nothing(worker, step):
    attrgetter(step)(worker).side_effect = worker.rebalanced
    worker.take_over()
    assert not worker.started
    assert not worker.app.crash.called


def test_what_goes_wrong_in_one_that_is_replaced_does_not_end_the_worker(worker):
    async def torn_apart(_):
        await worker.rebalanced()
        raise KeyError(TP("calls", 0))

    worker.pipeline.open.side_effect = torn_apart
    worker.take_over()
    assert not worker.started
    assert not worker.app.dialstat_lifecycle.fail.called
    assert not worker.app.crash.called


def test_what_goes_wrong_in_the_newest_one_ends_the_worker(worker):
    error = ValueError("state of a newer release")
    worker.pipeline.open.side_effect = error
    worker.take_over()
    worker.app.dialstat_lifecycle.fail.assert_called_once_with(error)
    worker.app.crash.assert_awaited_once_with(error)
