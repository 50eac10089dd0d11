"""Every limit with its setting, what happens beyond it, and where it is seen: the page of limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from topologies.describe import default_of
from topologies.settings import Settings


class Limit(NamedTuple):
    """What a setting limits, what is done beyond it, and the metrics that show how near it is."""

    of: str
    beyond: str
    metrics: tuple[str, ...]


def _letter(reason: str) -> str:
    return f"the record becomes a dead letter, `{reason}`"


_REFUSED: Final = "refused when a worker starts, and by `dialstat definitions check`"
_STOPS: Final = "the worker stops with a message; nothing of the chunk is written"
_COME_AGAIN: Final = "answered with 503, the limit and when to come again"
_TURNED_AWAY: Final = "dialstat_board_turned_away_total"
_LETTERS: Final = "dialstat_dead_letters_total"

LIMITS: Final[Mapping[str, Limit]] = {
    "record_limit": Limit("bytes of an input record: key, value, headers", _letter("too_large"), (_LETTERS,)),
    "name_limit": Limit("bytes of a name: tenant, campaign, group, list, event_id, chain_id", _letter("name_too_long"), (_LETTERS,)),
    "object_limit": Limit(
        "campaigns, groups and lists of campaigns that one input topic names in a partition",
        _letter("too_many_objects"),
        ("dialstat_named_objects", _LETTERS),
    ),
    "future_limit": Limit("how far ahead of the worker's clock an event may be", _letter("future"), (_LETTERS,)),
    "dead_letter_limit": Limit(
        "dead letters among the last records of an input partition", _STOPS, ("dialstat_recent_dead_letters", "dialstat_dead_letter_limit")
    ),
    "chain_limit": Limit("chains that are remembered of a partition", _STOPS, ("dialstat_chains",)),
    "window_limit": Limit("windows and panes that an agent holds of a partition", _STOPS, ("dialstat_windows",)),
    "statistic_limit": Limit("statistics of the definitions", _REFUSED, ("dialstat_definitions",)),
    "profile_limit": Limit("profiles of the definitions", _REFUSED, ("dialstat_definitions",)),
    "pane_limit": Limit("steps of one sliding window", _REFUSED, ("dialstat_definitions",)),
    "value_limit": Limit("values of one report, breakdowns at their limits included", _REFUSED, ("dialstat_definitions",)),
    "page_limit": Limit("pages that are open at a time on a worker", _COME_AGAIN, ("dialstat_board_watchers", _TURNED_AWAY)),
    "connection_limit": Limit(
        "connections at a time to a worker's page, metrics and health", _COME_AGAIN, ("dialstat_board_connections", _TURNED_AWAY)
    ),
    "board_limit": Limit(
        "objects that the page shows",
        "those silent for longest are left out; the foot of the page says how many",
        ("dialstat_board_objects",),
    ),
}
"""By setting."""


def limits_table() -> str:
    """All limits as a table, Markdown; ``docs/limits.md`` has it."""
    return "\n".join(["| setting | default | of what | beyond it | metrics |", "|---|---|---|---|---|", *map(_row, LIMITS)]) + "\n"


def _row(name: str) -> str:
    limit = LIMITS[name]
    metrics = ", ".join(f"`{metric}`" for metric in limit.metrics)
    return f"| `{name}` | `{default_of(Settings.model_fields[name])}` | {limit.of} | {limit.beyond} | {metrics} |"
