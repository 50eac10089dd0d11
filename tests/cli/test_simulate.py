"""Simulated events: seeded, in the offline form."""

import gzip
import json

import pytest
from typer.testing import CliRunner

from cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


def events(text):
    return [json.loads(line) for line in text.splitlines()]


def test_the_same_seed_gives_the_same_events():
    first, again, other = (run("--fast", "--count", 50, "--seed", seed) for seed in (3, 3, 4))
    assert first.exit_code == 0
    assert first.stdout == again.stdout != other.stdout
    assert len(events(first.stdout)) == 50


def test_simulated_time_begins_and_ends_where_told():
    made = events(run("--fast", "--start", "2024-01-01T00:00:00Z", "--for", "2m").stdout)
    assert {1_704_067_200_000 <= event["occurred_at"] < 1_704_067_320_000 for event in made} == {True}


def test_a_file_is_packed_by_its_suffix(tmp_path):
    file = tmp_path / "events.jsonl.gz"
    result = run("--fast", "--count", 5, "--out", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert len(events(gzip.decompress(file.read_bytes()))) == 5


def test_what_is_simulated_can_be_replayed(tmp_path):
    file = tmp_path / "events.jsonl"
    run("--fast", "--count", 2000, "--out", file)
    assert CliRunner().invoke(app, ["replay", str(file), "--out", str(tmp_path / "out")]).exit_code == 0
    assert (tmp_path / "out" / "dead_letters.jsonl").read_text() == ""
    assert (tmp_path / "out" / "actions.jsonl").stat().st_size


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "moon"], "no scenario is called 'moon': there are demo, site, wide"),
        (["--start", "0"], "--start needs --fast"),
        (["--fast", "--for", "long"], "expected a duration"),
        (["--fast", "--start", "soon"], "expected ISO 8601"),
        (["--kafka"], "needs the address of a Kafka"),
        (["--fast", "--count", "1", "--out", "/none/events.jsonl"], "/none/events.jsonl: No such file"),
        (["--rate", "0"], "--rate"),
    ],
)
def test_what_can_not_be_simulated_exits_with_2(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
