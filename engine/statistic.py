"""One statistic type, as the rest of the engine sees it (domain 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.catalog import ObjectType
from engine.categories import CATEGORIES
from engine.formulas import Formula
from engine.masks import Mask
from engine.slice_definitions import EVERYTHING, Sliced
from engine.slices import Slice


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic: a category of actions with its masks, or a formula.

    ``range_ms`` is [low, high) of durations, ``sliced`` which events count and what they are told apart by.
    """

    name: str
    objects: frozenset[ObjectType]
    category: str
    main: Mask | None
    relative: Mask | None
    profiles: tuple[str, ...]
    empty: float | None
    insensitivity: float
    durations: Literal["clipped", "completed"]
    description: str
    range_ms: tuple[float, float] = (0.0, float("inf"))
    formula: Formula | None = None
    sliced: Sliced = EVERYTHING

    @property
    def total_slice(self) -> Slice | None:
        """What its value is counted of, if not of all events."""
        return Slice(self.sliced.where) if self.sliced.where else None

    @property
    def breakdown(self) -> Slice | None:
        """What it is broken down by, if it is."""
        return Slice(self.sliced.where, self.sliced.by) if self.sliced.by else None

    @property
    def at_end(self) -> bool:
        """Whether its own value depends on what happens at the very end of a closed window."""
        category = CATEGORIES.get(self.category)
        return category is not None and (category.present or category.at_end)
