"""The audit of the lock: what is known fails unless it has an exception; what could not be asked is said, and does not fail."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.repository.audit import ROOT, Package, audit, locked

PACKAGES = [Package("sound", "1.0"), Package("aiohttp", "3.9.0"), Package("other", "2.0")]
NAMES = ("PYSEC-2024-24", "CVE-2024-23334", "GHSA-5h86-8mv2-jq9f")
HOLE: dict[str, Any] = {
    "id": NAMES[0],
    "aliases": NAMES[1:],
    "details": "Static routes that follow symlinks allow reading files.\nMore of it.",
    "fixed_in": ["3.9.2"],
    "withdrawn": None,
}


class Database(http.server.ThreadingHTTPServer):
    """Answers as PyPI does, of what is in ``known``; of anything else, that it is not there."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known: dict[str, Any] = {f"/{name}/{version}/json": {"vulnerabilities": []} for name, version in PACKAGES}
        self.asked = 0
        self.address = f"http://127.0.0.1:{self.server_port}"

    def has(self, *vulnerabilities: dict[str, Any]) -> None:
        self.known["/aiohttp/3.9.0/json"] = {"vulnerabilities": vulnerabilities}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Database

    def do_GET(self) -> None:
        self.server.asked += 1
        found = self.server.known.get(self.path)
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Database() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_no_known_vulnerability_is_well(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(PACKAGES, {}, database.address) == 0
    assert capsys.readouterr().out == "3 locked packages audited: 0 known vulnerabilities, 0 without an exception\n"
    assert database.asked == 3


def test_a_known_vulnerability_fails_and_says_what_to_do(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    database.has(HOLE)
    assert audit(PACKAGES, {}, database.address) == 1
    told = capsys.readouterr().err
    assert (
        "aiohttp 3.9.0: PYSEC-2024-24 = CVE-2024-23334 = GHSA-5h86-8mv2-jq9f, fixed in 3.9.2: "
        "Static routes that follow symlinks allow reading files.; NO EXCEPTION\n" in told
    )
    assert "make lock ARGS=--upgrade" in told


@pytest.mark.parametrize("name", NAMES)
def test_an_exception_by_any_of_its_names_lets_it_pass_and_its_reason_is_told(
    database: Database, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    database.has(HOLE)
    assert audit(PACKAGES, {name: "no symlinks are served"}, database.address) == 0
    assert "excepted: no symlinks are served" in capsys.readouterr().err


def test_an_exception_is_for_one_vulnerability(database: Database) -> None:
    database.has(HOLE, {**HOLE, "id": "PYSEC-2025-1", "aliases": []})
    assert audit(PACKAGES, {NAMES[0]: "no symlinks are served"}, database.address) == 1


def test_an_exception_that_nothing_needs_is_told(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(PACKAGES, {"CVE-1": "was needed"}, database.address) == 0
    assert "the exception for CVE-1 is needless" in capsys.readouterr().err


def test_what_was_withdrawn_is_none(database: Database) -> None:
    database.has({**HOLE, "withdrawn": "2024-03-01T00:00:00Z"})
    assert audit(PACKAGES, {}, database.address) == 0


def test_a_database_that_is_not_reached_is_told_and_does_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert audit(PACKAGES, {}, f"http://127.0.0.1:{port}") == 0
    printed = capsys.readouterr()
    assert printed.err.startswith(f"NOT AUDITED: the database was not reached (http://127.0.0.1:{port}/sound/1.0/json: ")
    assert printed.err.endswith("nothing is known of the 3 locked packages\n")
    assert printed.out == "", "nothing that could be taken for a verdict"


@pytest.mark.parametrize("answer", [None, b"<html>Log in first</html>", b"\xff", {"info": {}}, [], "text", 1])
def test_neither_is_something_else_that_answers(database: Database, capsys: pytest.CaptureFixture[str], answer: Any) -> None:
    database.known["/sound/1.0/json"] = answer
    assert audit(PACKAGES, {}, database.address) == 0
    assert capsys.readouterr().err.startswith("NOT AUDITED: ")
    assert database.asked == 1, "the others are not asked"


def test_one_package_that_is_not_there_is_told_and_hides_nothing(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    database.known["/other/2.0/json"] = None
    assert audit(PACKAGES, {}, database.address) == 0
    printed = capsys.readouterr()
    assert (printed.err[:12], "other/2.0/json" in printed.err) == ("NOT AUDITED:", True)
    assert printed.out.startswith("2 locked packages audited: 0 known")
    database.has(HOLE)
    assert audit(PACKAGES, {}, database.address) == 1


def test_every_locked_package_is_asked_for() -> None:
    text = (ROOT / "requirements.lock").read_text()
    packages = locked(text)
    assert len(packages) == sum(line[:1].isalnum() for line in text.splitlines())
    assert {"aiohttp", "polars", "hypothesis"} <= {package.name for package in packages}


def test_every_exception_has_its_reason() -> None:
    exceptions = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["audit"]["exceptions"]
    assert [name for name, reason in exceptions.items() if len(reason.split()) < 4] == []
