"""The JSON Schema of definitions: what it refuses the parser refuses too, and editors are given it as it is (contract 3)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from engine.catalog import ACTIONS
from engine.categories import CATEGORIES, FORMULA
from engine.definition_keys import KIND_KEYS, PUBLISH_KEYS, STATISTIC_KEYS
from engine.definitions import DefinitionsError, default_definitions, parse_definitions
from engine.definitions_schema import definitions_schema
from engine.dimensions import Dimension
from tests.drawing import drawn
from tests.engine.test_against_plain import DEFINITIONS
from tests.engine.test_profiles import DEFINITIONS as PROFILES
from tests.engine.test_restarts import SLICED_TEXT
from tests.repository.files import tracked

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft7Validator(definitions_schema())
GUIDE = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
TEXTS = {
    "shipped": default_definitions(),
    "all categories": DEFINITIONS,
    "all profiles": PROFILES,
    "breakdowns": SLICED_TEXT,
    **{f"guide {number}": text for number, text in enumerate(re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL), start=1)},
    **{
        str(path.relative_to(ROOT)): text
        for path in tracked("*.toml")
        if path.parent.name != "mistakes" and "[statistic." in (text := path.read_text(encoding="utf-8"))
    },
}


def mistakes(root: Any) -> list[str]:
    """What the schema finds wrong."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(root)]


def test_it_is_a_schema_and_the_one_that_is_kept() -> None:
    Draft7Validator.check_schema(definitions_schema())
    kept = json.loads((ROOT / "docs" / "definitions.schema.json").read_text(encoding="utf-8"))
    assert kept == definitions_schema(), "make it anew: dialstat definitions schema > docs/definitions.schema.json"


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_right_is_taken(name: str) -> None:
    """By both; the guide's examples are among it."""
    assert parse_definitions(TEXTS[name], name).statistics
    assert mistakes(tomllib.loads(TEXTS[name])) == []


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(
    "worse",
    [
        {"colour": "red"},
        {"category": "TotalNumbers"},
        {"category": 7},
        {"main": ["DialMade"]},
        {"profiles": "today"},
        {"objects": ["List"]},
    ],
    ids=str,
)
def test_what_was_right_and_is_changed_for_the_worse_is_refused_by_both(name: str, worse: dict[str, Any]) -> None:
    """An unknown key, no value of an enumeration, another type."""
    root = tomllib.loads(TEXTS[name])
    next(iter(root["statistic"].values())).update(worse)
    assert mistakes(root)
    with pytest.raises(DefinitionsError):
        parse_definitions(_toml(root), name)


@pytest.mark.parametrize(
    ("key", "value"),
    [("main", "dialmade"), ("main", " * , ~ DialMADE,Lead0k "), ("where", {"call_result": ["busy", "NO ANSWER", 7]})],
)
def test_names_are_taken_in_any_case_by_both(key: str, value: Any) -> None:
    """Rule 4.10; Lead0k is LeadOk."""
    root = tomllib.loads(PROFILE + STATISTIC)
    root["statistic"]["S"][key] = value
    assert mistakes(root) == []
    assert parse_definitions(_toml(root), "test").statistics


def test_editors_complete_the_keys_of_every_table() -> None:
    """Taplo finds none where a table's own schema has `allOf`, and tells of each value of an enumeration what `x-taplo` says."""
    tables = {kind: one["additionalProperties"] for kind, one in definitions_schema()["properties"].items()}
    assert set(tables["profile"]["properties"]) == {*PUBLISH_KEYS, *(key for keys in KIND_KEYS.values() for key in keys)}
    assert set(tables["statistic"]["properties"]) == {*STATISTIC_KEYS}
    assert not any("allOf" in one for one in tables.values())
    category = tables["statistic"]["properties"]["category"]
    assert len(category["x-taplo"]["docs"]["enumValues"]) == len(category["enum"])


def test_the_guide_shows_every_kind_of_profile_and_names_no_category_that_there_is_not() -> None:
    shown = [tomllib.loads(text) for name, text in TEXTS.items() if name.startswith("guide")]
    assert {profile["kind"] for root in shown for profile in root.get("profile", {}).values()} == {*KIND_KEYS}
    table = GUIDE.split("## Choosing a category")[1].split("```")[0]
    named = [name for line in table.splitlines() if line.startswith("| ") for name in re.findall(r"`(\w+)`", line.split("|")[2])]
    actions = {action.name for action in ACTIONS}
    assert len(named) > 15
    assert {*named} <= {*CATEGORIES, FORMULA, *actions}


