"""What is made of a Stat Server's options, and what is told of the rest (domain 5, 6; docs/import.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definitions import parse_definitions
from topologies.stat_server import Choice, import_export
from topologies.stat_server_export import ExportError, parse_export
from topologies.stat_server_report import definitions_text, report_text

EXAMPLE = Path(__file__).parents[2] / "examples" / "stat_server.cfg"
DIALS = "Category = TotalNumber\nMainMask = DialMade\nObjects = Campaign\nSubject = CampaignAction\n"
RUNNING = "Category = {}\nMainMask = StatusRunning\nObjects = Campaign\nSubject = CampaignAction\n"


def imported(text, *profiles, ranges=(), timezone=None):
    data = text if isinstance(text, bytes) else text.encode()
    return import_export(parse_export(data), Choice(profiles, ranges, timezone))


def definitions(found, *, comments=True):
    return parse_definitions(definitions_text(found, "export.cfg", comments=comments), "import")


def statistic(body, before=""):
    """The keys of the only statistic of an export, and what is told of it."""
    (table,) = imported(f"{before}\n[S]\n{body}").statistics
    return table.keys, " | ".join((*table.differences, *table.notes))


def profile(option):
    """The keys of the only profile of an export, and what is told of it."""
    (table,) = imported(f"[TimeProfiles]\n{option}\n[S]\n{DIALS}", timezone="Europe/Paris").profiles
    return table.keys, " | ".join((*table.differences, *table.notes))


def reason(body, before=""):
    """Why the stat type S can't be taken over."""
    found = imported(f"{before}\n[S]\n{body}")
    assert found.statistics == ()
    return next(one.reason for one in found.refused if one.what == "S")


def test_the_example_is_understood():
    found = imported(EXAMPLE.read_bytes(), timezone="Europe/Paris")
    assert (found.stat_types, len(found.statistics)) == (28, 21)
    assert {one.name for one in definitions(found).statistics} == {table.name for table in found.statistics}


def test_a_stat_type_becomes_a_statistic():
    keys, told = statistic(f"{DIALS}Description = Dial attempts, # of them")
    assert keys == {
        "objects": ["Campaign"],
        "category": "TotalNumber",
        "main": "DialMade",
        "profiles": ["Default"],
        "description": "Dial attempts, # of them",
    }
    assert told == ""


