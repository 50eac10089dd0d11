"""Events of the offline form: a file stands for one partition of each topic (contract 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from engine.catalog import EVENT_KINDS, RESULT_KINDS
from recount.events import Event, Source, event_of

EVENTS_TOPIC: Final = "campaign-events"
RESULTS_TOPIC: Final = "call-results"


def read_lines(lines: Iterable[bytes]) -> Iterator[tuple[Source, Event | None]]:
    """The place of each line that is of a topic, and the event that it makes, if it makes one."""
    offsets: Counter[str] = Counter()
    for line in lines:
        fields = _parsed(line)
        kind = fields.get("kind")
        if kind in RESULT_KINDS or kind in EVENT_KINDS:
            topic = RESULTS_TOPIC if kind in RESULT_KINDS else EVENTS_TOPIC
            source = Source(topic, 0, offsets[topic])
            offsets[topic] += 1
            yield source, event_of(fields, source)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}
