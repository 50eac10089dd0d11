"""Definitions: whatever the text, it is refused with every mistake in its place, or statistics come of it."""

from __future__ import annotations

import io
import math
import string
from pathlib import Path

from hypothesis import strategies as st

from agents.replay import read_input, replayed_reports
from engine.campaigns import Limits
from engine.catalog import ACTIONS, ObjectType
from engine.categories import CATEGORIES
from engine.definition_limits import DefinitionLimits, excesses
from engine.definitions import Definitions, DefinitionsError, default_definitions, parse_definitions
from tests.engine.replaying import at
from tests.engine.test_restarts import SLICED_TEXT
from tests.fuzz.target import Target, needs_nothing
from tests.repository.files import ROOT

FILE = "site.toml"
LIMITS = Limits()
FEW = DefinitionLimits(statistics=200, profiles=20, panes=2_000, values=500)
"""What is beyond is not computed here: that is what the limits are for."""

SHIPPED = (default_definitions(), SLICED_TEXT, *(path.read_text() for path in sorted(Path(ROOT, "tests", "engine", "mistakes").glob("*"))))
_LINES = [line for text in SHIPPED for line in text.splitlines()]
_WORDS = sorted({"".join(char for char in word if char.isalnum()) for line in _LINES for word in line.split()} | {*CATEGORIES, *ObjectType})
_MASKS = [*(action.name for action in ACTIONS[::4]), "*", "~DialMade", "StatusRunning", "RecordsScheduled", ""]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NUMBERS = st.one_of(
    st.integers(-3, 90_000), st.sampled_from([1 << 63, -(1 << 63), 10**30]), st.floats(width=32).map(lambda number: f"{number!r}")
)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


_NAMED = st.sampled_from(["S", "T", "Dials", "today", "min", "E", "π", "S1"])
_ATOMS = st.one_of(
    _NAMED, st.integers(-2, 10**18).map(str), st.sampled_from(["1e308", "1e309", "0.0", "-0", "1j", "True", "''", "9" * 900])
)
FORMULAS: st.SearchStrategy[str] = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds("({}{}{})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "<", " if 1 else ", "@", "."]), inner),
        st.builds("{}({})".format, st.sampled_from(["min", "max", "abs", "round", "if_null", "eval", "__import__"]), inner),
        st.builds("{}({},{})".format, st.sampled_from(["min", "max", "round", "if_null", "print"]), inner, inner),
        st.builds("{}{}".format, st.sampled_from(["-", "+", "not ", "~", "lambda: ", "*", "(" * 60]), inner),
    ),
    max_leaves=12,
) | st.text(string.printable, max_size=30)

_SCALARS = st.one_of(
    _NUMBERS.map(str),
    st.sampled_from(["true", "false", "inf", "nan", "2026-01-01", "07:32:00", "1979-05-27T07:32:00Z", "[]", "{}", "[[]]", "0x1F", "1_000"]),
    st.sampled_from(_WORDS).map(_quoted),
    st.lists(st.sampled_from(_MASKS), max_size=4).map(lambda names: _quoted(",".join(names))),
    st.sampled_from(["0:15:00", "900", "0", "25:00", "-1", "00:00 +0:30", "06:00, 14:00", "24:00", "Europe/Lisbon", "../etc"]).map(_quoted),
    FORMULAS.map(_quoted),
    _TEXT.map(_quoted),
)
_VALUES = _SCALARS | st.lists(_SCALARS, max_size=3).map(lambda values: f"[{', '.join(values)}]")
_KEYS = st.sampled_from(
    [
        *[
            "category",
            "main",
            "relative",
            "range",
            "formula",
            "profiles",
            "objects",
            "durations",
            "empty",
            "where",
            "by",
            "limit",
            "publish",
        ],
        *["kind", "reset", "timezone", "size", "step", "count", "days", "of", "every"],
    ]
)
_OPTIONS = st.lists(st.builds("{} = {}".format, _KEYS | _TEXT.map(_quoted), _VALUES), max_size=7, unique_by=lambda line: line.split(" ")[0])
_HEADERS = st.builds("[{}.{}]".format, st.sampled_from(["profile", "statistic", "statistic", "other"]), _NAMED | _TEXT.map(_quoted))
RANDOM = st.lists(st.builds("{}\n{}".format, _HEADERS, _OPTIONS.map("\n".join)), max_size=5).map("\n".join)


