"""Bytewax: state by campaign and by list, in batches, a notification each second, snapshots of what changed each second."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import bytewax.operators as op
import orjson
import work
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow, Stream
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

_SECOND: Final = timedelta(seconds=1)
_PRODUCER: Final = {"compression.type": "lz4", "linger.ms": "100", "enable.idempotence": "true", "partitioner": "murmur2_random"}
_SAID_S: Final = 0.1

Message = tuple[str, str, bytes]
"""Kind of record (parts of lists, statistics), its key, its value."""


class Publishing(StatefulBatchLogic[Any, Message, Any]):
    """Counts by object and pane of one key, and what of it changed since the last second."""

    def __init__(self, state: Any) -> None:  # noqa: ANN401 - what snapshot returned
        self.panes, self.parts, self.changed = state or ({}, {}, set())
        self.due: datetime | None = None

    def add(self, key: tuple[work.Object, int], names: Iterable[str], more: int = 1) -> None:
        """Count actions in a pane."""
        cells = self.panes.setdefault(key, {})
        for name in names:
            cells[name] = cells.get(name, 0) + more
        self.changed.add(key)

    def on_batch(self, values: list[Any]) -> tuple[Iterable[Message], bool]:
        """Count them, and ask to be called when the second is over."""
        for value in values:
            self.count(value)
        if self.due is None:
            self.due = datetime.now(UTC) + _SECOND
        return [], StatefulBatchLogic.RETAIN

    def on_notify(self) -> tuple[Iterable[Message], bool]:
        """Publish what changed."""
        self.due = None
        out = [("statistics", row["object"], orjson.dumps(row)) for row in work.sums(self.panes, self.changed)]
        out.extend(self.more())
        self.changed = set()
        return out, StatefulBatchLogic.RETAIN

    def notify_at(self) -> datetime | None:
        """When the second is over."""
        return self.due

    def snapshot(self) -> Any:  # noqa: ANN401 - as the interface has it
        """All of it: Bytewax pickles it."""
        return self.panes, self.parts, self.changed

    def count(self, value: Any) -> None:  # noqa: ANN401 - an event, or a part of a list
        """Count one value."""
        raise NotImplementedError

    def more(self) -> Iterable[Message]:
        """What else is to be sent of what changed."""
        return []


class Campaigns(Publishing):
    """Campaigns, their groups, and lists as they use them."""

    def count(self, value: work.Event) -> None:
        """One event."""
        at, names = work.pane(value["occurred_at"]), work.names(value)
        for of in work.objects_of_campaign(value):
            self.add((of, at), names)

    def more(self) -> Iterable[Message]:
        """What was counted of each list so far; saying it twice changes nothing."""
        for key in self.changed:
            (kind, name), at = key
            if kind == "CampaignCallingList":
                campaign, calling_list = name.split("@")
                yield "parts", calling_list, orjson.dumps([campaign, at, self.panes[key]])


class Lists(Publishing):
    """Lists over all campaigns."""

    def count(self, value: tuple[str, bytes]) -> None:
        """What one campaign has counted so far of a list in a pane."""
        name, body = value
        campaign, at, cells = orjson.loads(body)
        before = self.parts.get((campaign, at), {})
        for action, count in cells.items():
            self.add((("CallingList", name), at), [action], count - before.get(action, 0))
        self.parts[campaign, at] = cells


class Count(Publishing):
    """Events of each minute."""

    def count(self, value: work.Event) -> None:
        """One event."""
        self.add((("Campaign", value["campaign"]), work.tumbling(value["occurred_at"])), ["Events"])

    def on_notify(self) -> tuple[Iterable[Message], bool]:
        """Publish what changed."""
        self.due = None
        rows = [work.row("tumbling", of, start, self.panes[of, start]) for of, start in self.changed]
        self.changed = set()
        return [("statistics", row["object"], orjson.dumps(row)) for row in rows], StatefulBatchLogic.RETAIN


class Progress:
    """How many events were read, said ten times a second."""

    def __init__(self) -> None:
        self.read = 0
        threading.Thread(target=self._say, daemon=True).start()

    def events(self, messages: Iterable[Any]) -> Iterable[work.Event]:
        """Read a batch."""
        events = [work.read(message.value) for message in messages]
        self.read += len(events)
        return events

    def _say(self) -> None:
        said = 0
        while True:
            if self.read > said:
                said = self.read
                print(f"progress {said}", flush=True)
            time.sleep(_SAID_S)


def flow(place: work.Place) -> Dataflow:
    """The whole of a job."""
    made = Dataflow("peer")
    source = KafkaSource([place.bootstrap], [place.topic], batch_size=2_000, add_config={"isolation.level": "read_committed"})
    events = op.flat_map_batch("read", op.input("calls", made, source), Progress().events)
    keyed = op.key_on("by-campaign", events, lambda event: event["campaign"])
    if place.whole:
        actions = op.flat_map("actions", events, _actions)
        op.output("actions-out", actions, KafkaSink([place.bootstrap], f"{place.prefix}actions", add_config=_PRODUCER))
        campaigns = op.stateful_batch("campaigns", keyed, Campaigns)
        parts = op.filter_map("parts", campaigns, lambda one: (one[1][1], one[1][1:]) if one[1][0] == "parts" else None)
        published = op.merge("all", campaigns, op.stateful_batch("lists", parts, Lists))
    else:
        published = op.stateful_batch("counts", keyed, Count)
    _publish(place, published)
    return made


def _publish(place: work.Place, published: Stream[tuple[str, Message]]) -> None:
    rows = op.filter_map("rows", published, lambda one: _message(one[1]) if one[1][0] == "statistics" else None)
    op.output("statistics-out", rows, KafkaSink([place.bootstrap], f"{place.prefix}statistics", add_config=_PRODUCER))


def _message(message: Message) -> KafkaSinkMessage[bytes, bytes]:
    return KafkaSinkMessage(message[1].encode(), message[2])


def _actions(event: work.Event) -> list[KafkaSinkMessage[bytes, bytes]]:
    key = event["campaign"].encode()
    return [KafkaSinkMessage(key, value) for value in work.actions(event)]


if __name__ == "__main__":
    given = work.place()
    snapshots = Path(given.folder) / "snapshots"
    snapshots.mkdir(parents=True, exist_ok=True)
    init_db_dir(snapshots, 1)
    cli_main(flow(given), epoch_interval=_SECOND, recovery_config=RecoveryConfig(str(snapshots)))
