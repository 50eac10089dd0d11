"""The commands' forms and exit codes: contract 4, 5."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from topologies.settings import Settings
from topologies.sources import option_of, variable_of

LINES = [
    {"event_id": "e1", "kind": "CampaignActivated", "campaign": "spring", "group": "north", "occurred_at": 1_700_000_000_000},
    {
        "event_id": "e2",
        "kind": "DialingStarted",
        "campaign": "spring",
        "group": "north",
        "occurred_at": 1_700_000_001_000,
        "dial_mode": "Predict",
    },
    {"event_id": "e3", "kind": "Nonsense", "campaign": "spring", "occurred_at": 1_700_000_002_000},
]
COMMANDS = [
    ["demo"], ["worker"], ["topics", "create"], ["topics", "list"], ["definitions", "check"], ["definitions", "default"],
    ["definitions", "test"], ["replay"], ["verify"], ["explain"], ["load"], ["tail"], ["describe"], ["simulate"],
]  # fmt: skip


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in (*Settings.model_fields, "config"):
        monkeypatch.delenv(variable_of(name), raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture(name="events")
def _events(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return file


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Examples" in result.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_in_the_page_of_commands(command):
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f"`dialstat {' '.join(command)}" in page


def test_the_worker_shows_every_setting_as_an_option():
    shown = run("worker", "--help").stdout
    assert [name for name in Settings.model_fields if option_of(name) not in shown] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replay", "none.jsonl", "--out", "out"], "none.jsonl: No such file or directory"),
        (["replay", "EVENTS", "--out", "out", "--definitions", "none.toml"], "none.toml: No such file or directory"),
        (["replay", "EVENTS", "--out", "out", "--at", "noon"], "expected ISO 8601"),
        (["replay", "EVENTS", "--out", "out", "--allowed-lateness", "soon"], "--allowed-lateness: expected a duration"),
        (["replay", "EVENTS", "--out", "out", "--config", "none.toml"], "none.toml: can't be read"),
        (["replay", "EVENTS", "--out", "out", "--unheard"], "No such option"),
        (["replay", "EVENTS"], "--out"),
        (["replay", "EVENTS", "--out", "EVENTS"], "File exists"),
        (["load", "none.jsonl", "--brokers", "localhost"], "expected host:port"),
        (["load", "EVENTS", "--rate", "0"], "--rate"),
        (["load", "EVENTS"], "needs the address of a Kafka"),
        (["tail", "campaign-actions"], "needs the address of a Kafka"),
        (["dead-letters", "retry", "--yes"], "needs the address of a Kafka"),
        (["topics", "create"], "needs the address of a Kafka"),
        (["definitions", "check", "none.toml"], "none.toml: No such file"),
        (["describe", "--format", "verse"], "verse"),
    ],
)
def test_what_can_not_be_done_as_asked_exits_with_2(tmp_path, monkeypatch, events, arguments, message):
    monkeypatch.chdir(tmp_path)
    result = run(*[events if argument == "EVENTS" else argument for argument in arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["topics", "list"], ["topics", "create"], ["load", "EVENTS"], ["tail", "campaign-actions"], ["dead-letters", "list"], ["worker"]],
)
def test_no_broker_exits_with_3(events, arguments):
    result = run(*[events if argument == "EVENTS" else argument for argument in arguments], "--brokers", "127.0.0.1:1", "--timeout", "0.3")
    assert result.exit_code == 3
    assert "no broker answers at 127.0.0.1:1 within 0.3 s" in result.stderr


def read(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("form", ["plain", "gz", "stdin"])
def test_replay_writes_its_three_files(tmp_path, events, form):
    source, stdin = events, None
    if form == "gz":
        source = tmp_path / "events.jsonl.gz"
        source.write_bytes(gzip.compress(events.read_bytes()))
    elif form == "stdin":
        source, stdin = "-", events.read_bytes()
    out = tmp_path / "deep" / "out"
    result = run("replay", source, "--out", out, "--at", "2023-11-14T22:13:30", "--at", "1700000003000", stdin=stdin)
    assert result.exit_code == 0, result.output
    assert [action["action"] for action in read(out / "actions.jsonl")][:1] == ["StatusActivated"]
    assert {report["as_of"] for report in read(out / "statistics.jsonl")} == {1_700_000_003_000, 1_700_000_010_000}
    assert [(letter["line"], letter["reason"]) for letter in read(out / "dead_letters.jsonl")] == [(3, "unknown_kind")]


@pytest.mark.parametrize(
    "damage", [lambda packed: packed[:-9], lambda packed: b"plain text", lambda packed: packed[:20] + b"\xff" * 20 + packed[40:]]
)
def test_a_damaged_gzip_exits_with_2(tmp_path, events, damage):
    source = tmp_path / "events.jsonl.gz"
    source.write_bytes(damage(gzip.compress(events.read_bytes())))
    result = run("replay", source, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr.startswith("dialstat: ")


def test_definitions_check_says_what_a_good_file_defines(tmp_path):
    assert "38 statistics" in run("definitions", "check").stdout or "statistics; profiles: today" in run("definitions", "check").stdout
    copy = tmp_path / "copy.toml"
    copy.write_text(run("definitions", "default").stdout)
    assert run("definitions", "check", copy).exit_code == 0


def test_definitions_check_tells_every_mistake_with_file_line_and_name(tmp_path):
    """Contract 3: all mistakes at once."""
    file = tmp_path / "bad.toml"
    file.write_text('[profile.today]\nkind = "growin"\n\n[statistic.A]\ncategory = "TotalNumbr"\nmain = "DialMade"\nprofiles = ["today"]\n')
    result = run("definitions", "check", file)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert len(lines) >= 2
    assert any(f"{file}:2" in line and "growing" in line for line in lines)
    assert any(f"{file}:5" in line and "TotalNumber" in line for line in lines)


def test_describe_takes_file_environment_and_options(tmp_path, monkeypatch):
    config = tmp_path / "dialstat.toml"
    config.write_text('app = "mine"\npartitions = 6\ntopic_prefix = "file-"\n')
    monkeypatch.setenv("DIALSTAT_CONFIG", str(config))
    monkeypatch.setenv("DIALSTAT_PARTITIONS", "7")
    text = run("describe", "--topic-prefix", "option-").stdout
    assert "option-mine-list-deltas" in text
    assert "7 partitions" in text


def test_a_key_that_is_no_setting_exits_with_2(tmp_path):
    config = tmp_path / "dialstat.toml"
    config.write_text('broker = "a:1"\n')
    result = run("describe", "--config", config)
    assert result.exit_code == 2
    assert result.stderr == f"dialstat: {config}: there is no setting 'broker'; did you mean 'brokers'?\n"


CASE = """
events = [{{ at = "10:00:00", kind = "CallCompleted", campaign = "spring", calling_list = "l", call_result = 33 }}]
[[expect]]
at = "10:01:00"
campaign = "spring"
profile = "today"
values = {{ DialsMade = {dials} }}
"""


@pytest.mark.parametrize(("dials", "code", "told"), [(1, 0, "1 of 1 cases as expected"), (2, 1, "DialsMade is 1, expected 2")])
def test_cases_of_definitions_are_run(tmp_path, dials, code, told):
    (tmp_path / "case.toml").write_text(CASE.format(dials=dials))
    result = run("definitions", "test", tmp_path)
    assert (result.exit_code, told in result.stdout) == (code, True)


def test_a_case_that_is_none_is_told(tmp_path):
    assert run("definitions", "test", tmp_path).exit_code == 2
    (tmp_path / "case.toml").write_text("events = 3")
    (tmp_path / "other.toml").write_text("events =")
    result = run("definitions", "test", tmp_path)
    assert result.exit_code == 2
    assert "case.toml: events: Input should be a valid list" in result.stderr
    assert "other.toml: not TOML: " in result.stderr
