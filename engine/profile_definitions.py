"""Profiles as the definitions file writes them (contract 3, domain 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.definition_keys import KIND_KEYS, LARGEST_SELECTION, LONGEST_PERIOD, PUBLISH_KEYS
from engine.durations import parse_duration
from engine.mistakes import Mistakes, near
from engine.profiles import NOW, CampaignPeriod, Growing, Profile, Publish, Selection, SinceActivation, Sliding
from engine.wallclock import ResetError, parse_resets

_MODES: Final = tuple(PUBLISH_KEYS["publish"].holds["enum"])


class _Invalid(Exception):  # noqa: N818 (never leaves this module: told as a mistake)
    def __init__(self, key: str | None, message: str) -> None:
        super().__init__(message)
        self.key = key


def read_profiles(tables: Mapping[str, Any], mistakes: Mistakes) -> dict[str, Profile]:
    """The profiles of ``[profile.…]``; a table with a mistake is told and left out."""
    profiles: dict[str, Profile] = {}
    for name, table in tables.items():
        place = f"profile.{name}"
        try:
            profiles[name] = _read(name, table, place, mistakes)
        except _Invalid as invalid:
            mistakes.add(place, invalid.key, str(invalid))
    return profiles


def _read(name: str, table: object, place: str, mistakes: Mistakes) -> Profile:
    if not isinstance(table, dict):
        raise _Invalid(None, f"expected a table [profile.{name}], got {table!r}")
    if name == NOW:
        raise _Invalid(None, "this profile is built in; choose another name")
    kind = str(table.get("kind"))
    if kind not in _KINDS:
        raise _Invalid("kind", f"{kind!r} is not a kind of profile{near(kind, _KINDS)}; known are {', '.join(_KINDS)}")
    mistakes.unknown_keys(place, table, {*PUBLISH_KEYS, *KIND_KEYS[kind]})
    return _KINDS[kind](name, table, _read_publish(table))


def _read_publish(table: Mapping[str, Any]) -> Publish:
    mode = table.get("publish", "change")
    if mode not in _MODES:
        raise _Invalid("publish", f"{mode!r} is not a way to publish; known are {', '.join(_MODES)}")
    defaults = Publish()
    return Publish(
        mode=mode,
        min_interval_ms=_duration(table, "min_interval", defaults.min_interval_ms),
        interval_ms=_duration(table, "interval", defaults.interval_ms, least=100),
    )


def _duration(table: Mapping[str, Any], key: str, default: int | None = None, *, least: int = 0) -> int:
    if key not in table:
        if default is None:
            raise _Invalid(None, f"{key} is missing")
        return default
    try:
        value = parse_duration(table[key])
    except ValueError as error:
        raise _Invalid(key, str(error)) from error
    if value < least:
        raise _Invalid(key, f"{key} must be at least {least} ms, got {table[key]!r}")
    return value


def _growing(name: str, table: Mapping[str, Any], publish: Publish) -> Growing:
    resets, timezone = table.get("reset", "00:00"), table.get("timezone", "UTC")
    for key, value in (("reset", resets), ("timezone", timezone)):
        if not isinstance(value, str):
            raise _Invalid(key, f"{key} must be text, got {value!r}")
    try:
        return Growing(name, publish, resets, timezone, parse_resets(resets, timezone))
    except ResetError as error:
        raise _Invalid("timezone" if "time zone" in str(error) else "reset", str(error)) from error


def _sliding(name: str, table: Mapping[str, Any], publish: Publish) -> Sliding:
    size, step = _duration(table, "size", least=1), _duration(table, "step", least=1)
    if size % step:
        raise _Invalid("size", f"the size of {size} ms is not a multiple of the step of {step} ms")
    return Sliding(name, publish, size, step)


def _since_activation(name: str, table: Mapping[str, Any], publish: Publish) -> SinceActivation:
    del table
    return SinceActivation(name, publish)


def _campaign_period(name: str, table: Mapping[str, Any], publish: Publish) -> CampaignPeriod:
    return CampaignPeriod(name, publish, _whole(table, "days", LONGEST_PERIOD))


def _selection(name: str, table: Mapping[str, Any], publish: Publish) -> Selection:
    return Selection(name, publish, _whole(table, "count", LARGEST_SELECTION))


def _whole(table: Mapping[str, Any], key: str, most: int) -> int:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise _Invalid(key, f"{key} must be a whole number from 1 to {most}, got {value!r}")
    return value


_KINDS: Final[Mapping[str, Callable[[str, Mapping[str, Any], Publish], Profile]]] = {
    "growing": _growing,
    "sliding": _sliding,
    "selection": _selection,
    "since_activation": _since_activation,
    "campaign_period": _campaign_period,
}
