"""The definitions file: statistics and the profiles they are computed under (contract 3, domain 5, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from engine.catalog import ObjectType
from engine.categories import SELECTABLE
from engine.formula_links import link_formulas
from engine.mistakes import DefinitionsError, Mistake, Mistakes
from engine.profile_definitions import read_profiles
from engine.profiles import NOW, Now, Profile, Selection, has_windows
from engine.slice_definitions import EVERYTHING
from engine.statistic import Statistic
from engine.statistic_definitions import StatisticReader
from engine.toml import TomlError, read_toml

__all__ = ["Definitions", "DefinitionsError", "Mistake", "Statistic", "default_definitions", "parse_definitions"]


@dataclass(frozen=True, slots=True, eq=False)
class Definitions:
    """All profiles, by name, and all statistics, in the order of the file. What was read twice is not the same."""

    profiles: Mapping[str, Profile]
    statistics: tuple[Statistic, ...]

    def named_by(self, formula: Statistic) -> tuple[Statistic, ...]:
        """The statistics that a formula names, and those that they name, each before what names it; of any other, none."""
        by_name = {found.name: found for found in self.statistics}
        needed: dict[str, Statistic] = {}
        for name in formula.formula.names if formula.formula else ():
            needed.update({inner.name: inner for inner in self.named_by(by_name[name])})
            needed[name] = by_name[name]
        return tuple(needed.values())

    def at_end(self, statistic: Statistic) -> bool:
        """Whether a statistic's value depends on what happens at the very end of a closed window."""
        return any(found.at_end for found in (*self.named_by(statistic), statistic))

    def panel(self, profile: str, kind: ObjectType) -> tuple[Statistic, ...]:
        """The statistics that an object type has under a profile."""
        return tuple(found for found in self.statistics if profile in found.profiles and kind in found.objects)


def default_definitions() -> str:
    """The text of the definitions that are shipped."""
    return files("engine").joinpath("default_definitions.toml").read_text(encoding="utf-8")


def parse_definitions(text: str, filename: str) -> Definitions:
    """Read and check a definitions file.

    Raises:
        DefinitionsError: with every mistake in it.
    """
    mistakes = Mistakes(filename, text)
    try:
        root = read_toml(text)
    except TomlError as error:
        mistakes.syntax(error)
        raise DefinitionsError(mistakes.found) from error
    mistakes.unknown_keys("", root, {"profile", "statistic"})
    given = _tables(root, "profile", mistakes)
    profiles = read_profiles(given, mistakes)
    tables = _tables(root, "statistic", mistakes)
    read = [StatisticReader(name, table, given, mistakes).read() for name, table in tables.items()]
    statistics = link_formulas([statistic for statistic in read if statistic is not None], tables, mistakes)
    if not tables:
        mistakes.add("", None, "no statistic is defined: expected at least one table [statistic.NAME]")
    definitions = Definitions(profiles, tuple(statistics))
    _check_profiles(definitions, mistakes)
    if mistakes.found:
        raise DefinitionsError(dict.fromkeys(mistakes.found))
    if any(NOW in statistic.profiles for statistic in statistics):
        profiles[NOW] = Now()
    return definitions


def _check_profiles(definitions: Definitions, mistakes: Mistakes) -> None:
    """That what is asked for can be computed under the profiles that it is listed in (domain 6.3, 6.4)."""
    by_name = {found.name: found for found in definitions.statistics}
    for statistic in definitions.statistics:
        place = f"statistic.{statistic.name}"
        parts = _parts(statistic, by_name)
        wrong = [one for one in parts if one.category not in SELECTABLE]
        sliced = [one for one in parts if one.sliced != EVERYTHING]
        for name in statistic.profiles:
            profile = definitions.profiles.get(name)
            if isinstance(profile, Selection) and sliced:
                mistakes.add(
                    place, "profiles", f"{name} selects the last actions, and {sliced[0].name} is filtered or broken down: it can't be both"
                )
            elif isinstance(profile, Selection) and wrong:
                what = wrong[0].category if wrong[0] is statistic else f"{wrong[0].name}, which it names, a {wrong[0].category},"
                mistakes.add(place, "profiles", f"{name} selects the last actions; {what} can't be computed of those")
            elif profile is not None and not any(has_windows(profile, kind) for kind in statistic.objects):
                mistakes.add(place, "profiles", f"{name} begins with a campaign, and no object of this statistic belongs to one alone")


def _parts(statistic: Statistic, by_name: Mapping[str, Statistic]) -> tuple[Statistic, ...]:
    """A statistic and what its formula is made of: those that could be read, of a circle each once."""
    parts, waiting = {statistic.name: statistic}, [statistic]
    while waiting:
        formula = waiting.pop().formula
        for name in formula.names if formula else ():
            if name in by_name and name not in parts:
                parts[name] = by_name[name]
                waiting.append(by_name[name])
    return tuple(parts.values())


def _tables(root: Mapping[str, Any], kind: str, mistakes: Mistakes) -> Mapping[str, Any]:
    tables = root.get(kind, {})
    if isinstance(tables, dict):
        return tables
    mistakes.add("", kind, f"expected tables [{kind}.NAME], got {tables!r}")
    return {}
