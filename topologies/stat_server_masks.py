"""Masks of a Stat Server as ours (domain 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from engine.catalog import ACTION_BY_NAME, find_action
from engine.masks import Mask, MaskError, parse_mask
from topologies.stat_server_tables import Refused

_ALL_BUT_THE_SAME: Final = 0.85


def read_mask(option: str, text: str, differences: list[str]) -> Mask:
    """A mask with the names as the catalog spells them; ``differences`` is given what had to be changed.

    What is not an action of campaigns can't be added, as the statistic would be another one without it; to remove it changes nothing.

    Raises:
        Refused: the mask is missing, adds what is no action of campaigns, or leaves none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    added = [part for part in parts if not part.startswith("~")]
    removed = [part[1:].strip() for part in parts if part.startswith("~")]
    if not parts:
        raise Refused(f"its {option} is missing")
    if unknown := [name for name in added if name != "*" and find_action(name) is None]:
        raise Refused(f"{option} names {_listed(unknown)}: no action of campaigns{_hint(unknown)}")
    if unknown := [name for name in removed if find_action(name) is None]:
        differences.append(f"its {option} without {_listed(['~' + name for name in unknown])}: no action of campaigns{_hint(unknown)}")
    names = [*map(_spelled, added), *(f"~{_spelled(name)}" for name in removed if find_action(name))]
    try:
        mask = parse_mask(",".join(names))
        if any(find_action(name) for name in removed) and not _same(parts, mask):
            differences.append(f"its {option} is read as {mask.text}: what is removed is removed whatever stands behind it")
    except MaskError as error:
        raise Refused(f"{option} = {text}: {error}") from error
    return mask


def _same(parts: Sequence[str], mask: Mask) -> bool:
    """Whether the parts in their own order leave the same actions."""
    known = [part for part in parts if part == "*" or find_action(part.removeprefix("~"))]
    return bool((parse_mask(",".join(known)).vector == mask.vector).all())


def _spelled(name: str) -> str:
    action = find_action(name)
    return action.name if action else name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def _hint(names: Sequence[str]) -> str:
    """What was meant, if it is all but spelled so: names of agents' actions are often near to those of campaigns."""
    close = get_close_matches(names[0], ACTION_BY_NAME, n=1, cutoff=_ALL_BUT_THE_SAME)
    return f"; did you mean {close[0]}?" if close else ""
