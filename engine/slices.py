"""Filters and breakdowns: what some of an object's events count, beside what all of them do.

A ``Slice`` is what statistics ask for: the events that meet conditions, and the dimensions that they are told apart by. The events of
an object that agree in those are a part of it, which is credited like an object, in the same windows (``engine.directory``):

    where = { attempt = 1 }, by = ["call_result"]      Campaign spring
    CallCompleted(Busy), attempt 1            ->         part ("Busy",)
    CallCompleted(Answer), attempt 1          ->         part ("Answer",)
    CallCompleted(Busy), attempt 2            ->         no part

Parts are made as their values first appear in the order of application. What is beyond a slice's limit is one part more, ``OTHER``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from engine.arrays import Int64s
from engine.credited import Credits, join, no_credits
from engine.credits import CODES
from engine.dimensions import COUNTED, Dimension, Value, value_of
from engine.directory import NONE, Directory, Route, StatObject

Where: TypeAlias = tuple[tuple[Dimension, frozenset[Value]], ...]
"""Conditions that must all hold: a dimension, and the values that meet it."""

Values: TypeAlias = tuple[Value, ...]

OTHER: Final = None
"""Stands for the values of the part that holds what is beyond the limit."""

_OF_ROUTE: Final = frozenset({Dimension.GROUP, Dimension.CALLING_LIST})
_NO_ROUTE: Final = Route("", "")


@dataclass(frozen=True, slots=True)
class Slice:
    """The events that meet ``where``, told apart by ``by``."""

    where: Where
    by: tuple[Dimension, ...] = ()

    @property
    def text(self) -> str:
        """What it is, as the changelog names it."""
        return json.dumps([{dimension: sorted(values, key=repr) for dimension, values in self.where}, self.by], sort_keys=True)

    def label(self, values: Values | None) -> str:
        """How reports name a part, behind the name of a statistic."""
        if values is OTHER:
            return "{other}"
        texts = (json.dumps("" if value is None else str(value), ensure_ascii=False) for value in values)
        return "{" + ",".join(f"{dimension}={text}" for dimension, text in zip(self.by, texts, strict=True)) + "}"


class Wanted(NamedTuple):
    """Who asks for a slice: names of statistics, the greatest limit that one of them gives, and types of objects, by number."""

    statistics: tuple[str, ...] = ()
    limit: int = 0
    types: frozenset[int] = frozenset()


class _Parter:
    """One slice at work: finds the part of each object that an event belongs to."""

    def __init__(self, asked: Slice, wanted: Wanted, directory: Directory) -> None:
        self.statistics = wanted.statistics
        self._text = asked.text
        self.by = asked.by
        self._limit = wanted.limit
        self._kinds = sorted(wanted.types)
        self._directory = directory
        self._where_of_route = [(dimension, values) for dimension, values in asked.where if dimension in _OF_ROUTE]
        self._where_carried = [(dimension, values) for dimension, values in asked.where if dimension not in _OF_ROUTE]
        self._carried: dict[tuple[int, int], Values | None] = {}
        self._routes: dict[tuple[int, Values], tuple[int, bool]] = {}

    def route(self, of: int, code: int, trait: int) -> tuple[int, bool]:
        """The route to the parts of the objects on the route ``of``, ``NONE`` if an event is in none; whether one is ``OTHER``."""
        carried = self._carried.get((code, trait), ())
        if carried == () and (code, trait) not in self._carried:
            carried = self._carried[code, trait] = self._carries(code, trait)
        if carried is None:
            return NONE, False
        known = self._routes.get((of, carried))
        if known is None:
            known = self._routes[of, carried] = self._new_route(of, carried)
        return known

    def _carries(self, code: int, trait: int) -> Values | None:
        """The values of what is not on the route; None if a condition is not met."""
        if not COUNTED[code] or any(value_of(dimension, _NO_ROUTE, code, trait) not in values for dimension, values in self._where_carried):
            return None
        return tuple(value_of(dimension, _NO_ROUTE, code, trait) for dimension in self.by if dimension not in _OF_ROUTE)

    def _new_route(self, of: int, carried: Values) -> tuple[int, bool]:
        names = self._directory.routes[of]
        if any(value_of(dimension, names, 0, 0) not in values for dimension, values in self._where_of_route):
            return NONE, False
        rest = iter(carried)
        values = tuple(value_of(dimension, names, 0, 0) if dimension in _OF_ROUTE else next(rest) for dimension in self.by)
        wholes = {kind: int(self._directory.route_wholes[of, kind]) for kind in self._kinds}
        parts = {kind: self._part(whole, values) for kind, whole in wholes.items() if whole != NONE}
        if not parts:
            return NONE, False
        other = any(part.part == (self._text, OTHER) for part in parts.values())
        return self._directory.route_to_parts(of, {kind: part.number for kind, part in parts.items()}), other

    def _part(self, whole: int, values: Values) -> StatObject:
        known = self._directory.parts.get((whole, self._text), {})
        named = len(known) - (OTHER in known)
        return self._directory.part(whole, (self._text, values if values in known or named < self._limit else OTHER))


class Slices:
    """All slices that the statistics of a partition's objects ask for; the parts are the directory's."""

    def __init__(self, wanted: Mapping[Slice, Wanted], directory: Directory) -> None:
        self._parters = [_Parter(asked, of_slice, directory) for asked, of_slice in wanted.items()]
        self._directory = directory
        self.texts = frozenset(asked.text for asked in wanted)
        self.by_mode = any(Dimension.DIAL_MODE in (*asked.by, *(dimension for dimension, _ in asked.where)) for asked in wanted)
        self.types = frozenset[int]().union(*(of_slice.types for of_slice in wanted.values()))
        self._others: Counter[tuple[str, str]] = Counter()

    def of(self, credited: Credits, *, again: bool = False) -> Credits:
        """What the credits add to parts of their objects: a credit for each slice that an event is in.

        ``again``: they were given before, and what is beyond a limit was noted then.
        """
        if not self._parters or not len(credited):
            return no_credits()
        order = np.argsort(credited.place, kind="stable")
        combinations, combination = _combinations(credited, order)
        parts = []
        for parter in self._parters:
            found = np.array([parter.route(*one) for one in combinations], dtype=np.int64)[combination]
            if parter.by and not again:
                beyond = int(np.count_nonzero(found[:, 1]))
                self._others.update({("others", name): beyond for name in parter.statistics})
            to_parts = replace(credited, route=found[:, 0])
            parts.append(to_parts.chosen(found[:, 0] != NONE))
        return join(parts)

    def take_counters(self) -> Counter[tuple[str, str]]:
        """Events that were counted as ``OTHER``, by ("others", statistic), since they were last taken."""
        taken, self._others = self._others, Counter()
        return taken

    def parts(self, number: int, asked: Slice) -> Iterator[StatObject]:
        """The parts of an object in a slice, in order of appearance."""
        return iter(self._directory.parts.get((number, asked.text), {}).values())


def _combinations(credited: Credits, order: Int64s) -> tuple[list[tuple[int, int, int]], Int64s]:
    """Distinct (route, code, trait) as they first appear in an order, and the number of that of each credit."""
    traits, trait = np.unique(credited.trait, return_inverse=True)
    key = (credited.route * CODES + credited.code) * len(traits) + trait
    keys, first, of_key = np.unique(key[order], return_index=True, return_inverse=True)
    appeared = np.argsort(first)
    rank = np.empty_like(appeared)
    rank[appeared] = np.arange(len(appeared))
    combination = np.empty_like(of_key)
    combination[order] = rank[of_key]
    routes_and_codes, numbers = np.divmod(keys[appeared], len(traits))
    routes, codes = np.divmod(routes_and_codes, CODES)
    return list(zip(routes.tolist(), codes.tolist(), traits[numbers].tolist(), strict=True)), combination
