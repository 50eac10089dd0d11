"""Test cases of definitions: events in, values expected, one TOML file a case (read and run by ``dialstat definitions test``)."""

from __future__ import annotations

import contextlib
import io
import json
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from agents.replay import run_replay
from engine.campaigns import Limits
from engine.definitions import Definitions
from engine.toml import TomlError, read_toml

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLOSE: Final = 1e-9
"""How far a value may be from the expected one, relatively: what is left of writing a number down."""

NO_VALUE: Final = "none"


class CaseError(ValueError):
    """A file that is not a test case; the message says where and what was expected."""


def _clock(value: object) -> object:
    """TOML's own times are taken as they are; text may be a time of day or a date and time."""
    if isinstance(value, time | datetime):
        return value
    for read in (time.fromisoformat, datetime.fromisoformat):
        with contextlib.suppress(TypeError, ValueError):
            return read(value)  # type: ignore[arg-type]
    raise ValueError(f'expected a time such as "10:05:00", or a date and time such as "2026-01-05T10:05:00+01:00", got {value!r}')


When: TypeAlias = Annotated[time | datetime, BeforeValidator(_clock)]
"""A time of the case's day, or a date and time; UTC unless it says otherwise."""

ObjectType: TypeAlias = Literal["Campaign", "CampaignGroup", "CallingList", "CampaignCallingList"]


class CaseEvent(BaseModel):
    """An event: when it happened, how many times over, and the fields of the contract's records."""

    model_config = ConfigDict(extra="allow")
    at: When
    times: int = Field(default=1, ge=1, le=100_000)


class Expectation(BaseModel):
    """What an object shows: ``at`` an instant, or in the last report of the window that ``closed`` at one.

    As in a replay, what is shown at an instant is what was known before the events of that very instant (contract 4).
    """

    model_config = ConfigDict(extra="forbid")
    at: When | None = None
    closed: When | None = None
    profile: str
    tenant: str = ""
    campaign: str | None = None
    group: str | None = None
    calling_list: str | None = None
    values: dict[str, float | Literal["none"]] = Field(default_factory=dict)
    status: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.at is None) == (self.closed is None):
            raise ValueError("say either `at` or `closed`")
        if self.campaign is None and (self.group is not None or self.calling_list is None):
            raise ValueError("name a campaign, a campaign and a group, a campaign and a calling_list, or a calling_list")
        return self

    @property
    def object_type(self) -> ObjectType:
        """The type of the object that the names stand for (domain 1)."""
        if self.campaign is None:
            return "CallingList"
        return "CampaignGroup" if self.group else "CampaignCallingList" if self.calling_list else "Campaign"


class Case(BaseModel):
    """One test case. ``common`` are fields of every event that does not name them itself; times of day are those of ``day``."""

    model_config = ConfigDict(extra="forbid")
    description: str = ""
    day: date = date(2026, 1, 5)
    common: dict[str, Any] = Field(default_factory=dict)
    events: list[CaseEvent] = Field(min_length=1)
    expect: list[Expectation] = Field(min_length=1)
    dead_letters: list[str] = Field(default_factory=list)

    def ms(self, when: time | datetime) -> int:
        """Milliseconds since the epoch."""
        moment = datetime.combine(self.day, when) if isinstance(when, time) else when
        return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)

    def lines(self) -> Iterator[dict[str, Any]]:
        """The events in the offline form (contract 4), each with an event_id of its own."""
        number = 0
        for event in self.events:
            for _ in range(event.times):
                number += 1
                fields = {**self.common, **(event.model_extra or {})}
                yield {"event_id": f"event-{number}", **fields, "occurred_at": self.ms(event.at)}


def read_case(path: Path) -> Case:
    """Read a test case.

    Raises:
        OSError: the file can't be read.
        CaseError: it is not a test case; every mistake in it is told.
    """
    try:
        return Case.model_validate(read_toml(path.read_text(encoding="utf-8")))
    except (TomlError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        places = (".".join(map(str, one["loc"])) or "the case" for one in error.errors())
        raise CaseError("\n".join(f"{path}: {place}: {one['msg']}" for place, one in zip(places, error.errors(), strict=True))) from error


def run_case(case: Case, definitions: Definitions, limits: Limits) -> list[str]:
    """What is not as expected, in words; nothing if all is."""
    instants = sorted({case.ms(one.at) for one in case.expect if one.at is not None})
    source = io.BytesIO(b"".join(json.dumps(line, default=str).encode() + b"\n" for line in case.lines()))
    with tempfile.TemporaryDirectory() as folder:
        run_replay(source, definitions, limits, instants, Path(folder), lambda _: None)
        reports, letters = (_read(Path(folder) / name) for name in ("statistics.jsonl", "dead_letters.jsonl"))
    wrong = [difference for one in case.expect for difference in _differences(case, one, reports)]
    reasons = [letter["reason"] for letter in letters]
    if reasons != case.dead_letters:
        details = "; ".join(f"line {letter['line']}: {letter['detail']}" for letter in letters)
        wrong.append(f"dead letters are {reasons}, expected {case.dead_letters}" + (f" ({details})" if details else ""))
    return wrong


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _differences(case: Case, expected: Expectation, reports: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    names = (expected.object_type, expected.tenant, expected.campaign, expected.group, expected.calling_list, expected.profile)
    when = expected.closed if expected.at is None else expected.at
    assert when is not None
    wanted = (*names, case.ms(when), expected.at is None)
    label = " ".join([*filter(None, names[1:5]), f"({names[0]}) under {expected.profile}", "at" if expected.at else "closed", str(when)])
    found = [report for report in reports if _key(report) == wanted]
    if not found:
        yield f"{label}: there is no such report"
        return
    report = found[-1]
    status = report["state"] and report["state"]["status"]
    if expected.status is not None and status != expected.status:
        yield f"{label}: the status is {status}, expected {expected.status}"
    for name, value in expected.values.items():
        if name not in report["values"]:
            yield f"{label}: there is no statistic {name}; there are {', '.join(report['values']) or 'none'}"
        elif not _same(report["values"][name], value):
            yield f"{label}: {name} is {_told(report['values'][name])}, expected {_told(value)}"


def _key(report: Mapping[str, Any]) -> tuple[object, ...]:
    fields = ("object_type", "tenant", "campaign", "group", "calling_list", "profile", "as_of", "final")
    return tuple(report[field] for field in fields)


def _same(found: float | None, expected: float | str) -> bool:
    if found is None or isinstance(expected, str):
        return found is None and expected == NO_VALUE
    return math.isclose(found, expected, rel_tol=_CLOSE, abs_tol=_CLOSE)


def _told(value: float | str | None) -> str:
    return NO_VALUE if value is None else value if isinstance(value, str) else f"{value:.12g}"
