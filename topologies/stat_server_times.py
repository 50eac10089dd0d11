"""Time profiles and time ranges of a Stat Server as ours (domain 6.1-6.3, 5.2)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from topologies.stat_server_export import Export, Option, Remark, Section
from topologies.stat_server_tables import Names, Number, Refused, Table, Value, check, printable, renamed

DEFAULT: Final = "Default"
"""The profile, and the range, that Stat Server takes when it is asked for a statistic without one."""

_BUILT_IN: Final = Option(f"{DEFAULT},Growing", "00:00", 0)
_BUILT_IN_RANGE: Final = (0, 20)
_DEFAULT_ZONE: Final = "UTC"
_NO_RANGE: Final = "expected two numbers of seconds, the smaller one first, such as 0-30"
_SECONDS: Final = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))?")
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]?\d):([0-5]\d)")
# Later Stat Servers take a time zone behind the times of a growing profile.
_ZONE: Final = re.compile(r"\s+\(?(?:TZ\s*=\s*)?(?P<zone>[A-Za-z][\w+\-]*(?:/[\w+\-]+)*)\)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Range:
    """Durations from ``low`` up to ``high`` seconds, ``high`` excluded; ``suffix`` tells its statistics from those of other ranges."""

    name: str
    low: Number
    high: Number
    suffix: str = ""


def read_profiles(export: Export, timezone: str | None, refused: list[Remark]) -> list[Table]:
    """The profiles of ``[TimeProfiles]``, in their order; if there is none, the one that Stat Server has built in, from midnight on.

    Args:
        export: all of it.
        timezone: of the resets, an IANA name; without one, UTC, which is told as a difference.
        refused: is given those that can't be taken over.
    """
    section, names = export.named("TimeProfiles"), Names({"now"})
    tables = []
    for option in section.options.values():
        try:
            tables.append(_profile(option, timezone, names))
        except Refused as reason:
            refused.append(Remark(option.line, f"[{section.name}] {option.told}", str(reason)))
    return tables or [_profile(_BUILT_IN, timezone, names)]


def _profile(option: Option, timezone: str | None, names: Names) -> Table:
    source, _, kind = (part.strip() for part in option.name.partition(","))
    if kind.casefold() not in _KINDS:
        raise Refused(f"expected NAME,KIND with a KIND of Growing, Sliding or Selection, got {printable(option.name)!r}")
    keys, notes, differences = _KINDS[kind.casefold()](option.text, timezone)
    table = Table("profile", "checked", {"kind": kind.casefold(), **keys}, source, option.line)
    check([table])
    name = names.give(source, "profile")
    built_in = ("there is none to take over, and this is the one that Stat Server has built in",) if option is _BUILT_IN else ()
    return Table(table.kind, name, table.keys, source, option.line, (*built_in, *notes), (*renamed(source, name), *differences))


_Read: TypeAlias = tuple[dict[str, Value], tuple[str, ...], tuple[str, ...]]
"""What is written of a profile, and its notes and differences."""


def _growing(value: str, timezone: str | None) -> _Read:
    found = _ZONE.search(value)
    zone = found["zone"] if found else None
    keys: dict[str, Value] = {"reset": value[: found.start()] if found else value, "timezone": zone or timezone or _DEFAULT_ZONE}
    if zone or timezone:
        return keys, (), ()
    return keys, (), ("its resets are in UTC: Stat Server's are by the clock of its host; --timezone ZONE says where that is",)


def _sliding(value: str, _: str | None) -> _Read:
    parts = [part.strip() for part in re.split(r"[,;]", value)] if re.search(r"[,;]", value) else _halves(value)
    if len(parts) != 2:
        raise Refused("expected the size of the window and its step, as 900:10 or 0:15:00,0:00:10")
    size, step = (_seconds(part) for part in parts)
    if not 0 < step <= size:
        raise Refused("a window is longer than nothing, and not shorter than its step")
    fitting = _greatest_divisor(size, step)
    keys: dict[str, Value] = {"size": _told(size), "step": fitting}
    if fitting == step:
        return keys, (), ()
    return keys, (), (f"its step is {fitting} s, not {step} s: the size of a window is a multiple of its step (domain 6.2)",)


def _greatest_divisor(number: int, most: int) -> int:
    small = (divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0)
    return max(divisor for pair in small for divisor in (pair, number // pair) if divisor <= most)


def _halves(value: str) -> list[str]:
    """Size and step between which there is a colon as there is within each."""
    parts = value.split(":")
    cut = {2: 1, 4: 3, 6: 3}.get(len(parts))
    return [":".join(parts[:cut]), ":".join(parts[cut:])] if cut else []


def _seconds(text: str) -> int:
    if found := _CLOCK.fullmatch(text):
        return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    raise Refused(f"{text!r} is neither a whole number of seconds nor a time as H:MM:SS")


def _told(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _selection(value: str, _: str | None) -> _Read:
    if not re.fullmatch(r"\d{1,9}", value):
        raise Refused(f"{value!r} is not a number of actions, such as 50")
    return {"count": int(value)}, (), ()


def _since_login(_: str, __: str | None) -> _Read:
    raise Refused("campaigns do not log in, only agents do; since_activation is what comes nearest: from a campaign's last activation on")


_KINDS: Final[Mapping[str, Callable[[str, str | None], _Read]]] = {
    "growing": _growing,
    "sliding": _sliding,
    "selection": _selection,
    "sincelogin": _since_login,
}


def read_ranges(export: Export, refused: list[Remark]) -> list[Range]:
    """The ranges of ``[TimeRanges]``, in their order, the default one without a suffix; without any, the one that is built in."""
    section, names, found = export.named("TimeRanges"), Names(), []
    for option in section.options.values():
        low, _, high = option.text.partition("-")
        try:
            found.append(make_range(option.name, low, high))
        except Refused as reason:
            refused.append(Remark(option.line, f"[{section.name}] {option.told}", str(reason)))
    ranges = found or [Range(DEFAULT, *_BUILT_IN_RANGE)]
    return [Range(one.name, one.low, one.high, "" if is_default(one.name) else names.give(one.name, "range")) for one in ranges]


def make_range(name: str, low: str, high: str) -> Range:
    """A range of two texts.

    Raises:
        Refused: they are not seconds, or not in order.
    """
    numbers = _number(low), _number(high)
    if numbers[0] >= numbers[1]:
        raise Refused(_NO_RANGE)
    return Range(name, *numbers)


def _number(text: str) -> Number:
    found = _SECONDS.fullmatch(text.strip())
    if found is None:
        raise Refused(_NO_RANGE)
    return float(found[0]) if found[2] and int(found[2]) else int(found[1])


def is_default(name: str) -> bool:
    """Whether a profile or a range is the one that is taken when none is named."""
    return name.casefold() == DEFAULT.casefold()


def read_filters(filters: Section) -> list[Remark]:
    """Why none of ``[Filters]`` is taken over."""
    reason = (
        "a filter asks for what is attached to a call, which events of campaigns do not carry; Stat Server, too, ignores filters on "
        "statistics of campaigns. By call result, list, group, attempt or dial mode, a statistic can be filtered with `where`"
    )
    return [Remark(option.line, f"[{filters.name}] {option.told}", reason) for option in filters.options.values()]
