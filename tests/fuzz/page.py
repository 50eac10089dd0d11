"""The page and its API, as a real server on a port of this machine gives them to whoever sends whatever bytes."""

from __future__ import annotations

import base64
import contextlib
import email.parser
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import orjson
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from tests.fuzz.damage import damaged
from tests.fuzz.target import Check, Target
from tests.web.conftest import FakeHealth
from tests.web.site import LiveFeed, report
from web.board import Board
from web.limits import PageLimits
from web.server import Server

TOKEN: Final = "öffne dich"
OBJECTS: Final = 20
MARKUP: Final = "<script>alert(1)</script>"
"""In the names of the board and in requests; no answer that a browser takes for a page has it."""
_LONGEST_ANSWER: Final = 1 << 20
_SECONDS: Final = 30.0
_SOON: Final = 0.5
_NO_PAGE: Final = ("application/json", "text/event-stream", "text/plain")
_OPEN_PATHS: Final = frozenset({"/livez", "/readyz"})


class Asked(NamedTuple):
    """A request as it is sent."""

    line: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    damaged: bool = False

    @property
    def sent(self) -> bytes:
        """Its bytes; a connection for itself."""
        lines = [
            f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in (("Host", "x"), ("Connection", "close"), *self.headers)
        ]
        return b"\r\n".join([self.line, *lines, b"", self.body])


class Answered(NamedTuple):
    """An answer as far as it was read; status 0 is none."""

    status: int
    headers: Any
    body: bytes


