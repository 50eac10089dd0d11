"""What the page costs and whom it serves, as Prometheus metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

OBJECTS = Gauge("dialstat_board_objects", "Objects that the page shows")
CONNECTIONS = Gauge("dialstat_board_connections", "Connections to the server of page, metrics and health")
TURNED_AWAY = Counter(
    "dialstat_board_turned_away_total", "Pages and connections that were too many, by the setting that limits them", ["limit"]
)
MALFORMED = Counter("dialstat_board_malformed_requests_total", "Requests that are no HTTP, refused with their connection")
WATCHERS = Gauge("dialstat_board_watchers", "Pages that are open now")
DROPPED_WATCHERS = Counter(
    "dialstat_board_dropped_watchers_total", "Pages cut off because they did not keep up; they come back by themselves"
)
REPORTS = Counter("dialstat_board_reports_total", "Reports read for the page")
UNREADABLE = Counter("dialstat_board_unreadable_total", "Records on the statistics topics that are no report")
