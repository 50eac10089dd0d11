"""The worker as a process: contract 5."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Timer

import pytest
from typer.testing import CliRunner

from cli.main import app

EVENTS = [
    {"event_id": f"e{number}", "kind": kind, "campaign": f"c{number % 5}", "group": "g", "occurred_at": 1_700_000_000_000 + 1_000 * number}
    for number, kind in enumerate(["CampaignActivated"] * 5 + ["DialingStarted"] * 5 + ["DialingStopped"] * 5)
]


class Process:
    """A command, and the lines of its standard error."""

    def __init__(self, *arguments):
        command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        self.lines = []
        self._limit = Timer(60, self.process.kill)
        self._limit.start()

    def wait_for(self, pattern):
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"the worker ended without a line like {pattern}: {''.join(self.lines)}")

    def end(self, how):
        self.process.send_signal(how)
        self.lines.extend(self.process.stderr)
        return self.process.wait()

    def close(self):
        self._limit.cancel()
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


@pytest.fixture(name="start")
def _start():
    started = []

    def start(*arguments, command="worker", http="127.0.0.1:0"):
        started.append(Process(command, "--http", http, *arguments))
        return started[-1]

    yield start
    for process in started:
        process.close()


def run(*arguments, stdin=None):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_says_when_it_is_ready_serves_health_and_ends_with_0(kafka, topic_prefix, start, how):
    where = ("--brokers", kafka.bootstrap, "--topic-prefix", topic_prefix)
    run("topics", "create", *where, "--partitions", "3")
    worker = start(*where)
    address = worker.wait_for(r"http://127\.0\.0\.1:\d+/")[0]
    worker.wait_for(r"^ready partitions=0,1,2$")
    with urllib.request.urlopen(f"{address}readyz") as answer:
        assert answer.status == 200
    assert worker.end(how) == 0


def test_computes_what_a_replay_of_the_same_file_does(kafka, topic_prefix, start, tmp_path):
    """Domain 7.5, 7.6: the same actions, each once."""
    where = ("--brokers", kafka.bootstrap, "--topic-prefix", topic_prefix)
    lines = "".join(json.dumps(event) + "\n" for event in EVENTS)
    run("topics", "create", *where)
    start(*where).wait_for("^ready")
    run("load", "-", *where, stdin=lines)
    run("replay", "-", "--out", tmp_path, stdin=lines)
    expected = sorted((tmp_path / "actions.jsonl").read_text().splitlines())
    printed = sorted(run("tail", "campaign-actions", *where, "--until-idle", "5").splitlines())
    assert printed == expected


def test_the_embedded_broker_is_there_for_others_too(start):
    worker = start()
    address = worker.wait_for(r"embedded broker at (\S+):(\d+)")
    worker.wait_for(r"^ready partitions=0,1,2,3$")
    where = ("--brokers", f"{address[1]}:{address[2]}")
    run("load", "-", *where, stdin=json.dumps(EVENTS[0]))
    assert json.loads(run("tail", "campaign-actions", *where, "--until-idle", "3").splitlines()[0])["action"] == "StatusActivated"
    assert worker.end(signal.SIGTERM) == 0


def test_a_port_that_is_in_use_ends_it_with_2(start):
    first = start()
    address = first.wait_for(r"http://(127\.0\.0\.1:\d+)/")[1]
    second = start(http=address)
    assert second.process.wait() == 2
    assert "in use" in second.process.stderr.read()


def test_topics_that_are_missing_end_it_with_the_command_that_makes_them(kafka, topic_prefix, start):
    worker = start("--brokers", kafka.bootstrap, "--topic-prefix", topic_prefix)
    assert worker.process.wait() == 1
    assert "dialstat topics create" in worker.process.stderr.read()


def test_an_app_without_state_of_its_own_is_told_which_topics_it_lacks(kafka, topic_prefix, start):
    where = ("--brokers", kafka.bootstrap, "--topic-prefix", topic_prefix)
    run("topics", "create", *where)
    worker = start(*where, "--app", "another")
    assert worker.process.wait() == 1
    said = worker.process.stderr.read()
    assert f"{topic_prefix}another-campaigns-changelog" in said
    assert "dialstat topics create" in said


def test_the_demo_brings_campaigns_to_life_and_ends_with_0(start):
    demo = start(command="demo")
    address = demo.wait_for(r"http://127\.0\.0\.1:\d+/")[0]
    demo.wait_for("^ready")
    with urllib.request.urlopen(f"{address}events", timeout=20) as stream:
        lines = (line.decode() for line in stream if line.startswith(b"data: "))
        boards = (json.loads(line.removeprefix("data: ")) for line in lines)
        assert next(board for board in boards if board.get("objects"))["objects"][0]["profiles"]
    assert demo.end(signal.SIGINT) == 0


def test_the_demo_takes_another_port_if_its_own_is_in_use(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo = start(command="demo", http=f"127.0.0.1:{taken.getsockname()[1]}")
        demo.wait_for(f"port {taken.getsockname()[1]} is taken")
        assert not demo.wait_for(r"http://\S+/")[0].endswith(f":{taken.getsockname()[1]}/")
        demo.wait_for("^ready")
        assert demo.end(signal.SIGTERM) == 0