@pytest.mark.parametrize(
    "text",
    [
        f"[Dials]\n{DIALS}",
        f"[StatType:Dials]\n{DIALS}",
        f"[stattypes.Dials]\n{DIALS}",
        f"[StatType]\nName = Dials\n{DIALS}",
        f"[ Dials ] ; of today\n{DIALS.upper().replace('DIALMADE', '  dialmade ; all of them')}",
        "[Dials]\n" + DIALS.replace("DialMade", '"DialMade"'),
        "[Dials]\nCATEGORY=totalnumber\nMAINMASK=dialMade\n\tobjects=campaign\nsubject=campaignaction",
        f"# all\n; of it\n\n[Dials]\r\n{DIALS}".replace("\n", "\r\n"),
        "[Dials]\nMainMask = DialMade\n[Other]\nverbose = all\n[Dials]\nCategory=TotalNumber\nObjects=Campaign\nSubject=CampaignAction",
    ],
)
def test_forms_of_exports(text):
    (table,) = imported(text).statistics
    assert (table.name, table.keys["main"], table.keys["objects"], table.differences) == ("Dials", "DialMade", ["Campaign"], ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_encodings(encoding):
    found = imported(f"[Anläufe]\n{DIALS}Description = täglich".encode(encoding))
    assert (found.statistics[0].source, found.statistics[0].name) == ("Anläufe", "Anlaufe")
    assert found.statistics[0].keys["description"] == "täglich"


def test_bytes_that_windows_has_no_letter_for_are_read_as_latin_1():
    assert parse_export(b"[A]\nCategory = \x81\xe4").encoding == "latin-1"


def test_what_is_no_text_is_told():
    with pytest.raises(ExportError, match="not text: it begins as utf-16"):
        parse_export(b"\xff\xfe\x00")


@pytest.mark.parametrize(
    "text", ["", "[log]\nverbose = all", "[TimeProfiles]\nDefault,Growing = 00:00", "Category = TotalNumber", "\x00\x01"]
)
def test_an_export_without_stat_types_is_told(text):
    with pytest.raises(ExportError, match="there is no stat type in it"):
        imported(text)


@pytest.mark.parametrize(
    ("option", "keys"),
    [
        ("Today,Growing = 00:00", {"kind": "growing", "reset": "00:00", "timezone": "Europe/Paris"}),
        ("Shift , growing = 06:00, 14:00,22:00 ; three", {"kind": "growing", "reset": "06:00, 14:00,22:00", "timezone": "Europe/Paris"}),
        ("Half,Growing = 00:00 +0:30", {"kind": "growing", "reset": "00:00 +0:30", "timezone": "Europe/Paris"}),
        ("Oslo,Growing = 00:00 TZ=Europe/Oslo", {"kind": "growing", "reset": "00:00", "timezone": "Europe/Oslo"}),
        ("Last,Sliding = 900:10", {"kind": "sliding", "size": "0:15:00", "step": 10}),
        ("Last,Sliding = 0:15:00:10", {"kind": "sliding", "size": "0:15:00", "step": 10}),
        ("Last,Sliding = 1:00:00,0:01:00", {"kind": "sliding", "size": "1:00:00", "step": 60}),
        ("Sel,Selection = 50", {"kind": "selection", "count": 50}),
    ],
)
def test_profiles(option, keys):
    """Domain 6.1 to 6.3."""
    assert profile(option) == (keys, "")


def test_a_step_that_does_not_divide_the_window_becomes_smaller():
    """Domain 6.2."""
    keys, told = profile("Last,Sliding = 3600:7")
    assert keys["step"] == 6
    assert "its step is 6 s, not 7 s" in told


def test_without_a_time_zone_resets_are_in_utc_and_that_is_told():
    (table,) = imported(f"[TimeProfiles]\nToday,Growing = 00:00\n[S]\n{DIALS}").profiles
    assert table.keys["timezone"] == "UTC"
    assert "--timezone" in table.differences[0]


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("Login,SinceLogin =", "campaigns do not log in"),
        ("Login,SinceLogin", "this is no section, no option"),
        ("Default = 00:00", "a KIND of Growing, Sliding or Selection"),
        ("Odd,Shrinking = 00:00", "a KIND of Growing, Sliding or Selection"),
        ("Odd,Growing =", "is not a time as H:MM"),
        ("Odd,Growing = 25:00", "is not a time of day"),
        ("Odd,Growing = 06:00, 14:00 +1:00", "a step follows one time"),
        ("Odd,Growing = 00:00 Mars/Base", "not the name of an IANA time zone"),
        ("Odd,Growing = NEVER", "is not a time as H:MM"),
        ("Odd,Sliding = 900", "expected the size of the window and its step"),
        ("Odd,Sliding = 900:0", "longer than nothing"),
        ("Odd,Sliding = 10:900", "not shorter than its step"),
        ("Odd,Sliding = 999999999:7", "longer than ten years"),
        ("Odd,Sliding = ten:one", "'ten' is neither"),
        ("Odd,Selection = 0", "a whole number from 1"),
        ("Odd,Selection = many", "not a number of actions"),
    ],
)
def test_profiles_that_can_not_be(option, told):
    found = imported(f"[TimeProfiles]\n{option}\n[S]\n{DIALS}")
    assert [table.keys["reset"] for table in found.profiles] == ["00:00"], "Stat Server's built-in one is in their place"
    (remark,) = (*found.refused, *found.left_out)
    assert told in remark.reason
    assert remark.line == 2
    assert len(definitions(found).statistics) == 1


PROFILES = "[TimeProfiles]\nToday,Growing = 00:00\nLast,Sliding = 900:10\nSel,Selection = 50\n"


