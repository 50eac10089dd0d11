"""Quix Streams: counts in the state of campaigns and lists, of each window the last value written when a second's work is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
import work
from confluent_kafka import Producer
from quixstreams import Application, State
from quixstreams.sinks import BatchingSink, SinkBatch

Row = dict[str, Any]

_PRODUCER: Final = {"compression.type": "lz4", "linger.ms": 20, "enable.idempotence": True, "partitioner": "murmur2_random"}


class LastValues(BatchingSink):
    """Quix has no timers; what it calls at each commit is a sink. Here: of each window the last value since the commit before."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__()
        self._topic = topic
        self._producer = Producer({"bootstrap.servers": bootstrap, **_PRODUCER})

    def write(self, batch: SinkBatch) -> None:
        """Of a partition's results since the last commit."""
        last = {(row["profile"], row["object_type"], row["object"], row["window_start"]): row for item in batch for row in item.value}
        for row in last.values():
            self._producer.produce(self._topic, orjson.dumps(row), row["object"].encode())
        self._producer.flush()


def count(state: State, of: work.Object, at: int, names: Iterable[str]) -> list[Row]:
    """Count an event in the windows that it is in; those that begin in the same minute are kept together."""
    rows = []
    starts = sorted({start for _profile, start in work.windows(at)})
    for minute in sorted({work.tumbling(start) for start in starts}):
        key = f"{of[0]}\t{of[1]}\t{minute}"
        held: dict[str, dict[str, int]] = state.get(key, {})
        for start in (start for start in starts if work.tumbling(start) == minute):
            counts = held.setdefault(str(start), {})
            for name in names:
                counts[name] = counts.get(name, 0) + 1
        state.set(key, held)
        profiles = [(profile, start) for profile, start in work.windows(at) if work.tumbling(start) == minute]
        rows += [work.row(profile, of, start, held[str(start)]) for profile, start in profiles]
    return rows


def campaigns(event: work.Event, state: State) -> list[Row]:
    """What belongs to one campaign."""
    names = work.names(event)
    return [row for of in work.objects_of_campaign(event) for row in count(state, of, event["occurred_at"], names)]


def lists(credit: Row, state: State) -> list[Row]:
    """Lists over all campaigns."""
    return count(state, ("CallingList", credit["list"]), credit["at"], credit["names"])


def minutes(event: work.Event, state: State) -> list[Row]:
    """Events of a campaign by minute."""
    start = work.tumbling(event["occurred_at"])
    number = state.get(str(start), 0) + 1
    state.set(str(start), number)
    return [work.row("tumbling", ("Campaign", event["campaign"]), start, {"Events": number})]


def credit(event: work.Event) -> Row:
    """What lists are told of an event."""
    return {"list": event["calling_list"], "at": event["occurred_at"], "names": work.names(event)}


def main() -> None:
    """Run until it is ended."""
    place = work.place()
    app = Application(
        place.bootstrap,
        consumer_group=f"{place.prefix}app",
        auto_offset_reset="earliest",
        commit_interval=1.0,
        processing_guarantee="exactly-once",
        state_dir=place.folder,
        loglevel="WARNING",
        producer_extra_config={"compression.type": "lz4"},
    )
    sink = LastValues(place.bootstrap, f"{place.prefix}statistics")
    events = app.dataframe(app.topic(place.topic, value_deserializer="bytes", key_deserializer="str")).apply(work.read)
    counted: Callable[[work.Event, State], list[Row]] = campaigns if place.whole else minutes
    if place.whole:
        actions = app.topic(f"{place.prefix}actions", value_serializer="bytes", key_serializer="str")
        events.apply(lambda event: list(work.actions(event)), expand=True).to_topic(actions)
        credited = events.apply(credit).group_by("list", key_serializer="str", key_deserializer="str")
        credited.apply(lists, stateful=True).sink(sink)
    events.apply(counted, stateful=True).sink(sink)
    app.run()


if __name__ == "__main__":
    main()
