"""The page of statistics, made from the tables that the engine computes by: categories, profiles, objects (domain 5.2, 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from engine.catalog import ACTIONS, ObjectType
from engine.categories import CATEGORIES, FORMULA, SELECTABLE, Category
from engine.dimensions import Dimension
from engine.slice_definitions import DEFAULT_LIMIT, SLICEABLE

ABOUT: Final[Mapping[str, tuple[str, str]]] = {
    "TotalNumber": ("instants in the window, each with its count, and durable actions that ended in it", "5.2, 4.8"),
    "TotalTime": ('time inside the window, the running part included; `durations = "completed"` leaves it out', "5.2, 5.3"),
    "TotalAdjustedNumber": ("durable actions that ended in the window", "5.2"),
    "TotalAdjustedTime": ("sum of the whole durations of the durable actions that ended in the window", "5.2"),
    "AverageTime": ("mean duration of the durable actions that ended in the window", "5.2, 5.4"),
    "MaxTime": ("longest duration of the durable actions that ended in the window", "5.2, 5.4"),
    "MinTime": ("shortest duration of the durable actions that ended in the window", "5.2, 5.4"),
    "TotalNumberInTimeRange": ("durable actions that ended in the window with a duration in `range`", "5.2"),
    "TotalNumberInTimeRangePercentage": ("share with a duration in `range`, of the durable actions that ended in the window", "5.2, 5.4"),
    "TotalTimeInTimeRange": ("sum of the durations in `range`, of the durable actions that ended in the window", "5.2"),
    "RelativeNumberPercentage": ("100 × TotalNumber of `main` ÷ TotalNumber of `relative`", "5.2, 5.4"),
    "RelativeNumber": ("TotalNumber of `main` ÷ TotalNumber of `relative`", "5.2, 5.4"),
    "RelativeTimePercentage": ("100 × TotalTime of `main` ÷ TotalTime of `relative`", "5.2-5.4"),
    "ElapsedTimePercentage": ("100 × TotalTime ÷ length of the window so far", "5.2-5.4"),
    "TotalNumberPerSecond": ("TotalNumber ÷ seconds of the window so far", "5.2, 5.4"),
    "AverageNumberPerRelativeHour": ("TotalNumber of `main` ÷ hours of TotalTime of `relative`", "5.2-5.4"),
    "MaxNumber": ("greatest CurrentNumber over the window", "5.2, 5.4"),
    "MinNumber": ("least CurrentNumber over the window", "5.2, 5.4"),
    "AverageOfCurrentNumber": ("mean of CurrentNumber over the time of the window", "5.2, 5.4"),
    "AverageOfCurrentTime": ("mean of CurrentTime over the time of the window", "5.2, 5.4"),
    "CurrentNumber": ("durable actions in progress; of RecordsScheduled its value", "5.2, 4.7"),
    "CurrentTime": ("sum of the times for which durable actions have been in progress", "5.2"),
    "CurrentMaxTime": ("longest time for which a durable action has been in progress", "5.2, 5.4"),
    "CurrentMinTime": ("shortest time for which a durable action has been in progress", "5.2, 5.4"),
    "CurrentAverageTime": ("mean of the times for which durable actions have been in progress", "5.2, 5.4"),
    "CurrentNumberInTimeRange": ("durable actions that have been in progress for a time in `range`", "5.2"),
    "CurrentNumberInTimeRangePercentage": ("share of the durable actions in progress that have been so for a time in `range`", "5.2, 5.4"),
    "CurrentRelativeNumberPercentage": ("100 × CurrentNumber of `main` ÷ CurrentNumber of `relative`", "5.2, 5.4"),
    "CurrentRelativeTimePercentage": ("100 × CurrentTime of `main` ÷ CurrentTime of `relative`", "5.2, 5.4"),
    "CurrentContinuousTime": ("time since the status entered `main`; 0 outside", "5.2"),
    "CurrentState": ("status, dial mode and conditions with their begins, in the report's `state`", "5.2"),
    "EstimTimeToComplete": ("RecordsScheduled ÷ (LeadProcessed ÷ seconds of the window so far)", "5.2, 5.6"),
    FORMULA: ("an expression over other statistics", "5.2"),
}
"""By category: what it is, told so that it can stand alone, and the clauses that say so."""

_HEAD: Final = """# Statistics

<!-- Made by `dialstat definitions reference > docs/statistics.md` from the engine's own tables; change those instead. -->

A statistic is a category of actions, chosen by masks, for objects, under profiles. Times are seconds, percentages 0 to 100.
A ratio without a denominator, and a mean, greatest or least of nothing, is null, or what `empty` says.

"""

_PROFILES: Final = """
## Profiles

