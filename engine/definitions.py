"""The definitions file: statistics and the profiles they are computed under (contract 3, domain 5, 6)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, Literal, cast

from engine.catalog import Action, ObjectType
from engine.categories import CATEGORIES, NOT_COMPUTED, Category
from engine.masks import Mask, MaskError, parse_mask
from engine.mistakes import DefinitionsError, Mistake, Mistakes, near
from engine.profile_definitions import read_profiles
from engine.profiles import NOW, Now, Profile

__all__ = ["Definitions", "DefinitionsError", "Mistake", "Statistic", "default_definitions", "parse_definitions"]

_KEYS: Final = frozenset(
    {"objects", "category", "main", "relative", "profiles", "empty", "insensitivity", "durations", "range", "formula", "description"}
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_STATE: Final = "CurrentState"
_STATE_MASK: Final = "StatusDeactivated,StatusActivated,StatusRunning"


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic type (domain 5)."""

    name: str
    objects: frozenset[ObjectType]
    category: str
    main: Mask
    relative: Mask | None
    profiles: tuple[str, ...]
    empty: float | None
    insensitivity: float
    durations: Literal["clipped", "completed"]
    description: str


@dataclass(frozen=True, slots=True)
class Definitions:
    """All profiles, by name, and all statistics, in the order of the file."""

    profiles: Mapping[str, Profile]
    statistics: tuple[Statistic, ...]

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
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistakes.syntax(error)
        raise DefinitionsError(mistakes.found) from error
    mistakes.unknown_keys("", root, {"profile", "statistic"})
    profiles: dict[str, Profile] = read_profiles(_tables(root, "profile", mistakes), mistakes)
    given = _tables(root, "profile", mistakes)
    tables = _tables(root, "statistic", mistakes)
    statistics = [_Reader(name, table, given, mistakes).read() for name, table in tables.items()]
    if not tables:
        mistakes.add("", None, "no statistic is defined: expected at least one table [statistic.NAME]")
    if mistakes.found:
        raise DefinitionsError(dict.fromkeys(mistakes.found))
    chosen = tuple(statistic for statistic in statistics if statistic is not None)
    if any(NOW in statistic.profiles for statistic in chosen):
        profiles[NOW] = Now()
    return Definitions(profiles, chosen)


def _tables(root: Mapping[str, Any], kind: str, mistakes: Mistakes) -> Mapping[str, Any]:
    tables = root.get(kind, {})
    if isinstance(tables, dict):
        return tables
    mistakes.add("", kind, f"expected tables [{kind}.NAME], got {tables!r}")
    return {}


