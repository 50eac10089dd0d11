"""The server as a browser, Prometheus and Kubernetes see it, over real HTTP."""

import base64
import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, Counter

from tests.web.conftest import Served
from tests.web.site import report
from tests.web.waiting import until
from web.board import Phase
from web.limits import PageLimits
from web.server import Server, ServerError

TOKEN = "öffne dich"


@pytest.fixture
def guarded(served: Served) -> Iterator[int]:
    """The port of a server that asks for the token."""
    server = Server("127.0.0.1", 0, served.board, served.feed, served.health, served.registry, TOKEN)
    yield server.start()
    server.stop()


def get(port: int, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/board.css", "text/css; charset=utf-8"),
        ("/static/board.js", "text/javascript; charset=utf-8"),
        ("/static/favicon.svg", "image/svg+xml; charset=utf-8"),
        ("/api/board", "application/json"),
    ],
)
def test_paths_are_served_with_their_type(served: Served, path: str, content_type: str) -> None:
    response, body = get(served.port, path)
    assert (response.status, response.headers["Content-Type"]) == (200, content_type)
    assert body


@pytest.mark.parametrize("path", ["/", "/static/board.js", "/api/board", "/metrics", "/livez", "/nowhere"])
def test_nothing_from_elsewhere_and_nothing_inline(served: Served, path: str) -> None:
    response, _ = get(served.port, path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Frame-Options"] == "DENY"


def test_the_page_names_no_other_host(served: Served) -> None:
    page = get(served.port, "/")[1].decode()
    files = [name for name in page.split('"') if name.startswith("/static/")]
    assert len(files) >= 3
    assert "<style" not in page
    assert " style=" not in page
    assert "onclick" not in page
    for text in (page, *(get(served.port, name)[1].decode() for name in files)):
        assert "https:" not in text
        assert "http:" not in text.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/events", "/metrics", "/nowhere"])
def test_only_get(served: Served, method: str, path: str) -> None:
    response, _ = get(served.port, path, method)
    assert response.status == 405
    assert response.headers["Allow"] == "GET"


def basic(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"anybody:{token}".encode()).decode()}


@pytest.mark.parametrize("path", ["/", "/static/board.js", "/events", "/api/board", "/metrics", "/nowhere"])
@pytest.mark.parametrize(
    "headers", [{}, basic("öffne"), basic(""), {"Authorization": "Bearer"}, {"Authorization": "Basic ?"}, {"Authorization": "öffne dich"}]
)
def test_whoever_does_not_know_the_token_sees_nothing(guarded: int, path: str, headers: dict[str, str]) -> None:
    response, body = get(guarded, path, headers={name: value.encode() for name, value in headers.items()})  # type: ignore[misc]
    assert (response.status, response.headers["WWW-Authenticate"]) == (401, 'Basic realm="dialstat", charset="UTF-8"')
    assert b"give the token" in body


@pytest.mark.parametrize("headers", [basic(TOKEN), {"Authorization": f"Bearer {TOKEN}"}])
def test_whoever_knows_the_token_sees_all(guarded: int, headers: dict[str, str]) -> None:
    """A browser asks for a password and sends it as Basic; programs send a bearer token."""
    for path in ("/", "/static/board.js", "/api/board", "/metrics"):
        assert get(guarded, path, headers={name: value.encode() for name, value in headers.items()})[0].status == 200  # type: ignore[misc]


@pytest.mark.parametrize("given", [b"Bearer \xff\xfe", b"Basic ?\xff", b"Basic " + base64.b64encode(b"\xff:\xff"), b"\xff"])
def test_bytes_that_are_no_text_are_no_token(guarded: int, given: bytes) -> None:
    assert get(guarded, "/", headers={"Authorization": given})[0].status == 401  # type: ignore[dict-item]


