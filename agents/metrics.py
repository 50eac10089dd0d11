"""Metrics of what is counted (prometheus-client), by agent; updated once a chunk."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import Counter, Gauge

from engine.ledger import Ledger

DEAD_LETTERS: Final = Counter("dialstat_dead_letters_total", "Records that were set aside, by reason.", ["reason"])
RECENT_LETTERS: Final = Gauge(
    "dialstat_recent_dead_letters", "Dead letters among the last records that dead_letter_limit looks at.", ["topic", "partition"]
)
LETTER_LIMIT: Final = Gauge(
    "dialstat_dead_letter_limit", "Recent dead letters of a partition beyond which the worker stops; 0 is no limit."
)
ANOMALIES: Final = Counter("dialstat_anomalies_total", "Events that can't be in their group's status, by kind.", ["kind"])
CLAMPED: Final = Counter("dialstat_clamped_total", "Late control events whose time was lifted, by kind.", ["kind"])
DUPLICATES: Final = Counter("dialstat_duplicate_leads_total", "Leads that were reported again.")
OTHERS: Final = Counter(
    "dialstat_breakdown_other_total", "Events beyond the limit of a breakdown, which are counted as other, by statistic.", ["statistic"]
)
ACTIONS: Final = Counter("dialstat_actions_total", "Actions published.")
REPORTS: Final = Counter("dialstat_reports_total", "Reports published, by agent.", ["agent"])
DELAY: Final = Gauge("dialstat_event_delay_seconds", "Clock less the latest event time applied.", ["partition"])
OBJECTS: Final = Gauge("dialstat_objects", "Objects that statistics are held for.", ["agent", "partition"])
COUNTS: Final = Gauge("dialstat_counts_bytes", "Memory of the counts of all windows and panes.", ["agent", "partition"])
WINDOWS: Final = Gauge("dialstat_windows", "Windows and panes that are held, of all profiles and objects.", ["agent", "partition"])
NAMED: Final = Gauge(
    "dialstat_named_objects", "Objects, or combinations of them, that a topic has named: what object_limit limits.", ["topic", "partition"]
)
DEFINITIONS: Final = Gauge("dialstat_definitions", "What the definitions ask for at most, by the setting that limits it.", ["limit"])
CHAINS: Final = Gauge("dialstat_chains", "Chains that are remembered.", ["partition"])


def note_letters(reasons: Iterable[str]) -> None:
    """The reasons of a chunk's dead letters."""
    for reason, count in Counts(reasons).items():
        DEAD_LETTERS.labels(reason).inc(count)


class StateMetrics:
    """The metrics of one agent's state of one partition, bound once."""

    def __init__(self, agent: str, partition: int) -> None:
        self._objects = OBJECTS.labels(agent, str(partition))
        self._counts = COUNTS.labels(agent, str(partition))
        self._reports = REPORTS.labels(agent)

    def note(self, ledger: Ledger, reports: int) -> None:
        """After a chunk that published ``reports``."""
        self._objects.set(len(ledger.directory.objects))
        self._counts.set(ledger.cells.nbytes)
        self._reports.inc(reports)


_COUNTERS: Final[Mapping[str, Callable[[str, int], None]]] = {
    "anomalies": lambda kind, count: ANOMALIES.labels(kind).inc(count),
    "clamped": lambda kind, count: CLAMPED.labels(kind).inc(count),
    "duplicates": lambda _, count: DUPLICATES.inc(count),
    "others": lambda statistic, count: OTHERS.labels(statistic).inc(count),
}


def note_counters(counters: Mapping[tuple[str, str], int]) -> None:
    """Counters of a chunk's effects, by (name, label)."""
    for (name, label), count in counters.items():
        _COUNTERS[name](label, count)
