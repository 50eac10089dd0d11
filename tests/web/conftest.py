"""A server with a board that tests fill, and a browser."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.needs import needs_tool
from tests.web.site import LiveFeed
from web.board import Board
from web.server import Server


@dataclass
class FakeHealth:
    """Health as the test wants it."""

    ready: bool = True
    reason: str = "restored and assigned"
    lives: bool = True
    asked_at: float = 0.0

    def alive(self, now: float) -> bool:
        self.asked_at = now
        return self.lives


@dataclass
class Served:
    """A running server and what stands behind it."""

    board: Board = field(default_factory=Board)
    health: FakeHealth = field(default_factory=FakeHealth)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.feed = LiveFeed(self.board)
        self.server = Server("127.0.0.1", 0, self.board, self.feed, self.health, self.registry)
        self.port = self.server.start()

    def restart(self) -> None:
        """A new server on the port of the old one."""
        self.server = Server("127.0.0.1", self.port, self.board, self.feed, self.health, self.registry)
        self.server.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    yield served
    served.server.stop()


@pytest.fixture(scope="session")
def chrome() -> Iterator[Chrome]:
    """One headless Chromium for all tests of the page."""
    options = Options()
    options.binary_location = needs_tool("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1600,900",
        "--disable-background-networking",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(needs_tool("chromedriver")))
    yield driver
    driver.quit()