_SEGMENTS = st.one_of(
    st.sampled_from(
        ["static", "board.js", "index.html", "api", "board", "events", "metrics", "livez", "readyz", "..", ".", "", "%2e%2e", "%00"]
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8),
    st.sampled_from([MARKUP, "%3Cscript%3Ealert(1)%3C/script%3E", "a" * 5_000, "%", "%zz", "ü"]),
)
_PATHS = st.one_of(
    st.sampled_from(
        ["/", "/static/board.js", "/static/board.css", "/api/board", "/metrics", "/livez", "/readyz", "/static/index.html", "*"]
    ),
    st.lists(_SEGMENTS, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    st.lists(_SEGMENTS, max_size=2).map(lambda parts: "http://elsewhere.example/" + "/".join(parts)),
)
_QUERIES = st.one_of(st.just(""), st.builds("?{}={}".format, _SEGMENTS, _SEGMENTS), st.builds("#{}".format, _SEGMENTS))
_METHODS = st.sampled_from(["GET"] * 8 + ["HEAD", "POST", "OPTIONS", "TRACE", "CONNECT", "get", "PRI", "<b>"])
_VERSIONS = st.sampled_from(["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "HTTP/1.1 x", ""])
_CREDENTIALS = st.one_of(
    st.sampled_from([TOKEN, TOKEN[:-1], "", "\udcff", "Ωα"]).map(lambda token: f"Bearer {token}"),
    st.sampled_from([f"x:{TOKEN}", f"{TOKEN}:x", TOKEN, f"x:{TOKEN} "]).map(
        lambda pair: "Basic " + base64.b64encode(pair.encode()).decode()
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=20),
)
_FIELDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f"), max_size=30) | st.just(MARKUP)
_HEADERS = st.lists(
    st.one_of(
        st.tuples(st.just("Authorization"), _CREDENTIALS),
        st.tuples(st.just("Accept"), st.sampled_from(["text/html", "application/openmetrics-text; version=1.0.0", "*/*;q=0", ";", MARKUP])),
        st.tuples(
            st.sampled_from(["If-None-Match", "Accept-Encoding", "Range", "Cookie", "Expect", "Upgrade", "X-Any", "Origin"]), _FIELDS
        ),
        st.tuples(st.just("If-None-Match"), st.sampled_from(["*", '"', 'W/"x"', '"x", "y"', '"' + "x" * 999, ","])),
        st.tuples(
            st.sampled_from(["Content-Length", "Transfer-Encoding"]), st.sampled_from(["0", "5", "-1", "99999999999", "chunked", "x"])
        ),
        st.tuples(_SEGMENTS, _FIELDS),
        st.tuples(st.just("X-Long"), st.integers(1, 20_000).map(lambda size: "x" * size)),
    ),
    max_size=5,
).map(tuple)
_LINES = st.builds(lambda *parts: " ".join(parts).encode(), _METHODS, st.builds("{}{}".format, _PATHS, _QUERIES), _VERSIONS)
_BODIES = st.sampled_from([b"", b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"{}"])
_ASKED = st.builds(Asked, _LINES, _HEADERS, _BODIES)
_RAW = st.builds(
    lambda line, headers, body: Asked(line, headers, body, damaged=True), damaged(_LINES) | st.binary(max_size=60), _HEADERS, _BODIES
)
_NAMES = st.sampled_from([MARKUP, "c", "ü", "\x00", '"', "a\nb", "\u2028"])
CASES = st.tuples(st.one_of(_ASKED, _ASKED, _RAW), st.booleans(), _NAMES, _NAMES)
"""What is asked, of the guarded server or of the other one, and names of a report that came before."""


class Site:
    """Two servers with one board: one asks for the token."""

    def __init__(self) -> None:
        self.board = Board(most_objects=OBJECTS)
        registry, health = CollectorRegistry(), FakeHealth()
        limits = PageLimits(pages=2, connections=100, objects=OBJECTS)
        self.servers = [
            Server("127.0.0.1", 0, self.board, LiveFeed(self.board), health, registry, token, limits) for token in (None, TOKEN)
        ]
        self.ports = [server.start() for server in self.servers]

    def close(self) -> None:
        """Stop both."""
        for server in self.servers:
            server.stop()

    def ask(self, asked: Asked, seconds: float, *, guarded: bool) -> Answered:
        """What comes within some seconds, for not all that is sent is a whole request; of a stream, its beginning."""
        with socket.create_connection(("127.0.0.1", self.ports[guarded]), timeout=seconds) as connection:
            with contextlib.suppress(ConnectionError):  # it may be refused before it is sent
                connection.sendall(asked.sent)
            return _answered(connection)


def _answered(connection: socket.socket) -> Answered:
    received = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        while (part := connection.recv(1 << 16)) and len(received) < _LONGEST_ANSWER:
            received += part
            if b"\r\nContent-Type: text/event-stream\r\n" in received and b"event: board" in received:
                break
    head, _, body = received.partition(b"\r\n\r\n")
    line, _, fields = head.partition(b"\r\n")
    if not line:
        return Answered(0, {}, b"")
    return Answered(int(line.split()[1]), email.parser.HeaderParser().parsestr(fields.decode("latin-1")), body)


def _check(site: Site, case: tuple[Asked, bool, str, str]) -> None:
    asked, guarded, tenant, campaign = case
    site.board.apply(report({"DialsMade": 1.0}, tenant=tenant, campaign=campaign))
    answer = site.ask(asked, _SOON, guarded=guarded)
    assert answer.status < 500 or (answer.status == 503 and b"page_limit is" in answer.body), answer
    _is_no_markup(answer)
    if answer.status == 200:
        _is_allowed(asked, answer, guarded=guarded)
    usual = site.ask(Asked(b"GET /livez HTTP/1.1", ()), _SECONDS, guarded=guarded)
    assert usual.status == 200, usual


def _is_no_markup(answer: Answered) -> None:
    """Names and requests never come back in what a browser shows as a page; it is told not to guess."""
    if answer.status and not str(answer.headers.get("Content-Type", "")).startswith(_NO_PAGE):
        assert MARKUP.encode() not in answer.body, answer
    if answer.status == 200:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def _is_allowed(asked: Asked, answer: Answered, *, guarded: bool) -> None:
    """What is answered was asked with GET, by somebody who knows the token, and is no more than the limits allow."""
    assert asked.line.upper().startswith(b"GET") or asked.damaged
    if guarded and not asked.damaged:
        given = [value for name, value in asked.headers if name.lower() == "authorization"]
        right = {f"Bearer {TOKEN}", "Basic " + base64.b64encode(f"x:{TOKEN}".encode()).decode()}
        allowed = any(value.strip().casefold() in {one.casefold() for one in right} for value in given)
        assert allowed or any(path.encode() in asked.line for path in _OPEN_PATHS), answer
    if answer.headers["Content-Type"] == "application/json" and b'"objects"' in answer.body:
        assert len(orjson.loads(answer.body)["objects"]) <= OBJECTS


@contextmanager
def opened() -> Iterator[Check]:
    """Both servers run."""
    site = Site()
    try:
        yield lambda case: _check(site, case)
    finally:
        site.close()


TARGET = Target(
    "page",
    "no request makes a server error; no name or request comes back as markup; without the token there is nothing; limits are kept",
    CASES,
    opened,
    size=150,
    short=25,
)
