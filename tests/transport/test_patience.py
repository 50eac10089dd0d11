"""A broker that is not there: pauses that grow, and an end to them."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from transport import patience
from transport.lifecycle import FatalError

PLACE = ("broker", 9092)


def test_pauses_double_up_to_a_limit_and_are_forgotten_when_somebody_answers():
    now = 100.0
    pauses = patience.Pauses(lambda: now)
    assert pauses.left(PLACE) == 0
    waited = []
    for _ in range(8):
        pauses.failed(PLACE)
        waited.append(round(pauses.left(PLACE), 3))
        now += waited[-1]
    assert waited == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert pauses.answered(PLACE) == pytest.approx(sum(waited))
    assert (pauses.left(PLACE), pauses.answered(PLACE)) == (0, None)


def test_clients_that_fail_together_count_once():
    """A worker has ten or more of them, and all lose the broker at the same moment."""
    pauses = patience.Pauses(lambda: 100.0)
    for _ in range(10):
        pauses.failed(PLACE)
    assert pauses.left(PLACE) == pytest.approx(0.05)
    assert pauses.left(("another", 9092)) == 0


def test_a_connection_waits_for_its_pause_and_its_coming_back_is_told():
    answers = iter([OSError("refused"), OSError("refused"), "connection"])

    async def create(host, port, **settings):
        if isinstance(answer := next(answers), OSError):
            raise answer
        return answer

    async def attempts():
        connecting = patience.Connecting(create, patience.Pauses())
        for _ in range(2):
            with pytest.raises(OSError, match="refused"):
                await connecting(*PLACE)
        return await connecting(*PLACE)

    began = time.monotonic()
    with capture_logs() as logs:
        assert asyncio.run(attempts()) == "connection"
    assert time.monotonic() - began >= 0.15
    assert [(entry["event"], entry["broker"]) for entry in logs] == [("the broker is back", "broker:9092")]


def test_a_client_is_started_until_the_limit():
    class NobodyThere:
        attempts = 0

        async def start(self):
            self.attempts += 1
            raise patience.KafkaConnectionError

    client = NobodyThere()
    with pytest.raises(FatalError, match=r"no broker answered within 0.05 s \(setting broker_timeout\); start the worker again"):
        asyncio.run(patience.start(client, 0.05))
    assert client.attempts > 1
