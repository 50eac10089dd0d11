"""Writing events: failures are told, never swallowed."""

import pytest

from engine.offline import RefusedLineError
from schemas.registry import BuiltinRegistry
from topologies.inputs import InputWriter
from topologies.kafka import NoBrokerError, connect
from transport.security import Brokers

EVENT = {"event_id": "e", "kind": "CampaignActivated", "campaign": "c", "group": "g", "occurred_at": 1}


@pytest.fixture(name="writer")
def _writer():
    return InputWriter(Brokers("127.0.0.1:1"), BuiltinRegistry(), timeout=0.2)


def test_no_broker_is_told_when_the_last_is_waited_for(writer):
    with pytest.raises(NoBrokerError, match=r"127\.0\.0\.1:1 within 0\.2 s"), writer:
        writer.write(EVENT)


def test_a_line_of_no_known_kind_is_refused(writer):
    with pytest.raises(RefusedLineError, match="is not the kind"):
        writer.write_line(b'{"kind": "Nothing"}')


@pytest.mark.parametrize("change", [{"occurred_at": None}, {"occurred_at": "now"}, {"group": 7}, {"personal": 1}])
def test_an_event_that_does_not_fit_is_refused(writer, change):
    with pytest.raises(ValueError, match=r"."):
        writer.write(EVENT | change)


def test_connecting_waits_no_longer_than_it_may():
    with pytest.raises(NoBrokerError, match=r"within 0\.3 s; check the address"):
        connect(Brokers("127.0.0.1:1"), 0.3)
