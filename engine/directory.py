"""Who is who in a partition: owners (campaigns, or calling lists), their objects, and the routes that events take to them.

Numbers instead of names: an event's (tenant, campaign, group, list) becomes one route number, looked up once, and from there
on everything is arithmetic on columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.credits import CALLING_LIST, CAMPAIGN, CAMPAIGN_CALLING_LIST, CAMPAIGN_GROUP, OBJECT_TYPES
from kernels.crediting import members
from kernels.numbering import distinct

NONE: Final = -1
"""The number of an object that a route does not have."""


@dataclass(frozen=True, slots=True)
class Route:
    """What an event names (domain 1.1)."""

    tenant: str
    campaign: str
    group: str | None = None
    calling_list: str | None = None


OwnerName: TypeAlias = tuple[str, str]
"""(tenant, campaign), or (tenant, calling list): owners have a stream time of their own (domain 2.6)."""


RouteNames: TypeAlias = tuple[str, str, str | None, str | None]
"""(tenant, campaign, group, calling list) as an event names them."""


class _Routes(dict[RouteNames, int]):
    """Route numbers by name; one that is asked for and not there is made. A lookup costs no Python call of ours."""

    def __init__(self, make: Callable[[RouteNames], int]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, names: RouteNames) -> int:
        number = self[names] = self._make(names)
        return number


PartName: TypeAlias = tuple[str, tuple[str | int | None, ...] | None]
"""What a part is: the slice that it belongs to, and the values that tell it from the others there."""


@dataclass(slots=True)
class StatObject:
    """An object that statistics are computed for, or a part of one; ``type`` is its number in ``OBJECT_TYPES``.

    ``whole`` is the number of the object that this is a part of, its own otherwise. Parts count like objects, in the windows of
    their whole, but are never ``known``: they are reported with it (``engine.slices``). ``part`` tells which part it is, ``rank`` orders
    the parts of a whole as they appeared.
    """

    number: int
    whole: int
    owner: int
    type: int
    tenant: str
    campaign: str | None
    group: str | None
    calling_list: str | None
    known: bool = False
    part: PartName | None = None
    rank: int = 0

    @property
    def name(self) -> str:
        """What tells it from the other objects of its type of the same owner."""
        return self.group or (self.calling_list if self.type == CAMPAIGN_CALLING_LIST else None) or ""


@dataclass(slots=True)
class Owner:
    """A campaign or a calling list, with its objects in order of appearance."""

    number: int
    name: OwnerName
    objects: list[StatObject] = field(default_factory=list)


class Directory:
    """All owners, objects and routes of a partition; it only grows while the partition is held."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []
        self.objects: list[StatObject] = []
        self.routes: list[Route] = []
        self._owner_by_name: dict[OwnerName, Owner] = {}
        self._object_by_name: dict[tuple[int, int, str], StatObject] = {}
        self.parts: dict[tuple[int, str], dict[tuple[str | int | None, ...] | None, StatObject]] = {}
        """Parts by whole and slice, then by their values, in order of appearance."""
        self._route_by_names = _Routes(self._new_route)
        self._route_owner: Int64s = np.zeros(64, dtype=np.int64)
        self._route_objects: Int64s = np.full((64, len(OBJECT_TYPES)), NONE, dtype=np.int64)
        self._route_wholes: Int64s = self._route_objects.copy()
        self._object_owner: Int64s = np.zeros(64, dtype=np.int64)
        self._object_next: Int64s = np.zeros(64, dtype=np.int64)
        self._object_known: NDArray[np.bool_] = np.zeros(64, dtype=bool)
        self._owner_first: Int64s = np.full(64, NONE, dtype=np.int64)
        self._kept: Int64s = np.full(64, NONE, dtype=np.int64)
        self._next_kept = 0
        self._unrecorded: list[StatObject] = []
        self._object_type: Int64s = np.zeros(64, dtype=np.int64)

    @property
    def route_owner(self) -> Int64s:
        """Owner number of each route, shape (>= routes,)."""
        return self._route_owner

    @property
    def route_objects(self) -> Int64s:
        """Object number of each route and object type, ``NONE`` where it has none, shape (>= routes, types)."""
        return self._route_objects

    @property
    def route_wholes(self) -> Int64s:
        """As ``route_objects``, but on a route to parts the objects that they are parts of."""
        return self._route_wholes

    @property
    def object_owner(self) -> Int64s:
        """Owner number of each object, shape (>= objects,)."""
        return self._object_owner

    @property
    def object_next(self) -> Int64s:
        """Another object, or part of one, of the same owner, ``NONE`` behind the last; it begins with ``owner_first``."""
        return self._object_next

    @property
    def owner_first(self) -> Int64s:
        """An object of each owner, ``NONE`` before there is any, shape (>= owners,)."""
        return self._owner_first

    @property
    def kept_numbers(self) -> Int64s:
        """What the changelog calls each object, ``NONE`` where it has no record yet, shape (>= objects,)."""
        return self._kept

    def all_of(self, owners: Int64s) -> Int64s:
        """All objects of owners, and parts of them, ascending."""
        return self._members(owners, np.ones_like(self._object_known))

    def known_of(self, owners: Int64s) -> Int64s:
        """The known objects of owners, ascending."""
        return self._members(owners, self._object_known)

    def _members(self, owners: Int64s, chosen: NDArray[np.bool_]) -> Int64s:
        found = np.empty(len(self.objects), dtype=np.int64)
        count = members(owners, self._owner_first, self._object_next, chosen, found)
        return np.sort(found[:count])

    @property
    def object_known(self) -> NDArray[np.bool_]:
        """Whether each object is reported, shape (>= objects,)."""
        return self._object_known

    @property
    def object_type(self) -> Int64s:
        """Type of each object, by its number in ``OBJECT_TYPES``, shape (>= objects,)."""
        return self._object_type

    def owner(self, tenant: str, name: str) -> Owner:
        """The owner of that name, made if it is new."""
        found = self._owner_by_name.get((tenant, name))
        if found is None:
            found = Owner(len(self.owners), (tenant, name))
            self._owner_by_name[tenant, name] = found
            self.owners.append(found)
            if found.number >= len(self._owner_first):
                self._owner_first = np.r_[self._owner_first, np.full_like(self._owner_first, NONE)]
        return found

    def object(self, owner: Owner, kind: int, name: str = "") -> StatObject:
        """The owner's object of that type (and group or list name), made, not yet known, if it is new."""
        found = self._object_by_name.get((owner.number, kind, name))
        if found is None:
            found = self._make_object(owner, kind, name)
        return found

    def _make_object(self, owner: Owner, kind: int, name: str) -> StatObject:
        tenant, owner_name = owner.name
        found = StatObject(
            number=len(self.objects),
            whole=len(self.objects),
            owner=owner.number,
            type=kind,
            tenant=tenant,
            campaign=None if kind == CALLING_LIST else owner_name,
            group=name if kind == CAMPAIGN_GROUP else None,
            calling_list={CALLING_LIST: owner_name, CAMPAIGN_CALLING_LIST: name}.get(kind),
        )
        self._object_by_name[owner.number, kind, name] = found
        owner.objects.append(found)
        return self._add_object(found)

    def _add_object(self, found: StatObject) -> StatObject:
        self.objects.append(found)
        if found.number >= len(self._object_owner):
            self._object_owner = np.r_[self._object_owner, np.zeros_like(self._object_owner)]
            self._object_next = np.r_[self._object_next, np.zeros_like(self._object_next)]
            self._object_type = np.r_[self._object_type, np.zeros_like(self._object_type)]
            self._object_known = np.r_[self._object_known, np.zeros_like(self._object_known)]
            self._kept = np.r_[self._kept, np.full_like(self._kept, NONE)]
        self._object_owner[found.number], self._object_type[found.number] = found.owner, found.type
        self._object_next[found.number] = self._owner_first[found.owner]
        self._owner_first[found.owner] = found.number
        return found

    def part(self, whole: int, name: PartName) -> StatObject:
        """The part of an object, made if it is new."""
        of_slice = self.parts.setdefault((whole, name[0]), {})
        found = of_slice.get(name[1])
        if found is None:
            made = replace(self.objects[whole], number=len(self.objects), known=False, part=name, rank=len(of_slice))
            found = of_slice[name[1]] = self._add_object(made)
            self._unrecorded.append(found)
        return found

    def restored(self) -> None:
        """Everything was read from the changelog, in any order: let parts follow each other as they appeared."""
        for key, of_slice in self.parts.items():
            self.parts[key] = dict(sorted(of_slice.items(), key=lambda named: named[1].rank))
        self._unrecorded.clear()

    def make_known(self, number: int) -> None:
        """An object was credited with an event: from now on it is reported (domain 3.0)."""
        if not self._object_known[number]:
            self.objects[number].known = self._object_known[number] = True
            self._unrecorded.append(self.objects[number])

    def make_all_known(self, numbers: Int64s) -> None:
        """As ``make_known``, for objects of which most are."""
        for number in numbers[~self._object_known[numbers]].tolist():
            self.make_known(number)

    def restore(self, found: StatObject, kept: int | None, *, known: bool) -> None:
        """The changelog has a record of an object, or of a part; ``kept`` is its number there, which records of old releases lack."""
        found.known = self._object_known[found.number] = known
        if kept is not None:
            self._kept[found.number] = kept
            self.keep_clear_of(kept)

    def keep_clear_of(self, kept: int) -> None:
        """The changelog uses a number: new records get higher ones."""
        self._next_kept = max(self._next_kept, kept + 1)

    def take_unrecorded(self, numbers: Int64s) -> list[StatObject]:
        """What is new, and which of these objects have no number in the changelog: it is to be recorded there with the one it gets here."""
        lacking = [self.objects[number] for number in distinct(numbers[self._kept[numbers] == NONE]).tolist()]
        new = list({found.number: found for found in (*self._unrecorded, *lacking)}.values())
        for found in new:
            if self._kept[found.number] == NONE:
                self._kept[found.number] = self._next_kept
                self._next_kept += 1
        self._unrecorded.clear()
        return new

    def route(self, tenant: str, campaign: str, group: str | None, calling_list: str | None) -> int:
        """The number of the route to a campaign and what else the event names in it."""
        return self._route_by_names[tenant, campaign, group, calling_list]

    def _new_route(self, names: RouteNames) -> int:
        tenant, campaign, group, calling_list = names
        owner = self.owner(tenant, campaign)
        objects = {CAMPAIGN: self.object(owner, CAMPAIGN).number}
        if group is not None:
            objects[CAMPAIGN_GROUP] = self.object(owner, CAMPAIGN_GROUP, group).number
        if calling_list is not None:
            objects[CAMPAIGN_CALLING_LIST] = self.object(owner, CAMPAIGN_CALLING_LIST, calling_list).number
        return self._add_route(Route(tenant, campaign, group, calling_list), owner.number, objects)

    def list_route(self, tenant: str, calling_list: str, group: str | None = None) -> int:
        """The number of the route to a calling list as an owner of its own (domain 1.3), of events that name a group or none."""
        key = (tenant, "", group, calling_list)
        if key not in self._route_by_names:
            owner = self.owner(tenant, calling_list)
            found = self.object(owner, CALLING_LIST)
            self._route_by_names[key] = self._add_route(Route(tenant, "", group, calling_list), owner.number, {CALLING_LIST: found.number})
        return self._route_by_names[key]

    def route_to_parts(self, of: int, parts: dict[int, int]) -> int:
        """A route beside the route ``of``, to parts of its objects, by type."""
        number = self._add_route(self.routes[of], int(self._route_owner[of]), parts)
        self._route_wholes[number] = self._route_wholes[of]
        return number

    def _add_route(self, route: Route, owner: int, objects: dict[int, int]) -> int:
        number = len(self.routes)
        self.routes.append(route)
        if number >= len(self._route_owner):
            self._route_owner = np.r_[self._route_owner, np.zeros_like(self._route_owner)]
            self._route_objects = np.r_[self._route_objects, np.full_like(self._route_objects, NONE)]
            self._route_wholes = np.r_[self._route_wholes, np.full_like(self._route_wholes, NONE)]
        self._route_owner[number] = owner
        for kind, found in objects.items():
            self._route_objects[number, kind] = self._route_wholes[number, kind] = found
        return number
