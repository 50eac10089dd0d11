"""`make kafka` runs a broker that says where it is, and leaves nothing behind however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka import broker
from tests.harness.kafka import Kafka

END_S = 30.0


@pytest.fixture
def port() -> int:
    return broker.free_port()


@pytest.fixture
def command(kafka: Kafka, port: int, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Runs once it says so; `kafka` stands for the tools that it needs."""
    arguments = (sys.executable, broker.__file__, "--port", str(port), "--directory", str(tmp_path))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert f"Kafka answers on 127.0.0.1:{port}" in process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_it_takes_its_broker_with_it(command: subprocess.Popen[str], port: int, how: signal.Signals, code: int) -> None:
    assert broker.answers(port)
    command.send_signal(how)
    assert command.wait(END_S) == code
    deadline = time.monotonic() + END_S
    while broker.answers(port):
        assert time.monotonic() < deadline, "the broker outlives the command"


def test_a_taken_port_is_told_and_not_mistaken_for_the_own_broker(kafka: Kafka, tmp_path: Path) -> None:
    second = broker.Broker(tmp_path, kafka.broker.port)
    with pytest.raises(broker.BrokerError, match="is taken"):
        second.start()
    assert not second.running


def test_a_broker_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path: Path, kafka: Kafka) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=2\n")
    spoiled = broker.Broker(tmp_path)
    with pytest.raises(broker.BrokerError, match=r"(?s)did not start on 127\.0\.0\.1.*Stored node id 2"):
        spoiled.start()
    assert not spoiled.running
