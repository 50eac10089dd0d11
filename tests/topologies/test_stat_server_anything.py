"""Whatever an export holds, the engine takes what is made of it, and nothing of it is dropped untold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import ACTIONS, ObjectType
from engine.categories import CATEGORIES
from engine.definitions import parse_definitions
from topologies.stat_server import Choice, import_export
from topologies.stat_server_export import ExportError, parse_export
from topologies.stat_server_report import definitions_text, report_text

WORDS = st.sampled_from(
    [
        *(action.name for action in ACTIONS[::6]),
        *CATEGORIES,
        *ObjectType,
        *("CampaignAction", "DNAction", "Agent", "CallInbound", "*", "~DialMade", "~CallInbound"),
        *("JavaCategory", "Formula", "DCID", "Default", "Short"),
        *("00:00", "00:00 +0:30", "900:10", "900:7", "0-30", "30-0", "50", ""),
    ]
)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(WORDS, st.lists(WORDS, max_size=4).map(",".join), ANYTHING)
KEYS = st.one_of(
    st.sampled_from(
        [
            *["Objects", "Category", "MainMask", "RelMask", "Subject", "Description", "Formula", "Filter", "Name"],
            *["TimeProfile", "TimeRange", "TimeRangeLeft", "TimeRangeRight", "Short"],
            *["Default,Growing", "now,Sliding", "Last,Sliding", "Sel,Selection", "L,SinceLogin"],
        ]
    ),
    ANYTHING,
)
SECTIONS = st.one_of(st.sampled_from(["TimeProfiles", "TimeRanges", "Filters", "StatType", "StatType:A", "A", "A-", "3"]), ANYTHING)
MADE = st.lists(st.tuples(SECTIONS, st.lists(st.tuples(KEYS, VALUES), max_size=8)), max_size=8).map(
    lambda sections: "\n".join(f"[{name}]\n" + "\n".join(f"{key} = {value}" for key, value in options) for name, options in sections)
)
PLAUSIBLE = st.builds(
    "{}\n[S{}]\nCategory = {}\nMainMask = {}\nRelMask = {}\nObjects = {}\nSubject = CampaignAction\nDescription = {}\n".format,
    MADE,
    ANYTHING,
    st.sampled_from([*CATEGORIES]),
    st.lists(st.sampled_from(["*", *(action.name for action in ACTIONS), "~DialMade", "~StatusRunning"]), min_size=1, max_size=4).map(
        ",".join
    ),
    st.sampled_from(["*", "DialMade", "StatusRunning"]),
    st.lists(st.sampled_from([*ObjectType, "Agent"]), min_size=1, max_size=4).map(",".join),
    ANYTHING,
)
CHOICES = st.builds(Choice, st.sampled_from([(), ("all",)]), st.just(()), st.sampled_from([None, "Asia/Kathmandu"]))


def told_of(data, choice):
    """Import it, hold what comes of it to the engine, and give the report; nothing if it is no export."""
    try:
        export = parse_export(data)
        found = import_export(export, choice)
    except ExportError:
        return None, None, ""
    for comments in (True, False):
        if found.statistics:
            text = definitions_text(found, "any\nname", comments=comments)
            assert {one.name for one in parse_definitions(text, "import").statistics} == {table.name for table in found.statistics}
            assert text.endswith("\n")
    return export, found, report_text(found, "any\nname", export.encoding)


@given(st.one_of(PLAUSIBLE, MADE), CHOICES)
def test_whatever_the_export_the_engine_takes_what_is_made_of_it(text, choice):
    """And every stat type is either taken over or refused, every other section told."""
    export, found, report = told_of(text.encode(), choice)
    if found is not None:
        taken = {(table.source, table.line) for table in found.statistics}
        refused = {(one.what, one.line) for one in found.refused}
        for section in export.sections:
            here = (section.name, section.line)
            times = section.name.casefold() in {"timeprofiles", "timeranges", "filters"}
            assert (
                times or here in taken | refused or (f"[{section.name}]", section.line) in {(one.what, one.line) for one in found.left_out}
            )
        assert len(taken) <= found.stat_types
        assert report.endswith("\n")


@given(st.binary(max_size=300), CHOICES)
def test_whatever_the_bytes(data, choice):
    told_of(data, choice)
    told_of(b"[S]\nCategory = CurrentState\n" + data, choice)


@given(MADE, st.sampled_from(["utf-16", "utf-16-be", "utf-8-sig"]))
def test_the_encoding_does_not_matter(text, encoding):
    assert parse_export(f"[S]\n{text}".encode(encoding)).sections == parse_export(f"[S]\n{text}".encode()).sections
