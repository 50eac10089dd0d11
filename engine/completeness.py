"""From when on things are counted: what is defined on a running site begins in the middle of its windows.

Everything that is counted has a text that tells what it is: a profile with the shape of its windows, a slice, what a selection selects. The
state knows which of them it counts, and for each owner from which instant on, where that is not from the beginning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from engine.categories import CATEGORIES, FORMULA
from engine.definitions import Definitions
from engine.profiles import Closing, Now, Selection, Sliding
from engine.statistic import Statistic


class Completeness:
    """What is counted, by text. ``wanted`` is what the definitions ask for, ``counted`` what the restored state has counted so far.

    What is ``marked`` in the changelog is counted; so is what has records there without a mark, as earlier releases wrote it.
    """

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        shapes = [shape_text(profile) for profile in definitions.profiles.values() if not isinstance(profile, Selection | Now)]
        texts = [text for statistic in definitions.statistics for name in statistic.profiles for text in self.texts(name, statistic)]
        self.wanted = dict.fromkeys([*shapes, *texts])
        selecting = (profile for profile in definitions.profiles.values() if isinstance(profile, Selection))
        self._selected = {text for profile in selecting for text in texts if text.startswith(f"{profile.name} selection ")}
        self.counted: set[str] = set()
        self.marked: set[str] = set()
        self.since: defaultdict[str, dict[int, int]] = defaultdict(dict)
        """By text and owner, the instant (ms) from which all is counted; owners that are not named have it from their beginning."""
        self.unwritten: dict[tuple[str, int], None] = {}
        """Texts and owners whose instant the changelog does not hold yet."""

    def texts(self, profile: str, statistic: Statistic) -> list[str]:
        """What a statistic under a profile is computed of; nothing if it is of the present."""
        found = self._definitions.profiles[profile]
        named = [
            one
            for one in (*self._definitions.named_by(statistic), statistic)
            if one.category != FORMULA and not CATEGORIES[one.category].present
        ]
        if isinstance(found, Now):
            return []
        if isinstance(found, Selection):
            return [selected_text(found, one) for one in named]
        slices = [asked.text for one in named for asked in (one.total_slice, one.breakdown) if asked is not None]
        return [shape_text(found), *map(slice_text, slices)] if named else []

    def new(self, *, marks: bool) -> list[str]:
        """What is asked for and has not been counted so far.

        Release 0.1 made no ``marks``. What it had selected for can't be told from its state, so it is taken to have been the same.
        """
        known = self.counted if marks else self.counted | self._selected
        return [text for text in self.wanted if text not in known]

    def take_unmarked(self) -> list[str]:
        """What is to be marked in the changelog; afterwards there is nothing."""
        found = [text for text in self.wanted if text not in self.marked]
        self.marked.update(found)
        return found

    def begin(self, text: str, owner: int, instant: int) -> None:
        """Something is complete for an owner from an instant on."""
        self.since[text][owner] = instant
        self.unwritten[text, owner] = None

    def from_when(self, owner: int, texts: Iterable[str]) -> int | None:
        """The instant from which all of the texts are complete for an owner; None if they are from its beginning."""
        return max((self.since[text][owner] for text in texts if owner in self.since.get(text, ())), default=None)


def shape_text(profile: Closing | Sliding) -> str:
    """A profile as the state names it: with other windows under the same name, what was counted before is of no use."""
    return f"{profile.name} {profile.shape}"


def slice_text(asked: str) -> str:
    """A slice as the state names it."""
    return f"slice {asked}"


def selected_text(profile: Selection, statistic: Statistic) -> str:
    """The actions that a selection must have logged for a statistic, as the state names them."""
    masks = [mask.text for mask in (statistic.main, statistic.relative) if mask is not None]
    return f"{profile.name} selection {profile.count} of {'; '.join(masks)}"
