"""What the page costs and whom it serves, as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

WATCHERS = Gauge("dialstat_board_watchers", "Pages that are open now")
DROPPED_WATCHERS = Counter(
    "dialstat_board_dropped_watchers_total", "Pages cut off because they did not keep up; they come back by themselves"
)
REPORTS = Counter("dialstat_board_reports_total", "Reports read for the page")
UNREADABLE = Counter("dialstat_board_unreadable_total", "Records on the statistics topics that are no report")
