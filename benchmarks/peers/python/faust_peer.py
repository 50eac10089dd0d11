"""Stock Faust, as its guide writes it: agents that take event by event and count in tables, a timer that publishes what changed.

Its own windows follow the wall clock and forget; so the windows are part of the tables' keys, as those write it who need event time.
"""

from __future__ import annotations

import sys
from typing import Any

import faust
import work

place = work.place()
app = faust.App(
    f"{place.prefix}app",
    broker=f"kafka://{place.bootstrap}",
    store="memory://",
    topic_partitions=4,
    topic_replication_factor=1,
    table_standby_replicas=0,
    broker_commit_interval=1.0,
    web_enabled=False,
    datadir=place.folder,
)
calls = app.topic(place.topic, key_serializer="raw", value_serializer="raw")
parts = app.topic(f"{place.prefix}list-parts", key_serializer="raw", value_serializer="json")
actions = app.topic(f"{place.prefix}actions", key_serializer="raw", value_serializer="raw")
statistics = app.topic(f"{place.prefix}statistics", key_serializer="raw", value_serializer="json")
of_campaigns = app.Table("campaigns", default=dict, partitions=4)
of_lists = app.Table("lists", default=dict, partitions=4)
changed: dict[str, dict[str, Any]] = {}


def add(table: Any, of: work.Object, profile: str, start: int, names: tuple[str, ...]) -> None:  # noqa: ANN401 - Faust is not typed
    """Count actions in a window."""
    key = f"{profile}\t{of[0]}\t{of[1]}\t{start}"
    values = dict(table[key])
    for name in names:
        values[name] = values.get(name, 0) + 1
    table[key] = values
    changed[key] = work.row(profile, of, start, values)


if place.whole:

    @app.agent(calls)
    async def campaigns(stream: Any) -> None:  # noqa: ANN401 - Faust is not typed
        """Actions, and counts of what belongs to one campaign; lists go to the other agent."""
        async for value in stream:
            event = work.read(value)
            names = work.names(event)
            key = event["campaign"].encode()
            for action in work.actions(event):
                await actions.send(key=key, value=action)
            for of in work.objects_of_campaign(event):
                for profile, start in work.windows(event["occurred_at"]):
                    add(of_campaigns, of, profile, start, names)
            await parts.send(key=event["calling_list"].encode(), value=[event["calling_list"], event["occurred_at"], names])

    @app.agent(parts)
    async def lists(stream: Any) -> None:  # noqa: ANN401 - Faust is not typed
        """Counts of lists over all campaigns."""
        async for name, at, names in stream:
            for profile, start in work.windows(at):
                add(of_lists, ("CallingList", name), profile, start, tuple(names))

else:

    @app.agent(calls)
    async def counts(stream: Any) -> None:  # noqa: ANN401 - Faust is not typed
        """Events of each campaign and minute."""
        async for value in stream:
            event = work.read(value)
            add(of_campaigns, ("Campaign", event["campaign"]), "tumbling", work.tumbling(event["occurred_at"]), ("Events",))


@app.timer(interval=1.0)
async def publish() -> None:
    """What changed in the last second."""
    rows = list(changed.values())
    changed.clear()
    for row in rows:
        await statistics.send(key=row["object"].encode(), value=row)


if __name__ == "__main__":
    sys.argv = [sys.argv[0], "worker", "--loglevel", "warn", "--without-web"]
    app.main()
