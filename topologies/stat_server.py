"""What can be taken over of a Genesys Stat Server's options: stat types as statistics, time profiles as profiles.

Stat Server leaves it to whoever asks for a statistic to name its time profile and its range; definitions have to say both. The rule is
the one that Stat Server itself has for requests without them: the profile ``Default``; and, since a range without a name means little,
one statistic for every range. ``Choice`` says it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from topologies.stat_server_export import Export, ExportError, Remark, Section
from topologies.stat_server_tables import Names, Refused, Table
from topologies.stat_server_times import Range, is_default, read_filters, read_profiles, read_ranges
from topologies.stat_server_types import MARKS, Chosen, StatTypeReader

ALL: Final = "all"
"""In place of a name: every profile, or every range."""

_TIMES: Final = frozenset({"timeprofiles", "timeranges", "filters"})
_Named = TypeVar("_Named", Table, Range)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the export does not say: names of profiles and ranges as it has them (none: the rule), and the zone of resets."""

    profiles: Sequence[str] = ()
    ranges: Sequence[str] = ()
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """What was made of an export.

    ``profiles`` and ``statistics`` are the tables of the definitions; ``refused`` what can't be taken over; ``left_out`` what is no
    statistic at all, or can't be read. ``chosen`` are the profiles and ranges that the rule or the choice gave.
    """

    stat_types: int
    profiles: tuple[Table, ...]
    statistics: tuple[Table, ...]
    refused: tuple[Remark, ...]
    left_out: tuple[Remark, ...]
    chosen: Chosen

    @property
    def tables(self) -> tuple[Table, ...]:
        """All that is defined, in the order in which it is written."""
        return (*self.profiles, *self.statistics)


def import_export(export: Export, choice: Choice) -> Import:
    """Take over what can be.

    Raises:
        ExportError: the export has no stat type, or not the profile or the range that was chosen.
    """
    stat_types = [section for section in export.sections if _is_stat_type(section)]
    if not stat_types:
        raise ExportError("there is no stat type in it: a section with options such as Category, Subject, Objects, MainMask")
    refused: list[Remark] = []
    chosen = _choose(export, choice, refused)
    names = Names()
    statistics: list[Table] = []
    for section in stat_types:
        try:
            statistics += StatTypeReader(section, chosen, names).read()
        except Refused as reason:
            refused.append(Remark(section.line, section.name, str(reason)))
    refused += read_filters(chosen.filters)
    left_out = [*export.remarks, *_other_sections(export)]
    return Import(len(stat_types), tuple(chosen.all_profiles), tuple(statistics), _by_line(refused), _by_line(left_out), chosen)


def _by_line(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    return tuple(sorted(remarks, key=lambda one: one.line))


def _is_stat_type(section: Section) -> bool:
    return section.name.casefold() not in _TIMES and not MARKS.isdisjoint(section.options)


def _other_sections(export: Export) -> Iterable[Remark]:
    for section in export.sections:
        if section.name.casefold() not in _TIMES and not _is_stat_type(section):
            count = len(section.options)
            yield Remark(section.line, f"[{section.name}]", f"it is no stat type; {count} option{'' if count == 1 else 's'}")


def _choose(export: Export, choice: Choice, refused: list[Remark]) -> Chosen:
    profiles = read_profiles(export, choice.timezone, refused)
    ranges = read_ranges(export, refused)
    by_rule = [table for table in profiles if is_default(table.source)] or profiles
    return Chosen(
        profiles=_named(choice.profiles, "time profile", profiles, [table.source for table in profiles]) if choice.profiles else by_rule,
        all_profiles=profiles,
        ranges=_named(choice.ranges, "time range", ranges, [one.name for one in ranges]) if choice.ranges else ranges,
        all_ranges=ranges,
        filters=export.named("Filters"),
    )


def _named(wanted: Sequence[str], what: str, things: Sequence[_Named], names: Sequence[str]) -> list[_Named]:
    folded: list[str] = [name.casefold() for name in names]
    for name in wanted:
        if name.casefold() not in (*folded, ALL):
            raise ExportError(f"there is no {what} {name!r} that could be taken over; there are {', '.join(names) or 'none'}")
    keys = {name.casefold() for name in wanted}
    return [thing for thing, name in zip(things, folded, strict=True) if ALL in keys or name in keys]