class _Reader:
    """Reads one ``[statistic.…]``, telling every mistake in it."""

    def __init__(self, name: str, table: object, profiles: Mapping[str, Any], mistakes: Mistakes) -> None:
        self._name = name
        self._place = f"statistic.{name}"
        self._table: dict[str, Any] = table if isinstance(table, dict) else {}
        self._profiles = profiles
        self._mistakes = mistakes
        if not isinstance(table, dict):
            self._wrong(None, f"expected a table [statistic.{name}], got {table!r}")

    def _wrong(self, key: str | None, message: str) -> None:
        self._mistakes.add(self._place, key, message)

    def read(self) -> Statistic | None:
        """The statistic, or None if it can't be told what it is."""
        if not _NAME.fullmatch(self._name):
            self._wrong(None, "a name is made of letters, digits and underscores, and begins with a letter")
        self._mistakes.unknown_keys(self._place, self._table, _KEYS)
        category = self._category()
        if category is None:
            return None
        kind = CATEGORIES[category]
        main = self._mask("main", _STATE_MASK if category == _STATE else None)
        relative = self._relative(kind)
        for key in ("range", "formula"):
            if key in self._table:
                self._wrong(key, f"{category} has no {key}")
        if main is None or (kind.relative and relative is None):
            return None
        return Statistic(
            name=self._name,
            objects=self._objects(kind, main, relative),
            category=category,
            main=main,
            relative=relative,
            profiles=self._profile_names(kind),
            empty=self._number("empty"),
            insensitivity=self._number("insensitivity", least=0) or 0.0,
            durations=self._durations(),
            description=str(self._table.get("description", "")),
        )

    def _category(self) -> str | None:
        category = self._table.get("category")
        if isinstance(category, str) and category in CATEGORIES:
            return category
        if category is None:
            self._wrong(None, "category is missing")
        elif category in NOT_COMPUTED:
            self._wrong("category", f"{category} is not computed by this version; computed are {', '.join(sorted(CATEGORIES))}")
        else:
            self._wrong("category", f"{category!r} is not a category{near(str(category), CATEGORIES)}")
        return None

    def _mask(self, key: str, default: str | None = None) -> Mask | None:
        text = self._table.get(key, default)
        if not isinstance(text, str):
            self._wrong(key, f'{key} must be a mask, such as "DialMade", got {text!r}' if key in self._table else f"{key} is missing")
            return None
        try:
            return parse_mask(text)
        except MaskError as error:
            self._wrong(key, str(error))
            return None

    def _relative(self, kind: Category) -> Mask | None:
        if kind.relative:
            return self._mask("relative")
        if "relative" in self._table:
            self._wrong("relative", f"{self._table['category']} has no relative mask")
        return None

    def _objects(self, kind: Category, main: Mask, relative: Mask | None) -> frozenset[ObjectType]:
        able = frozenset(ObjectType)
        for key, mask in (("main", main), ("relative", relative)):
            if mask is None:
                continue
            useful = [action for action in mask.actions if action.kind in kind.uses]
            if not useful:
                self._wrong(key, f"{self._table['category']} is computed of {_listed(kind)} actions; {mask.text!r} has none")
            able &= frozenset[ObjectType]().union(*(action.objects for action in useful or mask.actions))
        if "objects" not in self._table:
            return able
        return self._chosen_objects(able, main.actions)

    def _chosen_objects(self, able: frozenset[ObjectType], actions: tuple[Action, ...]) -> frozenset[ObjectType]:
        given = self._table["objects"]
        if not isinstance(given, list) or not given:
            self._wrong("objects", f"objects must be a list of object types, got {given!r}")
            return able
        chosen = set()
        for name in given:
            if name not in tuple(ObjectType):
                self._wrong(
                    "objects", f"{name!r} is not an object type{near(str(name), tuple(ObjectType))}; known are {', '.join(ObjectType)}"
                )
            elif name not in able:
                first = actions[0].name
                self._wrong("objects", f"a {name} can't have what the mask names ({first}…); {', '.join(sorted(able)) or 'no object'} can")
            else:
                chosen.add(ObjectType(name))
        return frozenset(chosen)

    def _profile_names(self, kind: Category) -> tuple[str, ...]:
        given = self._table.get("profiles")
        if given is None:
            if not kind.present:
                self._wrong(None, f"profiles is missing: {self._table['category']} is computed over the windows of a profile")
            return (NOW,)
        if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
            self._wrong("profiles", f"profiles must be a list of names of profiles, got {given!r}")
            return ()
        allowed = {*self._profiles, NOW} if kind.present else set(self._profiles)
        for name in given:
            if name not in allowed:
                self._wrong("profiles", f"there is no profile {name!r} for it{near(name, allowed)}")
        return tuple(dict.fromkeys(given))

    def _number(self, key: str, *, least: float | None = None) -> float | None:
        value = self._table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or (least is not None and value < least):  # noqa: PLR0124
            self._wrong(key, f"{key} must be a number{'' if least is None else f' of at least {least}'}, got {value!r}")
            return None
        return float(value)

    def _durations(self) -> Literal["clipped", "completed"]:
        value = self._table.get("durations", "clipped")
        if value not in {"clipped", "completed"}:
            self._wrong("durations", f'durations is "clipped" or "completed", got {value!r}')
            return "clipped"
        return cast("Literal['clipped', 'completed']", value)


def _listed(kind: Category) -> str:
    return " and ".join(sorted(kind.uses))