PROFILE = '[profile.p]\nkind = "growing"\n'
STATISTIC = '[statistic.S]\ncategory = "TotalNumber"\nmain = "DialMade"\nprofiles = ["p"]\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        PROFILE,
        PROFILE + STATISTIC + 'colour = "red"',
        PROFILE + STATISTIC.replace("TotalNumber", "TotalNumbers"),
        PROFILE + STATISTIC.replace("DialMade", "DialsMade"),
        PROFILE + STATISTIC.replace('main = "DialMade"\n', ""),
        PROFILE + STATISTIC.replace('profiles = ["p"]', "profiles = []"),
        PROFILE + STATISTIC.replace('profiles = ["p"]', ""),
        PROFILE + STATISTIC.replace("statistic.S", 'statistic."1S"'),
        PROFILE + STATISTIC + 'relative = "DialMade"',
        PROFILE + STATISTIC + "range = [0, 60]",
        PROFILE + STATISTIC + "insensitivity = -1",
        PROFILE + STATISTIC + 'objects = ["Campaigns"]',
        PROFILE + STATISTIC + 'by = ["agent"]',
        PROFILE + STATISTIC + 'where = { call_result = "Bussy" }',
        PROFILE + STATISTIC + "where = { group = [] }",
        PROFILE + STATISTIC + 'by = ["group"]\nlimit = 0',
        PROFILE + STATISTIC + "description = 7",
        PROFILE + "size = 60\n" + STATISTIC,
        PROFILE.replace("growing", "shrinking") + STATISTIC,
        PROFILE.replace("profile.p", "profile.now") + STATISTIC,
        PROFILE.replace("growing", "sliding") + STATISTIC,
        PROFILE + 'min_interval = "soon"\n' + STATISTIC,
        PROFILE + '[statistic.F]\ncategory = "Formula"\n' + STATISTIC,
        "colour = 1\n" + PROFILE + STATISTIC,
    ],
)
def test_what_is_wrong_is_refused_by_both(text: str) -> None:
    assert mistakes(tomllib.loads(PROFILE + STATISTIC)) == []
    assert mistakes(tomllib.loads(text))
    with pytest.raises(DefinitionsError):
        parse_definitions(text, "test")


def _toml(root: dict[str, Any]) -> str:
    """A definitions file of parsed tables."""
    lines = []
    for kind, tables in root.items():
        for name, table in tables.items():
            lines.append(f"[{kind}.{json.dumps(name)}]")
            lines += [f"{key} = {_value(value)}" for key, value in table.items()]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    return f"[{', '.join(map(_value, value))}]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


KEYS = sorted({*PUBLISH_KEYS, *STATISTIC_KEYS, *(key for keys in KIND_KEYS.values() for key in keys), "colour"})
CONDITIONS = st.sampled_from(["", "g", "Busy", "no answer", 6, 1, "Predict", ["g", ""], []])
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([*KIND_KEYS, *CATEGORIES, "Formula", "change", "interval", "completed"]),
    st.sampled_from(["p", "now", "00:00", "06:00 +1:00", "1h", "5 M"]),
    st.sampled_from([*(action.name for action in ACTIONS), "*", "*,~DialMade", "DialMade, LeadProcessed", "~DialMade", "", "S * 2", "UTC"]),
    st.sampled_from(["dialmade", "~ DIALMADE, *", "Lead0k", "dialnutone,lead0K", " * "]),
    st.sampled_from([True, False, 0, 1, 2, 100, 3_651, -1, 0.5, 1.5e3]),
    st.lists(st.sampled_from([0, 60, 1.5, "p", "now", "Campaign", "CallingList", "S", *map(str, Dimension)]), max_size=3),
    st.dictionaries(st.sampled_from([*map(str, Dimension), "agent"]), CONDITIONS, max_size=2),
)


def tables(root: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of each table."""
    return ((kind, name) for kind, named in root.items() for name in named)


@drawn(600)
@given(data=st.data(), name=st.sampled_from(sorted(TEXTS)))
def test_the_schema_refuses_nothing_that_the_parser_takes(data: st.DataObject, name: str) -> None:
    """Whatever is changed, added or left out."""
    root = deepcopy(tomllib.loads(TEXTS[name]))
    root["statistic"]["S"] = {"category": "TotalNumber", "main": "DialMade", "profiles": [next(iter(root["profile"]))]}
    places = sorted(tables(root))
    for _ in range(data.draw(st.integers(1, 3))):
        kind, table = data.draw(st.sampled_from([("statistic", "S"), *places]))
        key = data.draw(st.sampled_from(KEYS))
        if data.draw(st.integers(0, 3)):
            root[kind][table][key] = data.draw(VALUES)
        else:
            root[kind][table].pop(key, None)
    found = mistakes(root)
    if found:
        with pytest.raises(DefinitionsError):
            parse_definitions(_toml(root), "test")
