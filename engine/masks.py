"""Masks: which actions a statistic looks at (domain 5.1, 4.10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from engine.catalog import ACTIONS, Action, find_action


class MaskError(ValueError):
    """A mask that can't be read; ``messages`` say, of all that is wrong in it, what, and what would be right."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("; ".join(self.messages))


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
        MaskError: names are not those of actions, or the mask is empty.
    """
    vector = np.zeros(len(ACTIONS), dtype=bool)
    wrong = []
    for part in (part.strip() for part in text.split(",")):
        name = part.removeprefix("~")
        if part == "*":
            vector[:] = True
        elif (action := find_action(name)) is None:
            wrong.append(_unknown(name, text))
        else:
            vector[action.index] = name == part
    if not wrong and not vector.any():
        wrong.append(f"the mask {text!r} leaves no action")
    if wrong:
        raise MaskError(wrong)
    return Mask(text, vector)


def _unknown(name: str, text: str) -> str:
    near = get_close_matches(name, [action.name for action in ACTIONS], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{name.strip()!r} in the mask {text!r} is not the name of an action{hint}"
