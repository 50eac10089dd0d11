"""`verify` and `explain` on files: what a replay wrote, held against the events that it was made of (domain 7.5)."""

import json
from itertools import islice

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.sampling import Sample
from recount.reports import report_of
from simulator import preset, simulate
from topologies.settings import Settings
from topologies.sources import variable_of


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in (*Settings.model_fields, "config"):
        monkeypatch.delenv(variable_of(name), raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module", name="replay")
def _replay(tmp_path_factory):
    """A folder with events.jsonl and the results of their replay, with all objects at one instant."""
    folder = tmp_path_factory.mktemp("replay")
    events = list(islice(simulate(preset("site")), 3_000))
    (folder / "events.jsonl").write_text("".join(json.dumps(one) + "\n" for one in events))
    done = run("replay", folder / "events.jsonl", "--out", folder, "--at", events[2_500]["occurred_at"])
    assert done.exit_code == 0, done.output
    return folder


def reports_in(folder):
    return [json.loads(line) for line in (folder / "statistics.jsonl").read_text().splitlines()]


def numbered(folder, name, **fields):
    """FILE:LINE of the first report that has a number above 2 for a statistic, and the report."""
    for line, report in enumerate(reports_in(folder), start=1):
        if (report["values"].get(name) or 0) > 2 and all(report[field] == value for field, value in fields.items()):
            return f"{folder / 'statistics.jsonl'}:{line}", report
    raise AssertionError(f"no report has {name}")


def verified(folder, *options, reports="statistics.jsonl", events="events.jsonl"):
    return run("verify", "--reports", folder / reports, "--events", folder / events, *options)


def test_a_replay_is_verified(replay):
    """Exit 0, nothing on standard output, and how much was checked on standard error."""
    result = verified(replay)
    assert (result.exit_code, result.stdout) == (0, "")
    count, values = len(reports_in(replay)), sum(len(report["values"]) for report in reports_in(replay))
    states = sum(report["profile"] == "now" and report["object_type"].endswith(("Campaign", "Group")) for report in reports_in(replay))
    assert result.stderr == f"{count:,} of {count:,} reports checked, {values + states:,} values; 0 reports differ\n"


def test_a_tampered_value_is_named_and_the_exit_code_is_1(replay):
    reports = reports_in(replay)
    line, report = next((line, report) for line, report in enumerate(reports, start=1) if report["values"].get("DialsMade"))
    honest = report["values"]["DialsMade"]
    report["values"]["DialsMade"] += 1
    (replay / "tampered.jsonl").write_text("".join(json.dumps(one) + "\n" for one in reports))
    result = verified(replay, reports="tampered.jsonl")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{replay / 'tampered.jsonl'}:{line}: ")
    assert result.stdout.endswith(f"DialsMade published {honest + 1}, recomputed {honest}\n")
    assert "1 reports differ" in result.stderr
    (told,) = [json.loads(one) for one in verified(replay, "--json", reports="tampered.jsonl").stdout.splitlines()]
    assert (told["report"], told["statistic"]) == (f"{replay / 'tampered.jsonl'}:{line}", "DialsMade")
    assert {name: told[name] for name in ("campaign", "profile", "as_of", "published", "recomputed")} == {
        "campaign": report["campaign"],
        "profile": report["profile"],
        "as_of": report["as_of"],
        "published": honest + 1,
        "recomputed": honest,
    }


def test_input_that_is_cut_off_is_told_and_is_no_difference(replay):
    """What the reports have applied beyond the end of the file can't be verified."""
    lines = (replay / "events.jsonl").read_text().splitlines(keepends=True)
    (replay / "short.jsonl").write_text("".join(lines[:1_000]))
    result = verified(replay, events="short.jsonl")
    assert result.exit_code == 0
    assert "reports could not be checked: the file has" in result.stderr


def test_reports_are_chosen(replay):
    """By campaign, profile, finality; and a sample is the same one each time."""
    reports = reports_in(replay)
    campaign = reports[0]["campaign"]
    of_campaign = sum(report["campaign"] == campaign for report in reports)
    assert f"{of_campaign} of {of_campaign} reports checked" in verified(replay, "--campaign", campaign).stderr
    of_now = sum(report["profile"] == "now" for report in reports)
    assert f"{of_now} of {of_now} reports checked" in verified(replay, "--profile", "now").stderr
    finals = sum(report["final"] for report in reports)
    assert f"{finals} of {finals} reports checked" in verified(replay, "--finals").stderr
    assert f"7 of {len(reports)} reports checked" in verified(replay, "--count", "7").stderr
    half = verified(replay, "--sample", "0.5").stderr
    assert half == verified(replay, "--sample", "0.5").stderr
    assert not half.startswith((f"0 of {len(reports)}", f"{len(reports)} of"))


def test_a_sample_is_spread_and_bounded(replay):
    """About the share that was asked for, and never more than so many; a greater sample holds the smaller."""
    form = reports_in(replay)[0]
    reports = [report_of(form, f"t:0:{number}") for number in range(2_000)]

    def sample(rate, most=None):
        chosen = Sample(rate, most)
        for report in reports:
            chosen.offer(report)
        return [report.where for report in chosen.chosen]

    assert 400 < len(sample(0.25)) < 600
    assert len(sample(1.0, 100)) == 100
    assert set(sample(1.0, 100)) < set(sample(1.0, 300))
    assert set(sample(0.1)) < set(sample(0.25))
    assert sample(1.0) == [report.where for report in reports]


def test_events_behind_a_count_are_listed(replay):
    """Each with its offset; what is beyond the limit is told as a number."""
    where, report = numbered(replay, "DialsMade", object_type="Campaign")
    result = run("explain", where, "DialsMade", "--events", replay / "events.jsonl", "--limit", "2")
    assert result.exit_code == 0, result.output
    number = report["values"]["DialsMade"]
    assert f"    and {int(number) - 2:,} more" in result.stdout.splitlines()
    assert result.stdout.endswith(f"recomputed  {number}\npublished   {number}\n")
    shown = run("explain", where, "DialsMade", "--events", replay / "events.jsonl", "--json", "--limit", "100000").stdout
    *entries, part, recomputed, published = [json.loads(line) for line in shown.splitlines()]
    assert (part["number"], part["more"]) == (number, 0)
    assert recomputed == {"statistic": "DialsMade", "recomputed": number}
    assert published["published"] == number
    lines = [json.loads(line) for line in (replay / "events.jsonl").read_text().splitlines()]
    results = [line for line in lines if line["kind"] in {"CallCompleted", "LeadProcessed"}]
    for entry in entries:
        event = results[entry["event"]["offset"]]
        assert (event["event_id"], event["occurred_at"], event["kind"]) == (
            entry["event"]["event_id"],
            entry["occurred_at"],
            "CallCompleted",
        )
        assert report["window_start"] <= entry["occurred_at"] <= report["as_of"]


def test_both_parts_of_a_ratio_are_listed(replay):
    where, report = numbered(replay, "HitRatio")
    shown = run("explain", where, "HitRatio", "--events", replay / "events.jsonl", "--json").stdout
    answers, dials = [form["number"] for form in map(json.loads, shown.splitlines()) if "number" in form]
    assert 100 * answers / dials == report["values"]["HitRatio"]


def test_durable_actions_are_listed_with_what_began_and_ended_them(replay):
    where, report = numbered(replay, "RunningTime", profile="today")
    shown = run("explain", where, "RunningTime", "--events", replay / "events.jsonl", "--json").stdout
    runs = [form for form in map(json.loads, shown.splitlines()) if "begin" in form]
    assert sum(form["inside_ms"] for form in runs) / 1000 == report["values"]["RunningTime"]
    assert all(form["begun_by"]["kind"] == "DialingStarted" for form in runs)
    text = run("explain", where, "RunningTime", "--events", replay / "events.jsonl").stdout
    assert all(f"campaign-events:0:{form['begun_by']['offset']}" in text for form in runs)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["verify", "--reports", "{statistics}"], "--reports and --events belong together"),
        (["verify"], "this command needs the address of a Kafka"),
        (["verify", "--reports", "{events}", "--events", "{events}"], "events.jsonl:1 is not a statistics report: it has no field"),
        (["verify", "--reports", "missing.jsonl", "--events", "{events}"], "missing.jsonl: No such file"),
        (["explain", "{statistics}:1", "Nothing", "--events", "{events}"], "has no statistic Nothing"),
        (["explain", "{statistics}:99999", "DialsMade", "--events", "{events}"], "has no report at line 99999"),
        (["explain", "{statistics}", "DialsMade", "--events", "{events}"], "a report is named FILE:LINE"),
        (["explain", "{statistics}:1", "DialsMade"], "a report is named TOPIC:PARTITION:OFFSET"),
    ],
)
def test_what_can_not_be_done_exits_with_2(replay, arguments, expected):
    names = {"statistics": replay / "statistics.jsonl", "events": replay / "events.jsonl"}
    result = run(*[argument.format(**names) for argument in arguments])
    assert result.exit_code == 2
    assert expected in result.stderr
