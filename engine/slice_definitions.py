"""The keys ``where``, ``by`` and ``limit`` of a statistic: which events it counts, and what it tells apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from engine.catalog import CALL_RESULTS, DIAL_MODES
from engine.dimensions import Dimension, Value
from engine.mistakes import near
from engine.slices import Where

SLICEABLE: Final = ("TotalNumber", "TotalNumberPerSecond", "RelativeNumber", "RelativeNumberPercentage")
"""Categories that are counted of instants, and so can be filtered and broken down."""

DEFAULT_LIMIT: Final = 100
"""How many distinct values of an object a breakdown tells apart if the definitions don't say."""

_RESULTS: Final = {result.name.casefold(): result for result in CALL_RESULTS.values() if result.outbound}
_DIMENSIONS: Final = tuple(Dimension)


class Sliced(NamedTuple):
    """What the keys of a statistic ask for."""

    where: Where = ()
    by: tuple[Dimension, ...] = ()
    limit: int = DEFAULT_LIMIT


EVERYTHING: Final = Sliced()
"""What a statistic without these keys asks for."""


def read_slice(table: Mapping[str, Any], wrong: Callable[[str, str], None]) -> Sliced:
    """Read the keys of one statistic; ``wrong`` is told key and mistake."""
    sliced = Sliced(_where(table, wrong), _by(table, wrong))
    limit = table.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        wrong("limit", f"limit must be a whole number of at least 1, got {limit!r}")
    elif "limit" in table and not sliced.by:
        wrong("limit", "limit bounds what a statistic is broken down by; this one has no by")
    else:
        return sliced._replace(limit=limit)
    return sliced


def _by(table: Mapping[str, Any], wrong: Callable[[str, str], None]) -> tuple[Dimension, ...]:
    given = table.get("by", [])
    if not isinstance(given, list) or ("by" in table and not given):
        wrong("by", f'by must be a list of dimensions, such as ["call_result"], got {given!r}')
        return ()
    for name in given:
        if name not in _DIMENSIONS:
            wrong("by", _unknown(name))
    return tuple(dict.fromkeys(Dimension(name) for name in given if name in _DIMENSIONS))


def _where(table: Mapping[str, Any], wrong: Callable[[str, str], None]) -> Where:
    given = table.get("where", {})
    if not isinstance(given, dict) or ("where" in table and not given):
        wrong("where", f'where must be a table of conditions, such as {{ call_result = ["Busy", "No Answer"] }}, got {given!r}')
        return ()
    conditions = []
    for name, values in given.items():
        if name not in _DIMENSIONS:
            wrong("where", _unknown(name))
            continue
        listed = values if isinstance(values, list) else [values]
        if not listed:
            wrong("where", f"the list of {name} is empty: no event could meet it")
        met = set()
        for value in listed:
            try:
                met.add(_value(Dimension(name), value))
            except ValueError as error:
                wrong("where", str(error))
        conditions.append((Dimension(name), frozenset(met)))
    return tuple(sorted(conditions, key=lambda condition: condition[0]))


def _unknown(name: object) -> str:
    return f"{name!r} is not a dimension{near(str(name), _DIMENSIONS)}; known are {', '.join(_DIMENSIONS)}"


def _value(dimension: Dimension, given: object) -> Value:
    """A value as events have it; empty text stands for none.

    Raises:
        ValueError: there is no such value.
    """
    if given == "":
        return None
    match dimension:
        case Dimension.ATTEMPT:
            if isinstance(given, int) and not isinstance(given, bool):
                return given
            raise ValueError(f"an attempt is a whole number, got {given!r}")
        case Dimension.CALL_RESULT:
            return _call_result(given)
        case Dimension.DIAL_MODE:
            if given in DIAL_MODES:
                return str(given)
            raise ValueError(f"{given!r} is not a dial mode{near(str(given), DIAL_MODES)}")
    if isinstance(given, str):
        return given
    raise ValueError(f"a {dimension} is text, got {given!r}")


def _call_result(given: object) -> Value:
    if isinstance(given, int) and not isinstance(given, bool) and given in CALL_RESULTS and CALL_RESULTS[given].outbound:
        return CALL_RESULTS[given].name
    known = _RESULTS.get(str(given).casefold())
    if known is not None:
        return known.name
    raise ValueError(
        f"{given!r} is not the code or the name of an outbound call result{near(str(given), [one.name for one in _RESULTS.values()])}"
    )
