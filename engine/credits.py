"""What an event is credited with, as small numbers: the currency in which columns of events are counted.

A credit code stands for the instant actions that one event causes (domain 4.2-4.8). Code 0 credits the event itself and
nothing else: a duplicate lead, a control event, an event without effect (4.9). The codes travel in list deltas, so they are
fixed: extend at the end.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np

from engine.catalog import ACTION_BY_NAME, ACTIONS, CALL_RESULTS, ObjectType

OBJECT_TYPES: Final = tuple(ObjectType)
"""Object types by number: the order of the contract's enum."""

CAMPAIGN, CAMPAIGN_GROUP, CALLING_LIST, CAMPAIGN_CALLING_LIST = range(4)

COLUMNS: Final = len(ACTIONS) + 1
"""Width of a row of counts: one column per action, by its index, and one for the events credited."""

CREDITED: Final = len(ACTIONS)
"""The column that counts events credited to the object (domain 7.4)."""

EVENT_ONLY: Final = 0
CALL: Final = 1
"""Code of CallCompleted(0); that of CallCompleted(r) is ``CALL + r``."""
LEAD: Final = CALL + len(CALL_RESULTS)
"""Code of LeadProcessed(0); that of LeadProcessed(r) is ``LEAD + r``."""
_OTHERS = LEAD + len(CALL_RESULTS)

OF_EVENT_KIND: Final = MappingProxyType(
    {
        ("CallbackScheduled", False): _OTHERS,
        ("CallbackCompleted", False): _OTHERS + 1,
        ("CallbackMissed", False): _OTHERS + 2,
        ("CallbackScheduled", True): _OTHERS + 3,
        ("CallbackCompleted", True): _OTHERS + 4,
        ("CallbackMissed", True): _OTHERS + 5,
        ("AgentError", False): _OTHERS + 6,
    }
)
"""Code of the events that cause one instant action, by kind and whether the callback is personal (domain 4.6)."""

NOT_PROCESSED_OF_LIST: Final = _OTHERS + 7
NOT_PROCESSED_OF_CAMPAIGN: Final = _OTHERS + 8
"""RecordsNotProcessed (domain 4.8): the count is the number of records; the event itself is credited apart, by ``EVENT_ONLY``."""

CODES: Final = _OTHERS + 9


def _instants_of(code: int) -> tuple[str, ...]:
    if CALL <= code < LEAD:
        second = CALL_RESULTS[code - CALL].dial_action
        return ("DialMade", second) if second else ("DialMade",)
    if LEAD <= code < _OTHERS:
        second = CALL_RESULTS[code - LEAD].lead_action
        return ("LeadProcessed", second) if second else ("LeadProcessed",)
    for (kind, personal), known in OF_EVENT_KIND.items():
        if known == code:
            return (f"Personal{kind}" if personal else kind,)
    if code in {NOT_PROCESSED_OF_LIST, NOT_PROCESSED_OF_CAMPAIGN}:
        return ("RecordsNotProcessed",)
    return ()


INSTANTS: Final = tuple(_instants_of(code) for code in range(CODES))
"""Names of the actions that each code stands for, in their order of publication (domain 4.1)."""

SINK: Final = COLUMNS
"""A column beyond the last: credits that an object does not see land there."""


def _column_table() -> np.ndarray[tuple[int, int, int], np.dtype[np.int64]]:
    table = np.full((CODES, len(OBJECT_TYPES), 3), SINK, dtype=np.int64)
    only = {NOT_PROCESSED_OF_LIST: CALLING_LIST, NOT_PROCESSED_OF_CAMPAIGN: CAMPAIGN}
    for code in range(CODES):
        for kind in range(len(OBJECT_TYPES)):
            if code in only:
                if only[code] == kind:
                    table[code, kind, 0] = ACTION_BY_NAME["RecordsNotProcessed"].index
                continue
            table[code, kind, 0] = CREDITED
            for place, name in enumerate(INSTANTS[code], start=1):
                table[code, kind, place] = ACTION_BY_NAME[name].index
    return table


COLUMN_TABLE: Final = _column_table()
"""Columns that a credit of a code raises in an object of a type, shape (codes, types, 3); ``SINK`` where there is none."""
