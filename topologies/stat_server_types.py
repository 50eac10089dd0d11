"""One stat type of a Stat Server as statistics of ours: what of it can be taken over, what of it is different, why it can't be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.catalog import ACTIONS, ObjectType
from engine.categories import CATEGORIES, FORMULA, SELECTABLE, Category
from engine.masks import Mask, parse_mask
from engine.mistakes import near
from topologies.stat_server_export import Option, Section, unquoted
from topologies.stat_server_masks import read_mask
from topologies.stat_server_tables import Names, Refused, Table, Value, check, printable, renamed
from topologies.stat_server_times import Range, make_range

MARKS: Final = frozenset({"category", "subject", "objects", "mainmask", "relmask", "javasubcategory"})
"""Options that make a section one of a stat type, case aside."""

_SUBJECT: Final = "CampaignAction"
_OURS: Final = ("campaign", "callinglist")
_UNDERSTOOD: Final = MARKS | {"name", "description", "formula", "expression", "timeprofile", "timerange", "timerangeleft", "timerangeright"}
_OF_CONNECTION: Final = frozenset({"", "dcid", "distbyconnid"})
_COMES_ONCE: Final = "it counts a call once that comes several times; what campaigns do comes once"
_CATEGORIES: Final = {name.casefold(): name for name in (*CATEGORIES, FORMULA)}
_OBJECTS: Final = {kind.casefold(): kind for kind in ObjectType}

_OF_TIME: Final = frozenset({"TotalTime", "RelativeTimePercentage", "ElapsedTimePercentage", "AverageNumberPerRelativeHour"})
"""Categories that TotalTime enters (domain 5.3)."""

_MAY_LACK: Final = frozenset(
    {
        "AverageTime",
        "MaxTime",
        "MinTime",
        "TotalNumberInTimeRangePercentage",
        "RelativeNumberPercentage",
        "RelativeNumber",
        "RelativeTimePercentage",
        "ElapsedTimePercentage",
        "TotalNumberPerSecond",
        "AverageNumberPerRelativeHour",
        "AverageOfCurrentNumber",
        "AverageOfCurrentTime",
        "CurrentMaxTime",
        "CurrentMinTime",
        "CurrentAverageTime",
        "CurrentNumberInTimeRangePercentage",
        "CurrentRelativeNumberPercentage",
        "CurrentRelativeTimePercentage",
    }
)
"""Categories without a value when there is nothing to divide by or to look at (domain 5.4); Stat Server says 0 then."""

_LEFT_OUT: Final[Mapping[str, str]] = {
    "aggregationtype": "it tells Data Sourcer how to add values up",
    "dcid": _COMES_ONCE,
    "mediatype": "campaigns have no media but calls",
    "usesourcetimestamps": "an event always counts at the time at which it happened at the dialer",
    "reasonstartoverridesstatusstart": "it is about the reasons that agents give",
}
_OTHERWISE: Final[Mapping[str, str]] = {
    "AverageOfCurrentNumber": "Stat Server looks every two seconds; here every change counts",
    "EstimTimeToComplete": "Stat Server divides the records that are ready by the speed at which they become fewer; here it is "
    "RecordsScheduled by the speed at which leads are processed",
    "CurrentState": "it fills the report's `state` and is none of its values",
    **{
        name: "Stat Server cuts durations to whole seconds before it compares them; here milliseconds count"
        for name, category in CATEGORIES.items()
        if category.ranged
    },
}
_ELSEWHERE: Final[Mapping[str, str]] = {
    "formula": "its expression is over single actions; a formula here is over other statistics, and is to be written by hand",
    "javacategory": "a Java extension of that Stat Server computes it",
    "currentstatereasons": "it is about the reasons that agents give",
    "currenttargetstate": "it is about the states of agents, for routing",
    "servicefactor1": "it is about queues",
    "loadbalance": "it is about queues",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What Stat Server leaves to whoever asks for a statistic, and a definitions file has to say.

    ``profiles`` are those to list a statistic in, ``ranges`` those to compute it for; a stat type that names its own takes it of ``all_…``.
    """

    profiles: Sequence[Table]
    all_profiles: Sequence[Table]
    ranges: Sequence[Range]
    all_ranges: Sequence[Range]
    filters: Section


