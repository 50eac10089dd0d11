"""The JSON Schema of a definitions file, for editors: completion, what keys mean, mistakes while one types (contract 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.categories import CATEGORIES, FORMULA
from engine.definition_keys import KIND_KEYS, PUBLISH_KEYS, STATISTIC_KEYS, Key
from engine.profiles import NOW
from engine.slice_definitions import SLICEABLE
from engine.statistic_definitions import NAME


def definitions_schema() -> dict[str, Any]:
    """The schema, of draft 7, which editors know best.

    It refuses nothing that ``parse_definitions`` takes, but for names in another case; what only the parser can tell, it does not.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "dialstat definitions",
        "description": "Statistics, and the profiles of windows that they are computed over. `dialstat definitions check` tells more.",
        "type": "object",
        "additionalProperties": False,
        "required": ["statistic"],
        "properties": {
            "profile": {
                "type": "object",
                "description": "Windows: when they begin and end, and when reports are published",
                "propertyNames": {"not": {"const": NOW}},
                "additionalProperties": _profile(),
            },
            "statistic": {
                "type": "object",
                "description": "What is computed, of which actions, for which objects",
                "minProperties": 1,
                "propertyNames": {"pattern": f"^{NAME}$"},
                "additionalProperties": _statistic(),
            },
        },
    }


def _profile() -> dict[str, Any]:
    every = {**PUBLISH_KEYS, **{name: key for keys in KIND_KEYS.values() for name, key in keys.items()}}
    cases = [_when("kind", [kind], {**PUBLISH_KEYS, **keys}, _needed(keys)) for kind, keys in KIND_KEYS.items()]
    return {"type": "object", "properties": _properties(every), "required": _needed(PUBLISH_KEYS), "allOf": cases}


def _statistic() -> dict[str, Any]:
    cases = []
    for name, category in CATEGORIES.items():
        needed = [("main", category.main is None), ("relative", category.relative), ("range", category.ranged)]
        needed.append(("profiles", not category.present))
        unused = {"formula", *(key for key, used in (("relative", category.relative), ("range", category.ranged)) if not used)}
        unused |= set() if name in SLICEABLE else {"where", "by", "limit"}
        cases.append(_when("category", [name], STATISTIC_KEYS.keys() - unused, [key for key, wanted in needed if wanted]))
    unused = {"main", "relative", "range", "durations", "where", "by", "limit"}
    cases.append(_when("category", [FORMULA], STATISTIC_KEYS.keys() - unused, ["formula"]))
    return {"type": "object", "properties": _properties(STATISTIC_KEYS), "required": _needed(STATISTIC_KEYS), "allOf": _merged(cases)}


def _properties(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {name: {"description": key.about, **key.holds} for name, key in keys.items()}


def _needed(keys: Mapping[str, Key]) -> list[str]:
    return [name for name, key in keys.items() if key.needed]


def _when(key: str, values: list[str], known: Iterable[str], needed: list[str]) -> dict[str, Any]:
    """What holds where a key has one of some values: the keys that there are then, and those that are needed."""
    then: dict[str, Any] = {"propertyNames": {"enum": sorted(known)}}
    if needed:
        then["required"] = sorted(needed)
    return {"if": {"required": [key], "properties": {key: {"enum": values}}}, "then": then}


def _merged(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cases of which the same holds, as one."""
    merged: list[dict[str, Any]] = []
    for case in cases:
        (key,) = case["if"]["properties"]
        same = next((one for one in merged if one["then"] == case["then"]), None)
        if same is None:
            merged.append(case)
        else:
            same["if"]["properties"][key]["enum"] += case["if"]["properties"][key]["enum"]
    return merged