def test_health_is_nobodys_secret(guarded: int) -> None:
    assert [get(guarded, path)[0].status for path in ("/livez", "/readyz")] == [200, 200]


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: a\r\n b\x00: c\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"])
def test_what_is_no_http_is_refused_and_counted_and_fills_no_log(served: Served, sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    name = "dialstat_board_malformed_requests_total"
    before = REGISTRY.get_sample_value(name) or 0.0
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as stranger:
        stranger.sendall(sent)
        assert stranger.recv(1 << 16).startswith(b"HTTP/1.0 400 Bad Request")
    until(lambda: REGISTRY.get_sample_value(name) == before + 1, "the request is counted")
    assert not caplog.records


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e%2fserver.py", "/static/nothing.js", "/static/", "/server.py"])
def test_no_other_file_can_be_asked_for(served: Served, path: str) -> None:
    assert get(served.port, path)[0].status == 404


def test_a_file_that_the_browser_has_is_not_sent_again(served: Served) -> None:
    tag = get(served.port, "/static/board.css")[0].headers["ETag"]
    response, body = get(served.port, "/static/board.css", headers={"If-None-Match": tag})
    assert (response.status, body) == (304, b"")


def test_metrics_are_those_of_the_registry(served: Served) -> None:
    Counter("dialstat_things_total", "Things", registry=served.registry).inc(3)
    response, body = get(served.port, "/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert b"dialstat_things_total 3.0" in body


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_readyz_tells_why(served: Served, ready: bool, status: int) -> None:
    served.health.ready, served.health.reason = ready, "because"
    response, body = get(served.port, "/readyz")
    assert (response.status, json.loads(body)) == (status, {"ready": ready, "reason": "because"})


@pytest.mark.parametrize(("lives", "status"), [(True, 200), (False, 503)])
def test_livez_asks_with_the_monotonic_time(served: Served, lives: bool, status: int) -> None:
    served.health.lives = lives
    response, body = get(served.port, "/livez")
    assert (response.status, json.loads(body)["alive"]) == (status, lives)
    assert served.health.asked_at == pytest.approx(time.monotonic(), abs=5)


def test_the_board_as_json(served: Served) -> None:
    served.board.apply(report({"HitRatio": None, "DialsMade": 5.0}))
    (entry,) = json.loads(get(served.port, "/api/board")[1])["objects"]
    assert entry["profiles"]["today"]["values"] == {"HitRatio": None, "DialsMade": 5.0}


def test_a_port_in_use_is_told(served: Served) -> None:
    other = Server("127.0.0.1", served.port, served.board, served.feed, served.health, CollectorRegistry())
    with pytest.raises(ServerError, match=rf"port {served.port} of 127\.0\.0\.1 is in use .*--http"):
        other.start()


def test_an_address_of_another_machine_is_told(served: Served) -> None:
    other = Server("192.0.2.1", 0, served.board, served.feed, served.health, CollectorRegistry())
    with pytest.raises(ServerError, match=r"192\.0\.2\.1"):
        other.start()


def test_it_can_be_started_again_on_its_port(served: Served) -> None:
    served.server.stop()
    served.server.stop()
    with pytest.raises(OSError, match=r"refused"):
        socket.create_connection(("127.0.0.1", served.port), timeout=5)
    served.restart()
    assert get(served.port, "/readyz")[0].status == 200


class Events:
    """A reader of `/events`."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._connection.request("GET", "/events")
        self.response = self._connection.getresponse()

    def next(self, wanted: str = "board") -> dict[str, Any]:
        """The data of the next event of that name."""
        while True:
            fields = dict(line.split(": ", 1) for line in self._block())
            if fields.get("event") == wanted:
                return json.loads(fields["data"])

    def _block(self) -> list[str]:
        lines = []
        while (line := self.response.readline().decode()) != "\n":
            if not line:
                raise EOFError
            lines.append(line.rstrip("\n"))
        return lines

    def close(self) -> None:
        self.response.close()
        self._connection.close()


@pytest.fixture
def events(served: Served) -> Iterator[Events]:
    reader = Events(served.port)
    yield reader
    reader.close()


def test_events_begin_with_everything_and_go_on_with_changes(served: Served) -> None:
    served.board.apply(report({"DialsMade": 5.0, "Answers": 2.0}))
    with closing(Events(served.port)) as events:
        assert events.response.headers["Content-Type"] == "text/event-stream"
        first = events.next()
        assert first["complete"]
        assert first["objects"][0]["profiles"]["today"]["values"] == {"DialsMade": 5.0, "Answers": 2.0}
        served.board.apply(report({"DialsMade": 6.0, "Answers": 2.0}, as_of=11_000))
        while (changes := events.next())["version"] < served.board.version:
            pass
        assert not changes["complete"]
        assert changes["objects"][0]["profiles"]["today"]["values"]["DialsMade"] == 6.0


def test_changes_are_gathered(served: Served, events: Events) -> None:
    """At most four messages a second, whatever happens in between."""
    events.next()
    begun = time.monotonic()
    dials, messages = 0.0, 0
    while dials < 400:
        for _ in range(100):
            dials += 1
            served.board.apply(report({"DialsMade": dials}, as_of=10_000 + int(dials)))
        version = served.board.version
        while events.next()["version"] < version:
            messages += 1
        messages += 1
    assert messages <= 4 * (time.monotonic() - begun) + 1


def test_signs_of_life_come_without_changes(events: Events) -> None:
    assert events.next("beat")["now"] > 0
    events.next()
    assert events.next("beat")["now"] > 0


def test_the_feed_knows_who_watches(served: Served) -> None:
    with closing(Events(served.port)) as events:
        events.next()
        assert served.feed.watchers == 1
    served.board.apply(report({}))
    until(lambda: served.feed.watchers == 0, "the end of the stream noticed")


def test_a_page_that_does_not_read_is_cut_off(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.stream.MOST_WAITING", 4)
    with socket.create_connection(("127.0.0.1", served.port)) as slow, closing(Events(served.port)) as quick:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: served.feed.watchers == 2, "both watch")
        as_of = 10_000

        def flooded() -> bool:
            nonlocal as_of
            as_of += 1
            for number in range(300):
                served.board.apply(
                    report({f"Long{number}{'x' * 400}": float(as_of + shift) for shift in range(9)}, campaign=str(number), as_of=as_of)
                )
            quick.next()
            return served.feed.watchers == 1

        until(flooded, "the slow page cut off", seconds=60)
        served.board.apply(report({}, campaign="after"))
        assert quick.next()


def test_stopping_ends_all_streams(served: Served, events: Events) -> None:
    events.next()
    begun = time.monotonic()
    served.server.stop()
    with pytest.raises((EOFError, ConnectionError, http.client.IncompleteRead)):
        events.next("none")
    assert time.monotonic() - begun < 4
    assert served.feed.watchers == 0


@pytest.fixture
def narrow(served: Served) -> Iterator[int]:
    """The port of a server for one page and three connections."""
    server = Server("127.0.0.1", 0, served.board, served.feed, served.health, served.registry, limits=PageLimits(1, 3))
    yield server.start()
    server.stop()


def test_the_number_of_open_pages_is_bounded(narrow: int) -> None:
    with closing(Events(narrow)) as page:
        page.next()
        response, body = get(narrow, "/events")
        assert (response.status, response.headers["Retry-After"], body) == (503, "10", b"too many pages are open: page_limit is 1\n")
        assert get(narrow, "/livez")[0].status == 200
    until(lambda: REGISTRY.get_sample_value("dialstat_board_watchers") == 0, "the page is noticed to be gone", seconds=30)
    with closing(Events(narrow)) as page:
        page.next()


def test_a_page_counts_from_its_request_on(served: Served, narrow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.feed, "watch", lambda: served.board.turn(Phase.READING))
    with closing(Events(narrow)):
        assert get(narrow, "/events")[0].status == 503


def test_the_number_of_connections_is_bounded(narrow: int) -> None:
    before = REGISTRY.get_sample_value("dialstat_board_turned_away_total", {"limit": "connection_limit"}) or 0
    with contextlib.ExitStack() as silent:
        for _ in range(3):
            silent.enter_context(socket.create_connection(("127.0.0.1", narrow)))
        until(lambda: REGISTRY.get_sample_value("dialstat_board_connections") == 3, "all are connected")
        with socket.create_connection(("127.0.0.1", narrow), timeout=10) as refused, refused.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
            assert answer.read().endswith(b"\r\n\r\ntoo many connections: connection_limit is 3\n")
        assert REGISTRY.get_sample_value("dialstat_board_turned_away_total", {"limit": "connection_limit"}) == before + 1
    until(lambda: REGISTRY.get_sample_value("dialstat_board_connections") == 0, "all are gone")
    assert get(narrow, "/livez")[0].status == 200
