"""One ``[statistic.…]`` table as the definitions file writes it, with every mistake in it told (contract 3, domain 5)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypedDict, cast

from engine.catalog import ACTIONS, ActionKind, ObjectType
from engine.categories import CATEGORIES, FORMULA, Category
from engine.definition_keys import STATISTIC_KEYS
from engine.formulas import Formula, FormulaError, parse_formula
from engine.masks import Mask, MaskError, parse_mask
from engine.mistakes import Mistakes, near
from engine.profiles import NOW
from engine.slice_definitions import EVERYTHING, SLICEABLE, Sliced, read_slice
from engine.statistic import Statistic

NAME: Final = r"[A-Za-z][A-Za-z0-9_]*"


class _Common(TypedDict):
    name: str
    empty: float | None
    insensitivity: float
    description: str


class StatisticReader:
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
        if not re.fullmatch(NAME, self._name):
            self._wrong(None, "a name is made of letters, digits and underscores, and begins with a letter")
        self._mistakes.unknown_keys(self._place, self._table, STATISTIC_KEYS)
        category = self._category()
        if category is None:
            self._whatever_it_is()
            return None
        return self._of_formula() if category == FORMULA else self._of_actions(category, CATEGORIES[category])

    def _whatever_it_is(self) -> None:
        """Tell what is wrong in a statistic of no known category with the keys that say the same in every one."""
        for key in ("main", "relative"):
            if key in self._table:
                self._mask(key)
        self._durations()
        self._common()
        self._chosen_objects(frozenset(ObjectType), "any statistic")
        self._profile_names("it", needed=False, present=True)

    def _of_formula(self) -> Statistic | None:
        self._not_for(FORMULA, ("main", "relative", "range", "durations", "where", "by", "limit"))
        formula, common = self._formula(), self._common()
        objects = self._chosen_objects(frozenset(ObjectType), "any statistic")
        profiles = self._profile_names(FORMULA, needed=False, present=True)
        if formula is None:
            return None
        return Statistic(
            objects=objects,
            category=FORMULA,
            main=None,
            relative=None,
            profiles=profiles,
            durations="clipped",
            formula=formula,
            **common,
        )

    def _formula(self) -> Formula | None:
        text = self._table.get("formula")
        if not isinstance(text, str):
            self._wrong("formula", f'formula must be an expression, such as "Dials / max(RunningTime, 1)", got {text!r}')
            return None
        try:
            return parse_formula(text)
        except FormulaError as error:
            self._wrong("formula", str(error))
            return None

    def _of_actions(self, name: str, category: Category) -> Statistic | None:
        main = self._mask("main", category.main)
        relative = self._mask("relative") if category.relative else None
        unused = (("relative", category.relative), ("range", category.ranged), ("formula", False))
        self._not_for(name, [key for key, used in unused if not used])
        range_ms = self._range() if category.ranged else (0.0, math.inf)
        profiles = self._profile_names(name, needed=not category.present, present=category.present)
        durations, sliced, common = self._durations(), self._sliced(name, main, relative), self._common()
        if main is None or (category.relative and relative is None):
            self._chosen_objects(frozenset(ObjectType), "any statistic")
            return None
        return Statistic(
            objects=self._objects(category, main, relative),
            category=name,
            main=main,
            relative=relative,
            profiles=profiles,
            durations=durations,
            range_ms=range_ms,
            sliced=sliced,
            **common,
        )

    def _sliced(self, category: str, main: Mask | None, relative: Mask | None) -> Sliced:
        if not {"where", "by", "limit"} & self._table.keys():
            return EVERYTHING
        if category not in SLICEABLE:
            self._wrong(
                "by" if "by" in self._table else "where", f"{category} can't be filtered or broken down; {', '.join(SLICEABLE)} can"
            )
            return EVERYTHING
        for key, mask in (("main", main), ("relative", relative)):
            if mask is not None and not any(action.kind is ActionKind.INSTANT for action in mask.actions):
                self._wrong(
                    key, f"only what happens in an instant carries what events are told apart by; {mask.text!r} names nothing that does"
                )
        return read_slice(self._table, self._wrong)

    def _common(self) -> _Common:
        return {
            "name": self._name,
            "empty": self._number("empty"),
            "insensitivity": self._number("insensitivity", least=0) or 0.0,
            "description": self._description(),
        }

    def _description(self) -> str:
        given = self._table.get("description", "")
        if not isinstance(given, str):
            self._wrong("description", f"description must be text, got {given!r}")
        return str(given)

    def _not_for(self, category: str, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self._table:
                self._wrong(key, f"{category} has no {key}")

    def _category(self) -> str | None:
        category = self._table.get("category")
        known = (*CATEGORIES, FORMULA)
        if category in known:
            return str(category)
        if category is None:
            self._wrong(None, "category is missing")
        else:
            self._wrong("category", f"{category!r} is not a category{near(str(category), known)}")
        return None

    def _mask(self, key: str, default: str | None = None) -> Mask | None:
        text = self._table.get(key, default)
        if not isinstance(text, str):
            self._wrong(key, f'{key} must be a mask, such as "DialMade", got {text!r}' if key in self._table else f"{key} is missing")
            return None
        try:
            return parse_mask(text)
        except MaskError as error:
            for message in error.messages:
                self._wrong(key, message)
            return None

    def _range(self) -> tuple[float, float]:
        """[low, high) in ms."""
        given = self._table.get("range")
        numbers = given if isinstance(given, list) and len(given) == 2 else []
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers) or not numbers:
            self._wrong("range", f"range must be two numbers of seconds, such as [0, 60], got {given!r}")
        elif not 0 <= numbers[0] < numbers[1]:
            self._wrong("range", f"a range goes from a number of at least 0 up to a greater one, got {given!r}")
        else:
            return numbers[0] * 1_000.0, numbers[1] * 1_000.0
        return 0.0, math.inf

    def _objects(self, category: Category, main: Mask, relative: Mask | None) -> frozenset[ObjectType]:
        able = frozenset(ObjectType)
        for key, mask in (("main", main), ("relative", relative)):
            if mask is None:
                continue
            useful = [action for action in mask.actions if category.can_use(action, relative=key == "relative")]
            if not useful:
                self._wrong(key, f"{self._table['category']} is not computed of what {mask.text!r} names{_instead(category, key)}")
            able &= frozenset[ObjectType]().union(*(action.objects for action in useful or mask.actions))
        return self._chosen_objects(able, main.actions[0].name)

    def _chosen_objects(self, able: frozenset[ObjectType], what: str) -> frozenset[ObjectType]:
        given = self._table.get("objects")
        if given is None:
            return able
        if not isinstance(given, list) or not given:
            self._wrong("objects", f"objects must be a list of object types, got {given!r}")
            return able
        chosen = set()
        for name in given:
            if name not in tuple(ObjectType):
                known = tuple(ObjectType)
                self._wrong("objects", f"{name!r} is not an object type{near(str(name), known)}; known are {', '.join(known)}")
            elif name not in able:
                self._wrong("objects", f"a {name} can't have what it names ({what}…); {', '.join(sorted(able)) or 'no object'} can")
            else:
                chosen.add(ObjectType(name))
        return frozenset(chosen) or able

    def _profile_names(self, category: str, *, needed: bool, present: bool) -> tuple[str, ...]:
        given = self._table.get("profiles")
        if given is None:
            if needed:
                self._wrong(None, f"profiles is missing: {category} is computed over the windows of a profile")
            return (NOW,)
        if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
            self._wrong("profiles", f"profiles must be a list of names of profiles, got {given!r}")
            return ()
        allowed = {*self._profiles, NOW} if present else set(self._profiles)
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
        if value not in ("clipped", "completed"):
            self._wrong("durations", f'durations is "clipped" or "completed", got {value!r}')
            return "clipped"
        return cast("Literal['clipped', 'completed']", value)


def _instead(category: Category, key: str) -> str:
    useful = [action.name for action in ACTIONS if category.can_use(action, relative=key == "relative")]
    return f"; it is of such as {', '.join(useful[:3])}"
