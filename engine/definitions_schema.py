"""The JSON Schema of a definitions file, for editors: completion, what keys mean, mistakes while one types (contract 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.categories import CATEGORIES, FORMULA
from engine.definition_keys import KIND_KEYS, PUBLISH_KEYS, STATISTIC_KEYS, Key
from engine.profiles import NOW
from engine.reference import ABOUT
from engine.slice_definitions import SLICEABLE
from engine.statistic_definitions import NAME


def definitions_schema() -> dict[str, Any]:
    """The schema, of draft 7, which editors know best.

    It refuses nothing that ``parse_definitions`` takes; what only the parser can tell, it does not.
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
    return _table("kind", _properties(every), _needed(PUBLISH_KEYS), cases)


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
    properties = _properties(STATISTIC_KEYS)
    properties["category"]["x-taplo"] = {"docs": {"enumValues": [ABOUT[name][0] for name in properties["category"]["enum"]]}}
    return _table("category", properties, _needed(STATISTIC_KEYS), _merged(cases))


def _table(key: str, properties: dict[str, Any], needed: list[str], cases: list[dict[str, Any]]) -> dict[str, Any]:
    """A table; the cases stand within an `if`, since Taplo completes no key of a table that has `allOf` itself."""
    chosen = {"if": {"required": [key]}, "then": {"allOf": cases}}
    return {"type": "object", "properties": properties, "required": needed, **chosen}


def _properties(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {name: _described(key) for name, key in keys.items()}


def _described(key: Key) -> dict[str, Any]:
    """What a key holds, and what it is for; of alternatives the first says it, since Taplo completes each of them."""
    match key.holds:
        case {"anyOf": [first, *others]}:
            return {**key.holds, "anyOf": [{"description": key.about, **first}, *others]}
    return {"description": key.about, **key.holds}


def _needed(keys: Mapping[str, Key]) -> list[str]:
    return [name for name, key in keys.items() if key.needed]


def _when(key: str, values: list[str], known: Iterable[str], needed: list[str]) -> dict[str, Any]:
    """What holds where a key has one of some values: the keys that there are then, and those that are needed."""
    then: dict[str, Any] = {"propertyNames": {"enum": sorted(known)}}
    if needed:
        then["required"] = sorted(needed)
    return {"if": {"properties": {key: {"enum": values}}}, "then": then}


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
