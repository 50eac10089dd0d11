"""A short chaos run, and that its parts do what they say."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from deploy.kafka.broker import free_port
from tests.chaos.audit import Found, compare
from tests.chaos.faults import KINDS, Deck
from tests.chaos.proxy import Proxy
from tests.chaos.run import run
from tests.chaos.workers import Ended, Slot

SEED = 4


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("kafka_can_run")
def test_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    """A worker that sleeps through its session, one that is killed, a broker that is; `make chaos` does more of it."""
    said: list[str] = []
    run(tmp_path, SEED, 2, said.append, names=("kill", "stop", "broker"), rate=800, workers=2, sample=20)
    assert any("SIGKILL to the broker" in line for line in said), said
    assert any("actions" in line for line in said), said


def test_what_is_lost_and_what_comes_twice_is_told() -> None:
    said: list[str] = []
    found = Found(said.append)
    compare("actions", Counter("abc"), Counter("bccd"), found)
    assert said == ["         4 actions"]
    assert found.wrong == ["actions: 1 lost, for example a", "actions: 2 too many, for example c, d"]


def test_two_faults_at_once_hit_different_things_and_each_has_its_turn() -> None:
    deck = Deck(Random(1), list(KINDS))
    drawn = [deck.draw(both=0.5) for _ in range(60)]
    assert all(KINDS[names[0]].hits != KINDS[names[-1]].hits for names in drawn if len(names) == 2)
    assert Counter(map(len, drawn)).keys() == {1, 2}
    assert {name for names in drawn[: len(KINDS)] for name in names} == set(KINDS)


def test_a_worker_is_started_again_until_it_is_told_to_end(tmp_path: Path) -> None:
    ended: list[Ended] = []
    slot = Slot(0, (sys.executable, "-c", "import time; time.sleep(60)"), tmp_path / "log", ended)
    slot.begin()
    first = slot.running()
    first.kill()
    while slot.running() is first:
        first.poll()
    slot.end()
    slot.close()
    assert [(one.code, one.asked) for one in ended] == [(-9, False), (-15, True)]


@pytest.fixture(name="echo")
def _echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", free_port())) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(1_000):
                        connection.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_the_network_is_slow_and_cut_when_it_shall_be(echo: int) -> None:
    port = free_port()
    with Proxy(port, echo, seed=1) as proxy, socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"quick")
        assert client.recv(100) == b"quick"
        proxy.slow(0.2)
        began = time.monotonic()
        client.sendall(b"slow")
        assert client.recv(100) == b"slow"
        assert time.monotonic() - began > 0.02
        proxy.cut()
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(100) == b"", "the connection has ended"
