"""Masks: which actions a statistic looks at (domain 5.1, 4.10)."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from engine.catalog import ACTIONS, Action, find_action


class MaskError(ValueError):
    """A mask that can't be read; the message says what in it, and what would be right."""


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A set of actions; ``vector`` has one element an action, shape (actions,)."""

    text: str
    vector: NDArray[np.bool_]

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions of the mask, in the order of the catalog."""
        return tuple(action for action in ACTIONS if self.vector[action.index])


def parse_mask(text: str) -> Mask:
    """Read a mask: names separated by commas, ``*`` for all, ``~Name`` to remove one, left to right (domain 5.1).

    Raises:
        MaskError: a name is not one of an action, or the mask is empty.
    """
    vector = np.zeros(len(ACTIONS), dtype=bool)
    for part in (part.strip() for part in text.split(",")):
        if part == "*":
            vector[:] = True
        elif part.startswith("~"):
            vector[_named(part[1:], text).index] = False
        else:
            vector[_named(part, text).index] = True
    if not vector.any():
        raise MaskError(f"the mask {text!r} leaves no action")
    return Mask(text, vector)


def _named(name: str, text: str) -> Action:
    action = find_action(name)
    if action is None:
        near = get_close_matches(name, [action.name for action in ACTIONS], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise MaskError(f"{name.strip()!r} in the mask {text!r} is not the name of an action{hint}")
    return action