class StatTypeReader:
    """Reads one stat type, gathering what is to be told of it."""

    def __init__(self, section: Section, chosen: Chosen, names: Names) -> None:
        self._section = section
        self._chosen = chosen
        self._names = names
        self._notes: list[str] = []
        self._differences: list[str] = []

    def read(self) -> list[Table]:
        """Its statistics: one, or one a time range.

        Raises:
            Refused: it can't be taken over.
        """
        subject, name = self._subject(), self._category()
        category = CATEGORIES[name]
        self._formula()
        main, relative = self._masks(name, category)
        keys: dict[str, Value] = {"objects": self._objects(name, category, main, relative), "category": name}
        keys |= {} if category.main else {"main": main.text}
        keys |= {"relative": relative.text} if relative else {}
        keys |= self._durations(name, subject)
        profiles = self._profiles(name, category)
        keys |= {"profiles": [profile.name for profile in profiles]} if profiles else {}
        keys |= {"empty": 0} if name in _MAY_LACK else {}
        ranges = self._ranges(name, category)
        self._differences += [*filter(None, [_OTHERWISE.get(name)]), *self._left_out()]
        tables = [self._table(keys, one) for one in ranges]
        for table in tables:
            check([*profiles, table])
        return [self._named(table, one) for table, one in zip(tables, ranges, strict=True)]

    def _subject(self) -> str:
        subject = self._section.text("Subject")
        if not subject:
            self._differences.append(f"its Subject is missing, {_SUBJECT} is taken")
            return _SUBJECT
        if not subject.casefold().startswith(_OURS):
            reason = "it is about agents, places, queues or calls; only what campaigns do is computed here"
            raise Refused(f"Subject = {subject}: {reason}{near(subject, [_SUBJECT])}")
        return subject

    def _category(self) -> str:
        given = self._section.text("Category")
        name = _CATEGORIES.get(given.casefold())
        if not given:
            raise Refused("its Category is missing")
        if name is None or name == FORMULA:
            folded = given.casefold()
            custom = "it is of values attached to calls, which events of campaigns do not carry" if "customvalue" in folded else None
            reason = custom or _ELSEWHERE.get(folded) or f"it is not computed here{near(given, CATEGORIES)}"
            raise Refused(f"Category = {given}: {reason}")
        return name

    def _formula(self) -> None:
        for option in self._given("formula", "expression"):
            if not {part.strip().casefold() for part in option.text.split(",")} <= _OF_CONNECTION:
                raise Refused(f"{printable(option.told)}: an expression over single actions can't be taken over")
            self._leave_out(option, _COMES_ONCE)

    def _masks(self, name: str, category: Category) -> tuple[Mask, Mask | None]:
        for option in self._given("relmask") if not category.relative else ():
            self._leave_out(option, f"{name} has one mask")
        if category.main is not None:
            for option in self._given("mainmask"):
                if option.text.casefold() not in {"*", category.main.casefold()}:
                    self._leave_out(option, f"{name} is the same whatever its mask")
            return parse_mask(category.main), None
        main = read_mask("MainMask", self._section.text("MainMask"), self._differences)
        relative = read_mask("RelMask", self._section.text("RelMask"), self._differences) if category.relative else None
        return main, relative

    def _objects(self, name: str, category: Category, main: Mask, relative: Mask | None) -> list[str]:
        able = able_objects(name, category, main, relative)
        given = [part.strip() for part in self._section.text("Objects").split(",") if part.strip()]
        if not given:
            self._differences.append("its Objects are missing, all that it can have are taken")
            return [kind for kind in ObjectType if kind in able]
        ours = {_OBJECTS[one.casefold()] for one in given if one.casefold() in _OBJECTS}
        others = [one for one in given if one.casefold() not in _OBJECTS]
        if not ours:
            raise Refused(f"Objects = {', '.join(given)}: none of {', '.join(ObjectType)}")
        if others:
            self._differences.append(f"without the objects {', '.join(others)}: only those of campaigns are computed here")
        if not ours & able:
            raise Refused(f"{', '.join(sorted(ours))} can't have it; {', '.join(sorted(able)) or 'no object'} can")
        if ours - able:
            self._differences.append(f"without the objects {', '.join(sorted(ours - able))}, which can't have it")
        return [kind for kind in ObjectType if kind in ours & able]

    def _durations(self, name: str, subject: str) -> dict[str, Value]:
        """The reference system's rule for actions in progress; for statuses it is the same as ours (domain 5.3)."""
        if name not in _OF_TIME or subject.casefold().endswith("status"):
            return {}
        self._notes.append(f"durations are completed: for {subject}, Stat Server adds an action up once it has ended (domain 5.3)")
        return {"durations": "completed"}

    def _profiles(self, name: str, category: Category) -> list[Table]:
        named = self._given("timeprofile")
        if category.present:
            for option in named:
                self._leave_out(option, f"{name} is of the present, under the built-in profile now")
            return []
        profiles = self._chosen.profiles
        for option in named:
            own = [table for table in self._chosen.all_profiles if table.source.casefold() == option.text.casefold()]
            if not own:
                self._leave_out(option, "there is no such time profile that could be taken over")
            profiles = own or profiles
        fitting = [table for table in profiles if table.keys["kind"] != "selection" or name in SELECTABLE]
        self._notes += [
            f"not under {table.name}, which selects the last actions: {name} can't be computed of those (domain 6.3)"
            for table in profiles
            if table not in fitting
        ]
        if not fitting:
            told = ", ".join(table.name for table in profiles) or "none"
            raise Refused(f"{name} is computed over the window of a profile; of those to choose from ({told}) it can have none")
        return fitting

    def _ranges(self, name: str, category: Category) -> list[Range | None]:
        options = self._given("timerange", "timerangeleft", "timerangeright")
        if not category.ranged:
            for option in options:
                self._leave_out(option, f"{name} has no range here: it is of all durations")
            return [None]
        low, high, wanted = (self._section.text(key) for key in ("TimeRangeLeft", "TimeRangeRight", "TimeRange"))
        own = [one for one in self._chosen.all_ranges if one.name.casefold() == wanted.casefold()]
        ranges = [make_range("", low or "0", high)] if high else own or self._chosen.ranges
        used = {"timerangeleft", "timerangeright"} if high else {"timerange"} if own else set()
        for option in options:
            if option.key not in used:
                self._leave_out(option, "it has another range already" if used else "it tells no range that there is")
        return [replace(one, suffix="") for one in ranges] if len(ranges) == 1 else [*ranges]

    def _left_out(self) -> Iterator[str]:
        for key, option in self._section.options.items():
            if key == "filter":
                text = self._chosen.filters.options.get(option.text.casefold())
                told = f" ({printable(text.value)})" if text else ""
                yield f"without its filter {option.text}{told}: Stat Server, too, ignores filters on statistics of campaigns"
            elif key not in _UNDERSTOOD:
                yield self._without(option, _LEFT_OUT.get(key, "this option is not known here"))

    def _given(self, *keys: str) -> list[Option]:
        return [option for key, option in self._section.options.items() if key in keys]

    def _leave_out(self, option: Option, reason: str) -> None:
        self._differences.append(self._without(option, reason))

    @staticmethod
    def _without(option: Option, reason: str) -> str:
        return f"without {printable(option.told)}: {reason}"

    def _table(self, keys: Mapping[str, Value], one: Range | None) -> Table:
        """The statistic for a range, if it has one, under a name that is not yet its own."""
        given = self._section.options.get("description")
        description = printable(unquoted(given.value)) if given else ""
        of_range: dict[str, Value] = {"range": [one.low, one.high]} if one else {}
        told = f"{description}, {one.low} to {one.high} s" if one and one.suffix else description
        of_text: dict[str, Value] = {"description": told} if description else {}
        return Table("statistic", "Unnamed", {**keys, **of_range, **of_text}, self._section.name, self._section.line)

    def _named(self, table: Table, one: Range | None) -> Table:
        suffix = f"_{one.suffix}" if one and one.suffix else ""
        wanted = f"{table.source}{suffix}"
        name = self._names.give(wanted, "Statistic")
        return replace(table, name=name, notes=tuple(self._notes), differences=(*renamed(wanted, name), *self._differences))


def able_objects(name: str, category: Category, main: Mask, relative: Mask | None) -> frozenset[ObjectType]:
    """The objects that can have a statistic: those that have something of each of its masks (domain 5.6).

    Raises:
        Refused: a mask names nothing that the category is computed of.
    """
    able = frozenset(ObjectType)
    for mask in filter(None, (main, relative)):
        useful = [action for action in mask.actions if category.can_use(action, relative=mask is relative)]
        if not useful:
            raise Refused(f"{name} is not computed of what {mask.text} names, but of {_useful(category, relative=mask is relative)}")
        able &= frozenset[ObjectType]().union(*(action.objects for action in useful))
    return able


def _useful(category: Category, *, relative: bool) -> str:
    return f"such as {', '.join([action.name for action in ACTIONS if category.can_use(action, relative=relative)][:3])}"
