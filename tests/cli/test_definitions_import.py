"""`dialstat definitions import`: what it writes where, and its exit codes (contract 5, docs/import.md)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from cli.main import app
from engine.definitions_schema import definitions_schema
from topologies.definitions import load_definitions
from topologies.settings import Settings
from topologies.sources import variable_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "stat_server.cfg"
DIALS = b"[Dials]\nCategory = TotalNumber\nMainMask = DialMade\nObjects = Campaign\nSubject = CampaignAction\n"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in (*Settings.model_fields, "config"):
        monkeypatch.delenv(variable_of(name), raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["definitions", "import", *map(str, arguments)], input=stdin)


@pytest.mark.parametrize("options", [(), ("--no-comments", "--profiles", "all", "--ranges", "Short")], ids=" ".join)
def test_the_example_on_standard_output(snapshot, options):
    result = run(EXAMPLE, "--timezone", "Europe/Paris", *options)
    assert result.exit_code == 0
    assert result.stdout == snapshot


def test_what_it_writes_to_a_file_can_be_checked_and_the_report_is_on_standard_error(tmp_path):
    out = tmp_path / "definitions.toml"
    result = run(EXAMPLE, "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"{EXAMPLE}: 20 of 28 stat types, as 21 statistics and 6 profiles\n")
    assert "--timezone" in result.stderr
    assert len(load_definitions(Settings(), out).statistics) == 21
    Draft7Validator(definitions_schema()).validate(tomllib.loads(out.read_text(encoding="utf-8")))


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    out = tmp_path / "definitions.toml"
    out.write_text("mine")
    result = run(EXAMPLE, "--out", out)
    assert result.exit_code == 2
    assert f"{out}: File exists" in result.stderr
    assert out.read_text() == "mine"


def test_standard_input_is_read():
    result = run("-", stdin=DIALS)
    assert result.exit_code == 0
    assert "[statistic.Dials]" in result.stdout
    assert result.stderr.startswith("standard input: 1 of 1 stat types")


def test_the_code_page_of_windows_is_told(tmp_path):
    file = tmp_path / "options.cfg"
    file.write_bytes(DIALS + "Description = Anläufe".encode("cp1252"))
    result = run(file)
    assert "Anläufe" in result.stdout
    assert "(read as cp1252, as it is not UTF-8)" in result.stderr


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (None, [], "No such file or directory"),
        (b"", [], "there is no stat type in it"),
        (b"[log]\nverbose = all", [], "there is no stat type in it"),
        (b"\xff\xfe\x00", [], "not text: it begins as utf-16"),
        (DIALS.replace(b"CampaignAction", b"DNAction"), [], "none of its stat types can be taken over"),
        (DIALS, ["--profiles", "Week"], "there is no time profile 'Week' that could be taken over; there are Default"),
        (DIALS, ["--ranges", "Short"], "there is no time range 'Short'"),
        (DIALS, ["--timezone", "Mars/Base"], "--timezone: 'Mars/Base' is not the name of an IANA time zone"),
        (DIALS, ["--colour", "blue"], "No such option"),
    ],
)
def test_what_can_not_be_done_exits_with_2_and_writes_nothing(tmp_path, data, options, message):
    file, out = tmp_path / "options.cfg", tmp_path / "out.toml"
    if data is not None:
        file.write_bytes(data)
    result = run(file, "--out", out, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert not out.exists()


def test_it_explains_itself_and_is_in_the_page_of_commands():
    assert "Examples" in run("--help").stdout
    assert "`dialstat definitions import FILE`" in (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
