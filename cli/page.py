"""The page, metrics and health of a worker, served while it runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from topologies.declaration import declare
from topologies.kafka import client
from topologies.records import record_reader
from topologies.security import brokers_of, secret_of
from topologies.settings import Settings
from transport.health import Health
from web.board import Board
from web.feed import ReportFeed
from web.limits import PageLimits
from web.server import Server


@contextlib.contextmanager
def serve_page(settings: Settings, health: Health) -> Iterator[str]:
    """Serve at the setting ``http``; gives the address, with the port that was picked if it says 0.

    Raises:
        OSError: the port is in use, or the address is not one of this machine.
    """
    host, port = settings.http_address
    topology = declare(settings)
    topics = [topic.name for topic in topology.topics if topic.value == "StatisticReport"]
    limits = PageLimits(settings.page_limit, settings.connection_limit, settings.board_limit)
    board = Board(most_objects=limits.objects)
    feed = ReportFeed(board, client(brokers_of(settings)), topics, record_reader(settings).decode)
    server = Server(host, port, board, feed, health, token=secret_of(settings, "http_token"), limits=limits)
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.start()}/"
    finally:
        server.stop()
        feed.close()