@pytest.mark.parametrize(
    ("category", "default", "chosen", "expected"),
    [
        ("TotalAdjustedTime", "", (), ["Today", "Last", "Sel"]),
        ("TotalTime", "", (), ["Today", "Last"]),
        ("TotalTime", "Default,Growing = 06:00", (), ["Default"]),
        ("TotalTime", "Default,Growing = 06:00", ("last", "Today"), ["Today", "Last"]),
        ("TotalTime", "Default,Growing = 06:00", ("all",), ["Today", "Last", "Default"]),
    ],
)
def test_which_profiles_a_statistic_is_under(category, default, chosen, expected):
    """Default if there is one, else all that the category can have (domain 6.3), or those that are chosen."""
    found = imported(f"{PROFILES}{default}\n[S]\n{RUNNING.format(category)}", *chosen)
    assert found.statistics[0].keys["profiles"] == expected
    assert len(found.profiles) == (4 if default else 3), "all are defined, used or not"
    assert ("not under Sel" in str(found.statistics[0].notes)) == (
        category == "TotalTime" and "Sel" in [p.name for p in found.chosen.profiles]
    )
    definitions(found)


def test_a_category_that_none_of_the_chosen_profiles_fits_is_refused():
    found = imported(f"{PROFILES}[S]\n{RUNNING.format('TotalTime')}", "Sel")
    assert "of those to choose from (Sel) it can have none" in found.refused[0].reason


def test_a_stat_type_that_names_its_profile_has_that():
    keys, told = statistic(f"{DIALS}TimeProfile = last", PROFILES)
    assert (keys["profiles"], told) == (["Last"], "")
    keys, told = statistic(f"{DIALS}TimeProfile = Week", PROFILES)
    assert keys["profiles"] == ["Today", "Last", "Sel"]
    assert "without TimeProfile = Week: there is no such time profile" in told


def test_what_is_of_the_present_has_no_profile():
    """Domain 5.6."""
    keys, _ = statistic(RUNNING.format("CurrentTime"), PROFILES)
    assert "profiles" not in keys


@pytest.mark.parametrize("chosen", [{"profiles": ("Week",)}, {"ranges": ("Week",)}])
def test_a_choice_that_is_not_there_is_told(chosen):
    with pytest.raises(ExportError, match=r"'Week' that could be taken over; there are Default"):
        import_export(parse_export(f"[S]\n{DIALS}".encode()), Choice(**chosen))


@pytest.mark.parametrize(
    ("ranges", "chosen", "expected"),
    [
        ("", (), {"S": [0, 20]}),
        ("Short = 0-60", (), {"S": [0, 60]}),
        ("Short = 0-60\nLong one = 60 - 90.5", (), {"S_Short": [0, 60], "S_Long_one": [60, 90.5]}),
        ("Default = 0-30\nShort = 0-60", (), {"S": [0, 30], "S_Short": [0, 60]}),
        ("Default = 0-30\nShort = 0-60", ("short",), {"S": [0, 60]}),
        ("Odd = 60-0\nShort = 0-60\nWorse = far", (), {"S": [0, 60]}),
    ],
)
def test_a_ranged_category_gives_a_statistic_for_each_range(ranges, chosen, expected):
    found = imported(f"[TimeRanges]\n{ranges}\n[S]\n{RUNNING.format('TotalNumberInTimeRange')}", ranges=chosen)
    assert {table.name: table.keys["range"] for table in found.statistics} == expected
    assert {one.line for one in found.refused} == ({2, 4} if "Odd" in ranges else set())
    definitions(found)


@pytest.mark.parametrize(
    ("options", "expected", "told"),
    [
        ("TimeRange = long", [60, 90], ""),
        ("TimeRangeLeft = 10\nTimeRangeRight = 30", [10, 30], ""),
        ("TimeRangeRight = 30", [0, 30], ""),
        ("TimeRange = Short\nTimeRangeRight = 30", [0, 30], "without TimeRange = Short: it has another range already"),
        ("TimeRange = Short\nTimeRangeLeft = 30", [0, 60], "without TimeRangeLeft = 30: it has another range already"),
    ],
)
def test_a_stat_type_that_names_its_range_has_that(options, expected, told):
    keys, said = statistic(f"{RUNNING.format('TotalTimeInTimeRange')}{options}", "[TimeRanges]\nShort = 0-60\nLong = 60-90")
    assert keys["range"] == expected
    assert told in said


