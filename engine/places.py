"""The places that actions are published for, numbered: what an action has in common with thousands of others."""

from __future__ import annotations

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME
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
from engine.effects import Place

STATUS_OF_GROUP = (str(OBJECT_TYPES[CAMPAIGN_GROUP]),)
STATUS_OF_CAMPAIGN = (str(OBJECT_TYPES[CAMPAIGN]),)
OF_BOTH = (*STATUS_OF_CAMPAIGN, *STATUS_OF_GROUP)


class Places:
    """Every place that had an action so far; numbers stay what they are."""

    def __init__(self, directory: Directory) -> None:
        self.places: list[Place] = []
        self._numbers: dict[Place, int] = {}
        self._instants: dict[int, tuple[int, ...]] = {}
        self._directory = directory

    def number(self, place: Place) -> int:
        """The number of a place."""
        found = self._numbers.get(place)
        if found is None:
            found = self._numbers[place] = len(self.places)
            self.places.append(place)
        return found

    def durable(self, route: int, objects: tuple[str, ...], action: str, phase: str) -> int:
        """Begin or end of a durable action of a group, or of its campaign, which then names no group (domain 4.1)."""
        names = self._directory.routes[route]
        group = None if objects == STATUS_OF_CAMPAIGN else names.group
        return self.number(Place(names.tenant, names.campaign, group, None, objects, action, phase))

    def instants(self, route: int, code: int) -> tuple[int, ...]:
        """The instant actions that a credit of that code stands for, in order of publication."""
        key = route * CODES + code
        found = self._instants.get(key)
        if found is None:
            found = self._instants[key] = tuple(self.number(self._instant(route, code, name)) for name in INSTANTS[code])
        return found

    def gauge(self, route: int) -> int:
        """RecordsScheduled as a report along that route credits it (domain 4.7)."""
        names = self._directory.routes[route]
        objects = self._objects(self._directory.route_objects[route], listed=names.calling_list is not None)
        return self.number(Place(names.tenant, names.campaign, names.group, names.calling_list, objects, "RecordsScheduled", "instant"))

    def _instant(self, route: int, code: int, action: str) -> Place:
        names = self._directory.routes[route]
        if code == NOT_PROCESSED_OF_LIST:
            objects: tuple[str, ...] = (str(OBJECT_TYPES[CALLING_LIST]),)
        elif code == NOT_PROCESSED_OF_CAMPAIGN:
            objects = STATUS_OF_CAMPAIGN
        else:
            objects = self._objects(self._directory.route_objects[route], listed=names.calling_list is not None)
        assert all(kind in ACTION_BY_NAME[action].objects for kind in objects)
        return Place(names.tenant, names.campaign, names.group, names.calling_list, objects, action, "instant")

    @staticmethod
    def _objects(numbers: Int64s, *, listed: bool) -> tuple[str, ...]:
        return tuple(
            str(kind)
            for place, (kind, number) in enumerate(zip(OBJECT_TYPES, numbers.tolist(), strict=True))
            if number != NONE or (listed and place == CALLING_LIST)
        )
