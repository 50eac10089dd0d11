"""The order in which two topics of a partition are applied (domain 2.5, contract 4), head by head as the rule says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recount.events import Event


def of_partition(events: Sequence[Event], results: Sequence[Event]) -> list[Event]:
    """Both topics of a partition, each in the order of its offsets, as a worker applies them that has all of both at hand."""
    queues = (_keyed(events), _keyed(results))
    heads, order = [0, 0], list[Event]()
    while any(head < len(queue) for head, queue in zip(heads, queues, strict=True)):
        waiting = [number for number in (0, 1) if heads[number] < len(queues[number])]
        first = min(waiting, key=lambda number: queues[number][heads[number]][0])
        order.append(queues[first][heads[first]][1])
        heads[first] += 1
    return order


def of_file(lines: Iterable[Event]) -> list[Event]:
    """The events of a file, in the order of its lines, as a replay applies them."""
    by_topic: tuple[list[Event], list[Event]] = ([], [])
    place = {}
    for number, event in enumerate(lines):
        by_topic[event.of_results].append(event)
        place[event.source] = number
    keyed = [(key, event.of_results, place[event.source], event) for events in by_topic for key, event in _keyed(events)]
    return [event for *_, event in sorted(keyed, key=lambda entry: entry[:3])]


def _keyed(events: Sequence[Event]) -> list[tuple[int, Event]]:
    """Each event with its key: the running maximum of occurred_at within its topic and campaign."""
    reached: dict[tuple[str, str], int] = {}
    keyed = []
    for event in events:
        campaign = (event.tenant, event.campaign)
        reached[campaign] = max(event.occurred_at, reached.get(campaign, event.occurred_at))
        keyed.append((reached[campaign], event))
    return keyed
