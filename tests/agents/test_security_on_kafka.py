"""Workers and commands on a Kafka that asks who they are: TLS, each way to log in, and the least set of ACLs."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.contracts import CALL_RESULT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from tests.agents.site import DIALSTAT, Site
from tests.harness.guarded import PASSWORD, PLAIN_USER, SCRAM_USER, TOKEN_USER, GuardedKafka, TokenEndpoint
from topologies.declaration import declare
from topologies.rights import Right, rights_of_dialer, rights_of_page, rights_of_reader, rights_of_worker
from topologies.settings import Settings

WRITER = RecordWriter(CALL_RESULT, BuiltinRegistry().id_for("call-results", CALL_RESULT))
MECHANISMS = {"PLAIN": PLAIN_USER, "SCRAM-SHA-512": SCRAM_USER, "OAUTHBEARER": TOKEN_USER}


def call(number: int) -> tuple[bytes, bytes]:
    fields = {"event_id": f"e{number}", "campaign": "c", "calling_list": "l", "kind": "CallCompleted", "call_result": 33}
    return b"c", WRITER.encode({**fields, "occurred_at": 1_700_000_000_000 + number})


@pytest.fixture(scope="module", name="kafka")
def _kafka(kafka_can_run: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    del kafka_can_run
    guarded = GuardedKafka(tmp_path_factory.mktemp("guarded") / "kafka")
    with guarded.broker, contextlib.closing(guarded):
        guarded.make_users()
        yield guarded


@pytest.fixture(scope="module", name="tokens")
def _tokens() -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint(TOKEN_USER, PASSWORD)
    yield endpoint
    endpoint.close()


@pytest.fixture(scope="module", name="secret")
def _secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secret") / "password"
    file.write_text(PASSWORD + "\n")
    return file


def login(kafka: GuardedKafka, tokens: TokenEndpoint, secret: Path, mechanism: str) -> list[str]:
    """The options with which commands and workers are let in."""
    options = ["--brokers", kafka.guarded, "--security-protocol", "sasl_ssl", "--ssl-ca", str(kafka.ca), "--sasl-mechanism", mechanism]
    if mechanism == "OAUTHBEARER":
        return [*options, "--oauth-token-url", tokens.url, "--oauth-client-id", TOKEN_USER, "--oauth-client-secret-file", str(secret)]
    return [*options, "--sasl-username", MECHANISMS[mechanism], "--sasl-password-file", str(secret)]


def rights(site_prefix: str) -> dict[str, list[Right]]:
    topology = declare(Settings(topic_prefix=site_prefix, app=f"{site_prefix}app"))
    roles = {"worker": rights_of_worker, "page": rights_of_page, "dialer": rights_of_dialer, "reader": rights_of_reader}
    return {name: list(of_role(topology)) for name, of_role in roles.items()}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_each_way_to_log_in(kafka: GuardedKafka, tokens: TokenEndpoint, secret: Path, mechanism: str, tmp_path: Path) -> None:
    """With the ACLs that `dialstat topics acls` prints and no others, a worker computes, `load` loads and `tail` reads."""
    prefix = f"{mechanism.lower()}-"
    site = Site(kafka, prefix)
    for of_role in rights(prefix).values():
        kafka.allow(MECHANISMS[mechanism], of_role)
    options = login(kafka, tokens, secret, mechanism)
    events = tmp_path / "events.jsonl"
    events.write_text(
        '{"event_id":"e1","kind":"CallCompleted","campaign":"c","calling_list":"l","call_result":33,"occurred_at":1700000000000}\n'
    )
    site.run("load", str(events), options=options)
    worker = site.worker(*options)
    try:
        worker.wait_ready()
        site.wait_until(lambda sums: sums["read"] >= 1 and not sums["left"], 60)
    finally:
        assert worker.end() == 0, "".join(worker.lines)
    command = [str(DIALSTAT), "tail", "campaign-actions", "--topic-prefix", prefix, "--until-idle", "0.5", *options]
    read = subprocess.run(command, check=False, capture_output=True, text=True)
    assert '"DialMade"' in read.stdout, read.stderr
    assert PASSWORD not in "".join(worker.lines)


def test_nobody_is_let_in_who_is_not_known(kafka: GuardedKafka, tokens: TokenEndpoint, secret: Path, tmp_path: Path) -> None:
    """A wrong password, no login, and a broker whose certificate we don't trust: told in words, with an exit code, and soon."""
    good = login(kafka, tokens, secret, "SCRAM-SHA-512")
    wrong = tmp_path / "wrong"
    wrong.write_text("shut")
    known = [*good[: good.index("--sasl-password-file")], "--sasl-password-file"]
    for options, message in (
        ([*known, str(wrong)], "does not let us in over SASL_SSL: .*uthentication failed"),
        ([one for one in good if one not in {"--ssl-ca", str(kafka.ca)}], "does not let us in over SASL_SSL: .*certificate verify failed"),
        (["--brokers", kafka.guarded], "no broker answers at"),
    ):
        command = [str(DIALSTAT), "worker", "--http", "127.0.0.1:0", "--timeout", "5", *options]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 3, ended.stderr
        assert re.search(message, ended.stderr)
        assert PASSWORD not in ended.stderr


def test_each_right_of_a_worker_is_needed(kafka: GuardedKafka, tokens: TokenEndpoint, secret: Path) -> None:
    """Without one of them it says which, or stops when Kafka refuses; with all of them it works again."""
    site = Site(kafka, "needed-")
    of_worker = rights("needed-")["worker"]
    kafka.allow(SCRAM_USER, of_worker)
    options = login(kafka, tokens, secret, "SCRAM-SHA-512")
    for right in of_worker:
        kafka.deny(SCRAM_USER, right)
        worker = site.worker(*options)
        code = worker.process.wait(60)
        worker.end(lambda _: None)
        said = "".join(worker.lines)
        if right.resource == "transactional-id":
            assert (code, "does not allow Write of the transactional-id needed-app-" in said) == (70, True), said
        else:
            assert (code, f"does not allow {right.operation} of the {right.resource} {right.name}\n" in said) == (1, True), said
        kafka.allow(SCRAM_USER, [right])
    worker = site.worker(*options)
    worker.wait_ready()
    assert worker.end() == 0, "".join(worker.lines)
