"""Profiles as the definitions file writes them (contract 3, domain 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from engine.definition_keys import KIND_KEYS, LARGEST_SELECTION, LONGEST_PERIOD, PUBLISH_KEYS
from engine.durations import parse_duration
from engine.mistakes import Mistakes, near
from engine.profiles import NOW, CampaignPeriod, Growing, Profile, Publish, Selection, SinceActivation, Sliding
from engine.wallclock import ResetError, Resets, parse_times, parse_zone

_Read = TypeVar("_Read")
_MODES: Final = tuple(PUBLISH_KEYS["publish"].holds["enum"])


def read_profiles(tables: Mapping[str, Any], mistakes: Mistakes) -> dict[str, Profile]:
    """The profiles of ``[profile.…]``; a table with a mistake is told, every one in it, and left out."""
    profiles: dict[str, Profile] = {}
    for name, table in tables.items():
        before = len(mistakes.found)
        profile = _ProfileReader(name, table, mistakes).read()
        if profile is not None and len(mistakes.found) == before:
            profiles[name] = profile
    return profiles


class _ProfileReader:
    """Reads one ``[profile.…]``, telling every mistake in it; what stands for a value that is none is of no consequence."""

    def __init__(self, name: str, table: object, mistakes: Mistakes) -> None:
        self.name = name
        self._place = f"profile.{name}"
        self._given = table
        self._table: dict[str, Any] = table if isinstance(table, dict) else {}
        self._mistakes = mistakes

    def _wrong(self, key: str | None, message: str) -> None:
        self._mistakes.add(self._place, key, message)

    def read(self) -> Profile | None:
        """The profile, or None if it can't be told what it is."""
        if not isinstance(self._given, dict):
            self._wrong(None, f"expected a table [profile.{self.name}], got {self._given!r}")
            return None
        if self.name == NOW:
            self._wrong(None, "this profile is built in; choose another name")
            return None
        publish = self._publish()
        kind = str(self._table.get("kind"))
        if kind not in _KINDS:
            self._wrong("kind", f"{kind!r} is not a kind of profile{near(kind, _KINDS)}; known are {', '.join(_KINDS)}")
            return None
        self._mistakes.unknown_keys(self._place, self._table, {*PUBLISH_KEYS, *KIND_KEYS[kind]})
        return _KINDS[kind](self, publish)

    def _publish(self) -> Publish:
        mode = self._table.get("publish", "change")
        if mode not in _MODES:
            self._wrong("publish", f"{mode!r} is not a way to publish; known are {', '.join(_MODES)}")
        defaults = Publish()
        return Publish(
            mode=mode,
            min_interval_ms=self._duration("min_interval", defaults.min_interval_ms),
            interval_ms=self._duration("interval", defaults.interval_ms, least=100),
        )

    def _duration(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """Milliseconds; 0 if it is none."""
        if key not in self._table:
            if default is None:
                self._wrong(None, f"{key} is missing")
            return default or 0
        try:
            value = parse_duration(self._table[key])
        except ValueError as error:
            self._wrong(key, str(error))
            return 0
        if value < least:
            self._wrong(key, f"{key} must be at least {least} ms, got {self._table[key]!r}")
            return 0
        return value

    def growing(self, publish: Publish) -> Growing | None:
        """Resets by a wall clock (domain 6.1)."""
        reset, timezone = self._table.get("reset", "00:00"), self._table.get("timezone", "UTC")
        times, zone = self._text("reset", reset, parse_times), self._text("timezone", timezone, parse_zone)
        return None if times is None or zone is None else Growing(self.name, publish, reset, timezone, Resets(times, zone))

    def _text(self, key: str, value: object, parse: Callable[[str], _Read]) -> _Read | None:
        if not isinstance(value, str):
            self._wrong(key, f"{key} must be text, got {value!r}")
            return None
        try:
            return parse(value)
        except ResetError as error:
            self._wrong(key, str(error))
            return None

    def sliding(self, publish: Publish) -> Sliding:
        """The last ``size`` in steps (domain 6.2)."""
        size, step = self._duration("size", least=1), self._duration("step", least=1)
        if step and size % step:
            self._wrong("size", f"the size of {size} ms is not a multiple of the step of {step} ms")
        return Sliding(self.name, publish, size, step)

    def since_activation(self, publish: Publish) -> SinceActivation:
        """Since the last activation (domain 6.4)."""
        return SinceActivation(self.name, publish)

    def campaign_period(self, publish: Publish) -> CampaignPeriod:
        """Periods of days from the first activation (domain 6.5)."""
        return CampaignPeriod(self.name, publish, self._whole("days", LONGEST_PERIOD))

    def selection(self, publish: Publish) -> Selection:
        """The last actions (domain 6.3)."""
        return Selection(self.name, publish, self._whole("count", LARGEST_SELECTION))

    def _whole(self, key: str, most: int) -> int:
        value = self._table.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            self._wrong(key, f"{key} must be a whole number from 1 to {most}, got {value!r}")
            return 1
        return value


_KINDS: Final[Mapping[str, Callable[[_ProfileReader, Publish], Profile | None]]] = {
    "growing": _ProfileReader.growing,
    "sliding": _ProfileReader.sliding,
    "selection": _ProfileReader.selection,
    "since_activation": _ProfileReader.since_activation,
    "campaign_period": _ProfileReader.campaign_period,
}
