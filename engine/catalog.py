"""The domain's tables as values: actions, call results, dial modes, event kinds and objects (domain 1, 2, 4).

The tables themselves are the CSV files in ``engine/tables``; nothing here repeats their contents.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class ObjectType(StrEnum):
    """What a statistic is computed for (domain 1), in the order of the contract's enum."""

    CAMPAIGN = "Campaign"
    CAMPAIGN_GROUP = "CampaignGroup"
    CALLING_LIST = "CallingList"
    CAMPAIGN_CALLING_LIST = "CampaignCallingList"


class ActionKind(StrEnum):
    """How an action relates to time (domain 4.1, 4.7)."""

    DURABLE = "durable"
    INSTANT = "instant"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Action:
    """One of the actions of the field; ``index`` is its row in ``actions.csv``, from 0."""

    index: int
    name: str
    kind: ActionKind
    family: str
    objects: frozenset[ObjectType]


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call result code with the actions it causes (domain 4.2, 4.3); ``outbound`` false is invalid (4.5)."""

    code: int
    name: str
    outbound: bool
    dial_action: str | None
    lead_action: str | None
    outcome_group: str | None


def _rows(table: str) -> Iterator[dict[str, str]]:
    text = files("engine").joinpath("tables", table).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines()))


def _load_actions() -> tuple[Action, ...]:
    return tuple(
        Action(
            index=index,
            name=row["action"],
            kind=ActionKind(row["kind"]),
            family=row["family"],
            objects=frozenset(ObjectType(name) for name in row["objects"].split(";")),
        )
        for index, row in enumerate(_rows("actions.csv"))
    )


def _load_call_results() -> Mapping[int, CallResult]:
    return {
        int(row["code"]): CallResult(
            code=int(row["code"]),
            name=row["name"],
            outbound=row["outbound"] == "yes",
            dial_action=row["dial_action"] or None,
            lead_action=row["lead_action"] or None,
            outcome_group=row["outcome_group"] or None,
        )
        for row in _rows("call_results.csv")
    }


ACTIONS = _load_actions()
ACTION_BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}
CALL_RESULTS = _load_call_results()
DIAL_MODES = tuple(row["dial_mode"] for row in _rows("dial_modes.csv"))

RESULT_KINDS = ("CallCompleted", "LeadProcessed")
EVENT_KINDS = (
    *(row["event"] for row in _rows("stat_events.csv") if row["event"] not in RESULT_KINDS),
    "ProcessingCompleted",
    "GroupRemoved",
)
"""Kinds of ``campaign-events`` in the order of the contract's enum: the dialer's 18, then ours (domain 2.1)."""

CONTROL_KINDS = frozenset(EVENT_KINDS[:13]) | {"GroupRemoved"}
"""Kinds that drive the status machine of a group and so must name it (domain 3.4)."""

ALIASES: Mapping[str, str] = {"lead0k": "leadok"}
"""Other names of actions, in lower case (domain 4.10)."""
_BY_FOLDED_NAME = {action.name.casefold(): action for action in ACTIONS}


def find_action(name: str) -> Action | None:
    """The action of that name, case aside, `Lead0k` accepted for LeadOk (domain 4.10); None if there is none."""
    folded = name.strip().casefold()
    return _BY_FOLDED_NAME.get(ALIASES.get(folded, folded))
