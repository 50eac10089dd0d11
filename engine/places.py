"""The places that actions are published for, numbered: what an action has in common with thousands of others."""

from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import Final

import numpy as np

from engine.arrays import Int64s, longer
from engine.catalog import ACTIONS
from engine.credits import (
    CALLING_LIST,
    CAMPAIGN,
    CAMPAIGN_GROUP,
    CODES,
    INSTANTS,
    NOT_PROCESSED_OF_CAMPAIGN,
    NOT_PROCESSED_OF_LIST,
    OBJECT_TYPES,
)
from engine.directory import NONE, Directory
from engine.effects import Kind, Place
from kernels.numbering import distinct

STATUS_OF_GROUP: Final = (str(OBJECT_TYPES[CAMPAIGN_GROUP]),)
STATUS_OF_CAMPAIGN: Final = (str(OBJECT_TYPES[CAMPAIGN]),)
OF_BOTH: Final = (*STATUS_OF_CAMPAIGN, *STATUS_OF_GROUP)
_OF_LIST: Final = (str(OBJECT_TYPES[CALLING_LIST]),)

KINDS: Final = tuple(Kind(action.name, phase) for action, phase in product(ACTIONS, ("instant", "begin", "end")))
"""Every kind of action, by number."""
KIND_NUMBER: Final = MappingProxyType({kind: number for number, kind in enumerate(KINDS)})


def _kinds_of_codes() -> Int64s:
    kinds = np.full((CODES, 2), NONE, dtype=np.int64)
    for code, names in enumerate(INSTANTS):
        kinds[code, : len(names)] = [KIND_NUMBER[Kind(name, "instant")] for name in names]
    return kinds


KINDS_OF_CODE: Final = _kinds_of_codes()
"""Kinds of the one or two actions that a credit's code stands for, in order of publication, ``NONE`` where there is none."""


class Places:
    """Every place that had an action so far; numbers stay what they are."""

    def __init__(self, directory: Directory) -> None:
        self.places: list[Place] = []
        self._numbers: dict[Place, int] = {}
        self._of_route: Int64s = np.full(64, NONE, dtype=np.int64)
        self._directory = directory

    def of_routes(self, routes: Int64s) -> Int64s:
        """The place of all objects that an event on each route is credited to, shape (n,)."""
        self._of_route = longer(self._of_route, len(self._directory.routes), NONE)
        for route in distinct(routes[self._of_route[routes] == NONE]).tolist():
            self._of_route[route] = self._on_route(route, self._objects(route))
        return self._of_route[routes]

    def of_route(self, route: int) -> int:
        """As ``of_routes``, of one."""
        return int(self.of_routes(np.array([route]))[0])

    def of_status(self, route: int, objects: tuple[str, ...]) -> int:
        """Where a durable action of a group begins and ends, or one of its campaign, which then names no group (domain 4.1)."""
        names = self._directory.routes[route]
        group = None if objects == STATUS_OF_CAMPAIGN else names.group
        return self._number(Place(names.tenant, names.campaign, group, None, objects))

    def of_code(self, route: int, code: int) -> int:
        """Where the instant actions that a credit of that code stands for are published."""
        if code == NOT_PROCESSED_OF_LIST:
            return self._on_route(route, _OF_LIST)
        return self._on_route(route, STATUS_OF_CAMPAIGN) if code == NOT_PROCESSED_OF_CAMPAIGN else self.of_route(route)

    def _on_route(self, route: int, objects: tuple[str, ...]) -> int:
        names = self._directory.routes[route]
        return self._number(Place(names.tenant, names.campaign, names.group, names.calling_list, objects))

    def _number(self, place: Place) -> int:
        found = self._numbers.get(place)
        if found is None:
            found = self._numbers[place] = len(self.places)
            self.places.append(place)
        return found

    def _objects(self, route: int) -> tuple[str, ...]:
        listed = self._directory.routes[route].calling_list is not None
        numbers = self._directory.route_objects[route].tolist()
        return tuple(
            str(kind)
            for place, (kind, number) in enumerate(zip(OBJECT_TYPES, numbers, strict=True))
            if number != NONE or (listed and place == CALLING_LIST)
        )