@pytest.mark.parametrize(
    ("category", "subject", "expected"),
    [
        ("TotalTime", "CampaignAction", "completed"),
        ("ElapsedTimePercentage", "CampaignAction", "completed"),
        ("TotalTime", "CampaignStatus", None),
        ("TotalAdjustedTime", "CampaignAction", None),
    ],
)
def test_times_follow_the_reference_system(category, subject, expected):
    """Domain 5.3."""
    keys, told = statistic(RUNNING.format(category).replace("CampaignAction", subject))
    assert keys.get("durations") == expected
    assert ("5.3" in told) == (expected is not None)


def test_what_there_is_nothing_to_divide_by_for_is_0():
    """Domain 5.4."""
    keys, _ = statistic(f"{DIALS}RelMask = LeadProcessed".replace("TotalNumber", "RelativeNumber"))
    assert (keys["relative"], keys["empty"]) == ("LeadProcessed", 0)
    assert "empty" not in statistic(DIALS)[0]


@pytest.mark.parametrize(
    ("mask", "main", "told"),
    [
        ("DialMade,dialanswer", "DialMade,DialAnswer", ""),
        ("*, ~ DialMade", "*,~DialMade", ""),
        ("~DialMade,*", "*,~DialMade", "is read as *,~DialMade"),
        ("*,~CallInbound", "*", "without ~CallInbound: no action of campaigns"),
        ("Lead0k", "LeadOk", ""),
        ("DialMade,\n  DialAnswer,\n\tDialBusy", "DialMade,DialAnswer,DialBusy", ""),
        ("DialMade,,", "DialMade", ""),
    ],
)
def test_masks(mask, main, told):
    """Domain 5.1, 4.10."""
    keys, said = statistic(DIALS.replace("DialMade", mask))
    assert keys["main"] == main
    assert told in said
    assert told or not said


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (DIALS.replace("DialMade", "CallInbound"), "MainMask names CallInbound: no action of campaigns"),
        (DIALS.replace("DialMade", "DialMade,CallInbound"), "MainMask names CallInbound"),
        (DIALS.replace("DialMade", "DialMad"), "did you mean DialMade?"),
        (DIALS.replace("DialMade", "~DialMade"), "leaves no action"),
        (DIALS.replace("DialMade", ""), "its MainMask is missing"),
        (DIALS.replace("TotalNumber", "RelativeNumber"), "its RelMask is missing"),
        (DIALS.replace("TotalNumber", "TotalTime"), "TotalTime is not computed of what DialMade names, but of such as StatusActivated"),
        (DIALS.replace("TotalNumber", ""), "its Category is missing"),
        (DIALS.replace("TotalNumber", "TotalNumbr"), "did you mean TotalNumber?"),
        (DIALS.replace("TotalNumber", "JavaCategory"), "a Java extension"),
        (DIALS.replace("TotalNumber", "TotalCustomValue"), "values attached to calls"),
        (DIALS.replace("TotalNumber", "Formula") + "Expression = COUNT(x)", "over single actions"),
        (DIALS + 'Formula = GetNumber("Revenue")', 'Formula = GetNumber("Revenue"): an expression over single actions'),
        (DIALS.replace("CampaignAction", "DNAction"), "about agents, places, queues or calls"),
        (DIALS.replace("CampaignAction", "CampainAction"), "did you mean CampaignAction?"),
        (DIALS.replace("= Campaign\n", "= Agent, Place\n"), "Objects = Agent, Place: none of Campaign"),
        (DIALS.replace("= Campaign\n", "= CallingList\n").replace("DialMade", "StatusRunning"), "CallingList can't have it; Campaign"),
        (RUNNING.format("TotalTimeInTimeRange") + "TimeRangeRight = far", "expected two numbers of seconds"),
    ],
)
def test_stat_types_that_can_not_be_taken_over(body, told):
    assert told in reason(body)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (DIALS + "Formula = DCID", "without Formula = DCID: it counts a call once"),
        (DIALS + "Formula = DistByConnID", "without Formula = DistByConnID"),
        (DIALS + "DCID = yes", "without DCID = yes: it counts a call once"),
        (DIALS + "AggregationType = Total", "without AggregationType = Total: it tells Data Sourcer"),
        (DIALS + "MediaType = voice", "without MediaType = voice"),
        (DIALS + "Colour = blue", "without Colour = blue: this option is not known here"),
        (DIALS + "RelMask = *", "without RelMask = *: TotalNumber has one mask"),
        (DIALS + "TimeRange = Short", "without TimeRange = Short: TotalNumber has no range here"),
        (DIALS + "Filter = Gold", 'without its filter Gold (PairExists("Segment","Gold"))'),
        (DIALS + "Filter = Silver", "without its filter Silver: "),
        (DIALS.replace("= Campaign\n", "= Campaign, Agent\n"), "without the objects Agent"),
        (
            DIALS.replace("= Campaign\n", "= Campaign, CallingList\n").replace("DialMade", "StatusRunning"),
            "without the objects CallingList",
        ),
        (DIALS.replace("Objects = Campaign", ""), "its Objects are missing"),
        (DIALS.replace("Subject = CampaignAction", ""), "its Subject is missing"),
        (RUNNING.format("TotalNumberInTimeRange"), "milliseconds count"),
        (RUNNING.format("AverageOfCurrentNumber"), "every two seconds"),
        (RUNNING.format("CurrentState"), "without MainMask = StatusRunning: CurrentState is the same whatever its mask"),
        (DIALS.replace("TotalNumber", "EstimTimeToComplete").replace("DialMade", "RecordsScheduled"), "by the speed at which leads"),
        (RUNNING.format("CurrentTime") + "TimeProfile = Default", "CurrentTime is of the present"),
    ],
)
def test_differences_are_told(body, told):
    assert told in statistic(body, '[Filters]\nGold = PairExists("Segment","Gold")')[1]