| kind | window | keys | objects | clause |
|---|---|---|---|---|
| `growing` | from the last reset, by the wall clock of a time zone, to now | `reset`, `timezone` | all | 6.1 |
| `sliding` | the last `size`, moved on in steps of `step` | `size`, `step` | all | 6.2 |
| `selection` | the last `count` actions of the relative mask, or of the main one where there is none | `count` | all | 6.3 |
| `since_activation` | since the campaign, for a group the group, last left StatusDeactivated | – | all but CallingList | 6.4 |
| `campaign_period` | successive periods of `days` × 24 hours from the campaign's first activation on | `days` | all but CallingList | 6.5 |
| `now` (built in) | none: the present | – | all | 5.6 |

Every kind takes `publish` (`change`, `interval`, `reset`), `min_interval` and `interval` (domain 7.2, 7.3).
Windows of `growing`, `since_activation` and `campaign_period` are published once more when they close, as final, and again with
the next revision when a late event changes them (6.6, 7.4).

What is defined while a site runs begins with the history that is held: a new profile is filled from the panes and windows of the others,
a new statistic under a profile that was there from its counts. `complete_from` in a report names the statistics of which that does not
reach back to the window's start, with the instant from which everything is counted; a breakdown, or a selection of other actions,
begins when it is defined.
"""


_DIMENSIONS: Final[Mapping[Dimension, tuple[str, str]]] = {
    Dimension.CALL_RESULT: ("the result of a call or lead", "the name or the code of an outbound call result"),
    Dimension.GROUP: ("the group that the event names", "text"),
    Dimension.CALLING_LIST: ("the list that the event names", "text"),
    Dimension.ATTEMPT: ("`attempt` of the call or lead", "a whole number"),
    Dimension.DIAL_MODE: (
        "the mode in force in the event's group when it happened, by the control events that were applied before it",
        "the name of a dial mode",
    ),
}

_SLICES: Final = """
## Filters and breakdowns

{categories} count instants, and can be filtered by what events carry, with `where`, and broken down by it, with `by`:

```toml
[statistic.FirstAttempts]
category = "TotalNumber"
main = "DialMade"
where = {{ attempt = 1, dial_mode = ["Predict", "Progress"] }}
by = ["call_result"]
limit = 20
profiles = ["today"]
```

| dimension | what it is | values in `where` |
|---|---|---|
{dimensions}

All conditions must hold; `""` stands for events that have none. Both masks count only what meets them. A report holds the value of all,
and one of each combination of values counted in the window, named `FirstAttempts{{call_result="Busy"}}`, the value being JSON text.
Each object tells `limit` combinations apart ({limit} if it does not say): those that came first of all its events that meet the
conditions, also of those that the masks do not name (a callback has no call result and so takes a place by `call_result`, the lead of a
dial has its own). What is beyond is `FirstAttempts{{other}}`, and is counted by the metric `dialstat_breakdown_other_total`. Of statistics
that are filtered and broken down alike the greatest limit holds. Durable actions carry none of this and are not counted here; profiles
of the kind `selection` can't have it.
"""


def reference() -> str:
    """The page, Markdown; ``docs/statistics.md`` is this text."""
    lines = [
        "## Categories",
        "",
        "| category | value | computed of | objects | profiles | clause |",
        "|---|---|---|---|---|---|",
        *_rows(),
    ]
    dimensions = "\n".join(f"| `{name}` | {what} | {values} |" for name, (what, values) in _DIMENSIONS.items())
    slices = _SLICES.format(categories=", ".join(f"`{name}`" for name in SLICEABLE), dimensions=dimensions, limit=DEFAULT_LIMIT)
    return _HEAD + "\n".join(lines) + "\n" + _PROFILES + slices


def _rows() -> Iterator[str]:
    for name, (what, clauses) in ABOUT.items():
        category = CATEGORIES.get(name)
        cells = (f"`{name}`", what, _actions(category), _objects(category), _profiles(name, category), clauses)
        yield "| " + " | ".join(cells) + " |"


def _actions(category: Category | None) -> str:
    if category is None:
        return "statistics"
    kinds = f"{category.family} actions" if category.family else " and ".join(sorted(category.uses))
    return f"{kinds}; `relative` of {' and '.join(sorted(category.relative_uses))}" if category.relative_uses else kinds


def _objects(category: Category | None) -> str:
    if category is None:
        return "those of all that it names"
    able = frozenset[ObjectType]().union(*(action.objects for action in ACTIONS if category.can_use(action)))
    if category.relative_uses:
        able &= frozenset[ObjectType]().union(*(action.objects for action in ACTIONS if category.can_use(action, relative=True)))
    return "all" if able == frozenset(ObjectType) else ", ".join(sorted(able))


def _profiles(name: str, category: Category | None) -> str:
    if category is not None and category.present:
        return "all but selection; now if none is named"
    windows = "all" if name in SELECTABLE else "all but selection"
    return f"{windows}; now if none is named" if category is None else f"{windows}, not now"
