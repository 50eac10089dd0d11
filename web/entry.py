"""What the board knows of one object: its latest report under each profile, its state, its curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from web.curve import Curve, as_json

Report = Mapping[str, Any]
"""A StatisticReport in the offline form (contract 2, 4)."""

_STATE_PROFILE: Final = "now"
_CURVE_PROFILE: Final = "today"


class Identity(NamedTuple):
    """Which object a report is of."""

    object_type: str
    tenant: str
    campaign: str | None
    group: str | None
    calling_list: str | None

    @classmethod
    def of(cls, report: Report) -> Identity:
        """The object of a report."""
        return cls(
            report["object_type"], report.get("tenant") or "", report.get("campaign"), report.get("group"), report.get("calling_list")
        )


class Panel:
    """The latest report under one profile, and since which version of the board each of its values is what it is."""

    __slots__ = ("as_of", "changed", "final", "moved", "values", "window_start")

    def __init__(self) -> None:
        self.window_start = self.as_of = -1
        self.final = False
        self.values: dict[str, float | None] = {}
        self.changed: dict[str, int] = {}
        self.moved = 0

    def outdates(self, report: Report) -> bool:
        """Whether the report is older than what is known: of a window that has passed, or of an earlier instant of this one.

        The final report of the window shown is kept until the next window has one of its own.
        """
        return bool(report["window_start"] < self.window_start or report["as_of"] < self.as_of)

    def take(self, report: Report, version: int) -> None:
        """Make the report the latest one; a value that it lacks becomes null."""
        moved = (report["window_start"], report["as_of"], bool(report.get("final")))
        if moved != (self.window_start, self.as_of, self.final):
            (self.window_start, self.as_of, self.final), self.moved = moved, version
        values = report["values"]
        for name in self.values.keys() - values.keys():
            values = {**values, name: None}
        for name, value in values.items():
            if name not in self.values or self.values[name] != value:
                self.values[name], self.changed[name] = value, version

    def since(self, version: int) -> dict[str, Any] | None:
        """What changed after ``version``; None if nothing did."""
        values = {name: value for name, value in self.values.items() if self.changed[name] > version}
        if not values and self.moved <= version:
            return None
        return {"window_start": self.window_start, "as_of": self.as_of, "final": self.final, "values": values}


class Entry:
    """One object on the board; ``version`` is the board's at its last change."""

    __slots__ = ("_curve", "_panels", "_state", "_state_from", "_state_version", "identity", "version")

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.version = 0
        self._panels: dict[str, Panel] = {}
        self._state: Mapping[str, Any] | None = None
        self._state_from: tuple[str, int] = (_STATE_PROFILE, -1)
        self._state_version = 0
        self._curve = Curve() if identity.object_type == "Campaign" else None

    def apply(self, report: Report, version: int) -> bool:
        """Take a report; False if it is older than what is known."""
        profile = report["profile"]
        panel = self._panels.get(profile) or Panel()
        if panel.outdates(report):
            return False
        panel.take(report, version)
        self._panels[profile] = panel
        self._take_state(report, version)
        if self._curve is not None and profile == _CURVE_PROFILE:
            self._curve.add(report["window_start"], report["as_of"], report["values"], version)
        self.version = version
        return True

    def since(self, version: int) -> dict[str, Any]:
        """The object and what changed after ``version``."""
        known = {profile: panel.since(version) for profile, panel in self._panels.items()}
        return {
            **self.identity._asdict(),
            **({"state": self._state} if self._state_version > version else {}),
            "profiles": {profile: changes for profile, changes in known.items() if changes is not None},
            **as_json(self._curve, version),
        }

    def _take_state(self, report: Report, version: int) -> None:
        """State comes under whatever profile lists it: only the one that gave it can take it away."""
        state, (profile, as_of) = report.get("state"), self._state_from
        if (state is None and report["profile"] != profile) or report["as_of"] < as_of:
            return
        self._state_from = (report["profile"], report["as_of"])
        if state != self._state or self._state_version == 0:
            self._state, self._state_version = state, version
