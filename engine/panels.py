"""The statistics of one object type under one profile, made ready to be computed together (domain 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS, ActionKind, ObjectType
from engine.categories import quotient_of
from engine.credits import OBJECT_TYPES
from engine.definitions import Definitions
from engine.profiles import has_windows
from engine.quotients import Floats, Quotient, Sheet
from engine.slices import Slice
from engine.statistic import Statistic

_GAUGE: Final = ACTION_BY_NAME["RecordsScheduled"].index
STATE_CATEGORY: Final = "CurrentState"

INSTANTS: Final = Slice(())
"""Stands for all events, of which only instants count: what a breakdown without conditions looks at."""

Source: TypeAlias = Slice | None
"""The events that a statistic is computed of; None for all, and what lasts besides."""


def source_of(statistic: Statistic) -> Source:
    """What a statistic is computed of."""
    return statistic.total_slice or (None if statistic.breakdown is None else INSTANTS)


@dataclass(frozen=True, slots=True)
class Columns:
    """Statistics that are computed at once, with their places among all that are computed, shape (statistics,)."""

    source: Source
    sheet: Sheet
    places: Int64s


@dataclass(frozen=True, slots=True)
class Panel:
    """The statistics of one object type under one profile, and what they need to be computed.

    ``computed`` are those that are reported, as ``names``, and those that their formulas name, each before what names it; ``place`` tells
    where. ``together`` are those of them that are quotients, ``alone`` the places of the others, ``reported`` of those that are reported.
    """

    computed: tuple[Statistic, ...]
    place: Mapping[str, int]
    together: tuple[Columns, ...]
    alone: tuple[int, ...]
    names: tuple[str, ...]
    reported: Int64s
    insensitivity: NDArray[np.float64]
    broken_down: tuple[tuple[Statistic, Slice], ...]
    states: bool
    durables: bool
    gauge: bool

    def of_reported(self, values: Floats) -> Floats:
        """Of the values of all that are computed, those of what is reported, in its order."""
        return np.take(values, self.reported, axis=1)


Panels: TypeAlias = Mapping[tuple[str, int], Panel | None]
"""By profile, and the number of the object type in ``OBJECT_TYPES``."""


@lru_cache(maxsize=4)
def panels_of(definitions: Definitions) -> Panels:
    """The panels of all profiles and object types, made once for all partitions of a process."""
    types = tuple(enumerate(OBJECT_TYPES))
    return {(profile, number): panel_of(definitions, profile, kind) for profile in definitions.profiles for number, kind in types}


def panel_of(definitions: Definitions, profile: str, kind: ObjectType) -> Panel | None:
    """The panel of an object type under a profile; None if no statistic is reported there."""
    chosen = definitions.panel(profile, kind) if has_windows(definitions.profiles[profile], kind) else ()
    if not chosen:
        return None
    numbers = tuple(statistic for statistic in chosen if statistic.category != STATE_CATEGORY)
    needed = {inner.name: inner for statistic in numbers for inner in (*definitions.named_by(statistic), statistic)}
    place = {name: number for number, name in enumerate(needed)}
    computed = tuple(needed.values())
    seen = _seen(computed)
    durable = [action.kind is ActionKind.DURABLE and kind in action.objects for action in ACTIONS]
    return Panel(
        computed=computed,
        place=place,
        together=tuple(_together(computed)),
        alone=tuple(number for number, statistic in enumerate(computed) if quotient_of(statistic) is None),
        names=tuple(statistic.name for statistic in numbers),
        reported=np.array([place[statistic.name] for statistic in numbers], dtype=np.int64),
        insensitivity=np.array([statistic.insensitivity for statistic in numbers], dtype=np.float64),
        broken_down=tuple((statistic, statistic.breakdown) for statistic in numbers if statistic.breakdown is not None),
        states=len(numbers) < len(chosen),
        durables=bool((seen & np.array(durable)).any()),
        gauge=bool(seen[_GAUGE]),
    )


def _seen(statistics: Iterable[Statistic]) -> NDArray[np.bool_]:
    masks = [mask.vector for statistic in statistics for mask in (statistic.main, statistic.relative) if mask is not None]
    seen: NDArray[np.bool_] = np.logical_or.reduce([np.zeros(len(ACTIONS), dtype=bool), *masks])
    return seen


def _together(computed: Iterable[Statistic]) -> Iterable[Columns]:
    by_source: defaultdict[Source, list[tuple[int, Statistic, Quotient]]] = defaultdict(list)
    for number, statistic in enumerate(computed):
        quotient = quotient_of(statistic)
        if quotient is not None:
            by_source[source_of(statistic)].append((number, statistic, quotient))
    for source, found in by_source.items():
        places, statistics, quotients = zip(*found, strict=True)
        yield Columns(source, Sheet(statistics, quotients), np.array(places, dtype=np.int64))