_GOOD: dict[str, st.SearchStrategy[str]] = {
    "main": st.sampled_from(["*", "DialMade", "StatusRunning", "*,~DialMade", "StatusRunning,Predict", "RecordsScheduled"]).map(_quoted),
    "relative": st.sampled_from(["*", "DialMade", "StatusRunning,StatusActivated"]).map(_quoted),
    "formula": FORMULAS.map(_quoted),
    "range": st.tuples(st.integers(0, 50), st.integers(51, 10**9)).map(lambda ends: f"[{ends[0]}, {ends[1]}]"),
    "profiles": st.sampled_from(['["today"]', '["last"]', '["last", "today"]', '["chosen"]', '["since", "period"]']),
    "durations": st.just('"completed"'),
    "empty": st.sampled_from(["0", "-1.5", "1e308"]),
    "by": st.sampled_from(['["call_result"]', '["group", "attempt"]', '["dial_mode"]']),
    "where": st.sampled_from(["{ attempt = 1 }", '{ dial_mode = ["Predict", ""] }', '{ group = "g" }']),
    "limit": st.integers(1, 4).map(str),
}
_RIGHT_PROFILES = """
[profile.today]
kind = "growing"
[profile.last]
kind = "sliding"
size = "0:15:00"
step = 60
[profile.chosen]
kind = "selection"
count = 3
[profile.since]
kind = "since_activation"
[profile.period]
kind = "campaign_period"
days = 1
"""


def _wanted(category: str) -> list[str]:
    """The keys without which it is surely a mistake."""
    if category == "Formula":
        return ["formula", "profiles"]
    of_windows = [] if category.startswith("Current") or category == "EstimTimeToComplete" else ["profiles"]
    ranged = ["range"] if "InTimeRange" in category else []
    relative = ["relative"] if "Relative" in category else []
    return [*(["main"] if category not in {"CurrentState", "EstimTimeToComplete"} else []), *of_windows, *ranged, *relative]


@st.composite
def plausible(draw: st.DrawFn) -> str:
    """A file that is right or nearly: profiles of every kind, and statistics of any category."""
    lines = [_RIGHT_PROFILES]
    for name in draw(st.lists(st.sampled_from(["S", "T", "Dials", "E"]), min_size=1, max_size=3, unique=True)):
        category = draw(st.sampled_from(["Formula", *CATEGORIES]))
        lines.append(f'[statistic.{name}]\ncategory = "{category}"')
        keys = [*_wanted(category), *draw(st.lists(st.sampled_from([*_GOOD]), max_size=1))]
        lines += [f"{key} = {draw(_GOOD[key] if draw(st.integers(0, 15)) else _VALUES)}" for key in dict.fromkeys(keys)]
    return "\n".join(lines)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A file that is known, with lines that are left out, repeated, of another file, or damaged."""
    lines = draw(st.sampled_from(SHIPPED)).splitlines()
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines)))
        lines[place : place + draw(st.integers(0, 2))] = draw(
            st.lists(st.sampled_from(_LINES) | st.builds("{} = {}".format, _KEYS, _VALUES) | _TEXT, max_size=2)
        )
    text = "\n".join(lines)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(_TEXT) + text[place + draw(st.integers(0, 3)) :]
    return text


def _events() -> bytes:
    fields = f'"tenant":"t","campaign":"c","group":"g","calling_list":"l","chain_id":"1","event_id":"e","occurred_at":{at("10:00:00")}'
    kinds = ['"DialingStarted"', '"CallCompleted","call_result":33,"attempt":2', '"LeadProcessed","call_result":33', '"RecordScheduled"']
    kinds.append('"CampaignDeactivated"')
    return "\n".join(f'{{{fields},"records":7,"kind":{kind}}}' for kind in kinds).encode()


EVENTS = _events()


def check(text: str) -> None:
    """Refused with mistakes that say where and what; or it can be computed, and every value is a number or none."""
    try:
        definitions = parse_definitions(text, FILE)
    except DefinitionsError as error:
        _are_mistakes(error, text)
        return
    if not list(excesses(definitions, FEW)):
        _can_be_computed(definitions)


def _are_mistakes(error: DefinitionsError, text: str) -> None:
    last = max(len(text.splitlines()), 1)
    assert error.mistakes
    assert len(set(error.mistakes)) == len(error.mistakes)
    for mistake in error.mistakes:
        assert mistake.file == FILE
        assert 1 <= mistake.line <= last, mistake
        assert mistake.message.strip()
        assert len(mistake.message) < 3_000, mistake
    assert list(error.mistakes) == sorted(error.mistakes, key=lambda mistake: (mistake.line, mistake.name))


def _can_be_computed(definitions: Definitions) -> None:
    instants = [at("10:00:10"), at("10:00:00", day=7)]
    reports = list(replayed_reports(read_input(io.BytesIO(EVENTS), LIMITS), definitions, LIMITS, instants, lambda _: None))
    for report in reports:
        assert all(value is None or math.isfinite(value) for value in report["values"].values()), report


TARGET = Target(
    "definitions",
    "a file is refused with mistakes that have file, line and what is wrong; or it is computed, and every value is a number or none",
    st.one_of(plausible(), plausible(), mutated(), RANDOM),
    needs_nothing(check),
    size=100,
    short=25,
)