def test_filters_are_told_with_their_text():
    found = imported(f'[Filters]\nGold = PairExists("Segment","Gold")\n[S]\n{DIALS}')
    assert [(one.line, one.what) for one in found.refused] == [(2, '[Filters] Gold = PairExists("Segment","Gold")')]


def test_what_is_no_stat_type_is_told_with_its_line():
    found = imported(f"loose\n[log]\nverbose = all\nwhat is this\n[S]\n{DIALS}[]\n[S]\nObjects = CallingList")
    assert [(one.line, one.what) for one in found.left_out] == [
        (1, "loose"),
        (2, "[log]"),
        (4, "what is this"),
        (8, "[S] Objects = Campaign"),
        (10, "[]"),
    ]
    assert "it is given again in line 12, which counts" in found.left_out[3].reason
    assert found.statistics[0].keys["objects"] == ["CallingList"]


def test_names_are_made_valid_and_are_each_only_one():
    names = ["Total-Dials", "Total Dials", "3rd", "Звонки", "_", "Total_Dials"]
    found = imported("".join(f"[{name}]\n{DIALS}" for name in names))
    assert [table.name for table in found.statistics] == [
        "Total_Dials",
        "Total_Dials_2",
        "Statistic_3rd",
        "Statistic",
        "Statistic_2",
        "Total_Dials_3",
    ]
    assert all("its name is another" in table.differences[0] for table in found.statistics)
    assert len(definitions(found).statistics) == len(names)


def test_the_name_of_the_built_in_profile_is_not_taken():
    assert [table.name for table in imported(f"[TimeProfiles]\nnow,Growing = 00:00\n[S]\n{DIALS}").profiles] == ["now_2"]


def test_the_report_of_the_example(snapshot):
    data = EXAMPLE.read_bytes()
    assert report_text(imported(data, timezone="Europe/Paris"), "stat_server.cfg", parse_export(data).encoding) == snapshot


def test_comments_tell_what_the_report_tells():
    found = imported(EXAMPLE.read_bytes())
    text = " ".join(definitions_text(found, "stat_server.cfg", comments=True).replace("#   ", "").split())
    assert [one.reason for one in found.refused if one.reason not in text] == []
    assert [told for table in found.tables for told in (*table.differences, *table.notes) if told not in text] == []
    assert "#" not in definitions_text(found, "stat_server.cfg", comments=False).split("\n\n", 1)[1]
