"""The recount of everything: what stands on the topics against what the events must lead to.

Nothing is taken from the workers' word. Input: each loaded line is on its topic once. Actions, dead letters, last final reports: those
of a replay of the file, which knows of no Kafka. Reports: recomputed from their inputs by `dialstat verify`, which shares no
computing with the engine.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from confluent_kafka import Message

from engine.catalog import RESULT_KINDS
from schemas.records import RecordReader
from schemas.registry import BuiltinRegistry
from tests.agents.site import DIALSTAT, INPUTS, last_finals
from tests.chaos.site import APP, CHANGELOGS, DEFINITIONS, PARTITIONS, PREFIX
from topologies.reading import read_topic
from transport.security import Brokers

REPORTS: Final = ("campaign-statistics", "calling-list-statistics")
_SHOWN: Final = 5
_ANSWER_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run has left in its folder, and a broker on its data."""

    folder: Path
    bootstrap: str

    @property
    def events(self) -> Path:
        """What was loaded."""
        return self.folder / "events.jsonl"

    @property
    def replayed(self) -> Path:
        """What a replay of it has written."""
        return self.folder / "replayed"

    @property
    def broker_log(self) -> Path:
        """What the broker has said."""
        return self.folder / "kafka" / "broker.log"


@dataclass(slots=True)
class Found:
    """What is wrong; ``say`` is told what was counted."""

    say: Callable[[str], None]
    wrong: list[str] = field(default_factory=list)

    def count(self, number: int, what: str) -> None:
        """So many there are."""
        self.say(f"{number:>10,} {what}")


def audit(kept: Kept, sample: int, say: Callable[[str], None]) -> list[str]:
    """Recount all of it; what is wrong.

    Args:
        kept: what is there.
        sample: how many reports are recomputed from their inputs.
        say: told what was counted.
    """
    _run("replay", str(kept.events), "--definitions", str(DEFINITIONS), "--out", str(kept.replayed))
    found = Found(say)
    for part in (_events, _actions, _letters, _finals, _compacted):
        part(kept, found)
    _recounted(kept, sample, found)
    return found.wrong


def _events(kept: Kept, found: Found) -> None:
    """Loaded once each: what follows would be worth nothing if the input were not as it should be."""
    loaded: Counter[bytes] = Counter()
    for line in _lines(kept.events):
        loaded[f"{line['kind'] in RESULT_KINDS} {line['event_id']}".encode()] += 1
    there: Counter[bytes] = Counter()
    for name in INPUTS:
        of_results = name == INPUTS[1]
        there.update(f"{of_results} {_event_id(message)}".encode() for message in _messages(kept, name))
    compare("events", loaded, there, found)


def _actions(kept: Kept, found: Found) -> None:
    expected = Counter(_digest(action) for action in _lines(kept.replayed / "actions.jsonl"))
    there = Counter(_digest(action) for action in _records(kept, "campaign-actions"))
    compare("actions", expected, there, found)


def _letters(kept: Kept, found: Found) -> None:
    lines = kept.events.read_bytes().splitlines()
    expected = Counter(
        (letter["reason"], json.loads(lines[letter["line"] - 1])["event_id"]) for letter in _lines(kept.replayed / "dead_letters.jsonl")
    )
    messages = list(_messages(kept, "dead-letters"))
    compare("dead letters", expected, Counter((_header(message, "reason"), _event_id(message)) for message in messages), found)
    places = Counter(tuple(_header(message, name) for name in ("topic", "partition", "offset")) for message in messages)
    found.wrong.extend(f"dead letters: {place} stands there {times} times" for place, times in places.items() if times > 1)


def _finals(kept: Kept, found: Found) -> None:
    """Of campaigns and calling lists; `last_finals` checks that no revision was left out or came twice."""
    expected = last_finals(_lines(kept.replayed / "statistics.jsonl"))
    try:
        there = last_finals(record for name in REPORTS for record in _records(kept, name))
    except AssertionError as wrong:
        found.wrong.append(f"final reports: a revision is missing or came twice: {wrong}")
        return
    of_lists = [key for key in expected if key[0] == "CallingList"]
    found.count(len(of_lists), "last final reports of calling lists")
    compare("last final reports", _valued(expected), _valued(there), found)


def _valued(reports: dict[Any, dict[str, Any]]) -> Counter[str]:
    """What of a final report does not depend on how it came about."""
    return Counter(
        f"{key} {orjson.dumps([report['as_of'], report['values'], report['state']], option=orjson.OPT_SORT_KEYS).decode()}"
        for key, report in reports.items()
    )


def _recounted(kept: Kept, sample: int, found: Found) -> None:
    """Some reports, each against the input that it names: final ones of all objects, and any of one campaign."""
    campaign = next(_lines(kept.replayed / "actions.jsonl"))["campaign"]
    for what, options in (("final reports recomputed", ("--finals",)), (f"reports of {campaign} recomputed", ("--campaign", campaign))):
        where = ("--brokers", kept.bootstrap, "--topic-prefix", PREFIX, "--app", APP, "--definitions", str(DEFINITIONS))
        command = [str(DIALSTAT), "verify", *where, "--count", str(sample), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        summary = next((line for line in done.stderr.splitlines() if "reports checked" in line), "0")
        checked = int(summary.split()[0].replace(",", ""))
        found.count(checked, f"{what}, {summary.partition('checked, ')[2]}")
        if done.returncode or not checked:
            found.wrong.append(f"{what}: verify ended with {done.returncode}: {done.stdout[:2_000]}{done.stderr[-2_000:]}")


def _compacted(kept: Kept, found: Found) -> None:
    """That the changelogs were compacted, or it was not tried; the broker tells each time."""
    times = sum(f"cleaned log {name}-" in line for line in kept.broker_log.read_text(errors="replace").splitlines() for name in CHANGELOGS)
    found.count(times, "compactions of changelog partitions")
    if not times:
        found.wrong.append(f"no changelog was compacted, by {kept.broker_log}")


def compare(what: str, expected: Counter[Any], there: Counter[Any], found: Found) -> None:
    """Note how many there are, and which are missing or too many."""
    found.count(there.total(), what)
    for name, differing in (("lost", expected - there), ("too many", there - expected)):
        if differing:
            shown = ", ".join(str(one)[:400] for one in list(differing)[:_SHOWN])
            found.wrong.append(f"{what}: {differing.total()} {name}, for example {shown}")


def _digest(action: dict[str, Any]) -> bytes:
    """An action with all its fields, short enough to keep a million of them."""
    return f"{action['action_id']} {hash(orjson.dumps(action, option=orjson.OPT_SORT_KEYS))}".encode()


def _header(message: Message, name: str) -> str:
    return str(dict(message.headers())[f"dialstat.{name}"].decode())


def _event_id(message: Message) -> str:
    """Of a record in Avro, or of a line that could not be made one."""
    value = message.value()
    return str(json.loads(value)["event_id"]) if value.startswith(b"{") else str(_READER.decode(value)["event_id"])


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        yield from map(orjson.loads, lines)


def _messages(kept: Kept, name: str) -> Iterator[Message]:
    for messages in read_topic(Brokers(kept.bootstrap), f"{PREFIX}{name}", PARTITIONS, 0, _ANSWER_S):
        yield from messages


def _records(kept: Kept, name: str) -> Iterator[dict[str, Any]]:
    return (_READER.decode(message.value()) for message in _messages(kept, name))


def _run(*arguments: str) -> None:
    done = subprocess.run([str(DIALSTAT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dialstat {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2_000:]}")


_READER = RecordReader(BuiltinRegistry())
