"""The keys of a definitions file, with what each may hold: the one place that the reader and the JSON Schema both take them from.

What a key holds is told as JSON Schema. The reader checks more than that (whether names are of anything, whether what is asked for can be
computed), and tells it better; nothing that it takes is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from engine.catalog import ACTIONS, ALIASES, CALL_RESULTS, DIAL_MODES, ObjectType
from engine.categories import CATEGORIES, FORMULA
from engine.dimensions import Dimension

Schema: TypeAlias = Mapping[str, Any]

LONGEST_PERIOD: Final = 3_650
LARGEST_SELECTION: Final = 100_000


class Key(NamedTuple):
    """What a key is for and may hold; ``needed`` where it has no default."""

    about: str
    holds: Schema
    needed: bool = False


_TEXT: Final[Schema] = {"type": "string"}
_DURATION: Final[Schema] = {
    "type": ["number", "string"],
    "minimum": 0,
    "pattern": r"^\s*(\d+(\.\d+)?|\d+:[0-5]\d:[0-5]\d|(\d+(\.\d+)?\s*([mM]?[sS]|[mMhHdD])\s*)+)\s*$",
    "examples": [900, "15m", "1h30m", "0:15:00"],
}


def _in_any_case(names: Iterable[str]) -> str:
    """A pattern of these names, case aside: JSON Schema has no flag for that (domain 4.10)."""
    return "|".join("".join(f"[{one.upper()}{one.lower()}]" if one.isalpha() else re.escape(one) for one in name) for name in names)


_NAMES: Final = [action.name for action in ACTIONS]
_ACTION: Final = rf"(\*|(~\s*)?({_in_any_case([*_NAMES, *ALIASES])}))"
_MASK: Final[Schema] = {"anyOf": [{"enum": ["*", *_NAMES]}, {"type": "string", "pattern": rf"^\s*{_ACTION}(\s*,\s*{_ACTION})*\s*$"}]}
"""The names for completion, the pattern for all that is a mask."""


def _one_or_more(value: Schema) -> Schema:
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}


_RESULTS: Final = [result.name for result in CALL_RESULTS.values() if result.outbound]
_CODES: Final = [result.code for result in CALL_RESULTS.values() if result.outbound]
_CONDITIONS: Final[Mapping[Dimension, Schema]] = {
    Dimension.CALL_RESULT: {
        "anyOf": [{"enum": ["", *_RESULTS, *_CODES]}, {"type": "string", "pattern": f"^({_in_any_case(_RESULTS)})$"}],
    },
    Dimension.GROUP: _TEXT,
    Dimension.CALLING_LIST: _TEXT,
    Dimension.ATTEMPT: {"anyOf": [{"type": "integer"}, {"const": ""}]},
    Dimension.DIAL_MODE: {"enum": ["", *DIAL_MODES]},
}

KIND_KEYS: Final[Mapping[str, Mapping[str, Key]]] = {
    "growing": {
        "reset": Key('When windows end and begin: "00:00", "06:00, 14:00, 22:00", or "00:00 +0:15"', {**_TEXT, "default": "00:00"}),
        "timezone": Key("The zone of these times, such as Europe/Berlin", {**_TEXT, "default": "UTC"}),
    },
    "sliding": {
        "size": Key("Length of the window, a multiple of the step", _DURATION, needed=True),
        "step": Key("By how much it moves at a time", _DURATION, needed=True),
    },
    "selection": {
        "count": Key("How many of the last actions", {"type": "integer", "minimum": 1, "maximum": LARGEST_SELECTION}, needed=True)
    },
    "since_activation": {},
    "campaign_period": {
        "days": Key("Days from the campaign's start", {"type": "integer", "minimum": 1, "maximum": LONGEST_PERIOD}, needed=True)
    },
}
"""By kind of profile, the keys that it has besides."""

PUBLISH_KEYS: Final[Mapping[str, Key]] = {
    "kind": Key("How windows begin and end", {"enum": [*KIND_KEYS]}, needed=True),
    "publish": Key("When reports are published", {"enum": ["change", "interval", "reset"], "default": "change"}),
    "min_interval": Key("Under `change`: least time between two reports of an object", _DURATION),
    "interval": Key("Under `interval`: time between two reports of an object, at least 100 ms", _DURATION),
}
"""Keys of a profile of any kind."""

STATISTIC_KEYS: Final[Mapping[str, Key]] = {
    "objects": Key(
        "For which objects; all that can have it if not given",
        {"type": "array", "items": {"enum": [str(kind) for kind in ObjectType]}, "minItems": 1},
    ),
    "category": Key("What is computed", {"enum": [*CATEGORIES, FORMULA]}, needed=True),
    "main": Key("Of which actions: names, comma-separated; `*` is all, `~Name` removes one", _MASK),
    "relative": Key("Of which actions what it is put in relation to", _MASK),
    "profiles": Key("Under which profiles", {"type": "array", "items": _TEXT, "minItems": 1}),
    "empty": Key("The value where there would be none", {"type": "number"}),
    "insensitivity": Key("A change of no more than this is no reason for a report", {"type": "number", "minimum": 0}),
    "durations": Key("Whether what is still running counts", {"enum": ["clipped", "completed"], "default": "clipped"}),
    "range": Key(
        "Durations from the first number of seconds up to the second, which is not in it",
        {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 2, "maxItems": 2},
    ),
    "formula": Key("An expression over other statistics", {**_TEXT, "examples": ["Dials / max(RunningTime, 1)"]}),
    "description": Key("What it is, in words", _TEXT),
    "where": Key(
        "Only events that meet all of these",
        {
            "type": "object",
            "minProperties": 1,
            "properties": {str(dimension): _one_or_more(values) for dimension, values in _CONDITIONS.items()},
            "additionalProperties": False,
        },
    ),
    "by": Key("Told apart by these", {"type": "array", "items": {"enum": [str(one) for one in Dimension]}, "minItems": 1}),
    "limit": Key("How many values `by` tells apart", {"type": "integer", "minimum": 1, "default": 100}),
}
"""Keys of a statistic of any category."""
