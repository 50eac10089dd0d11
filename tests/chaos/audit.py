"""The recount of everything: what stands on the topics against what the events must lead to.

Nothing is taken from the workers' word. Input: each loaded line is on its topic once. Actions, dead letters, last final reports: those
of a replay of the file, which knows of no Kafka. Reports: recomputed from their inputs by `dialstat verify`, which shares no
computing with the engine.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from confluent_kafka import Message

from engine.catalog import RESULT_KINDS
from schemas.records import RecordReader
from schemas.registry import BuiltinRegistry
from tests.agents.site import DIALSTAT, INPUTS, last_finals
from tests.chaos.site import APP, CHANGELOGS, DEFINITIONS, PARTITIONS, PREFIX, Attacked
from topologies.reading import read_topic
from transport.security import Brokers

REPORTS: Final = ("campaign-statistics", "calling-list-statistics")
_SHOWN: Final = 5
_ANSWER_S: Final = 30.0


class Found(NamedTuple):
    """What was counted, and what is wrong."""

    counts: dict[str, int]
    wrong: list[str]


def audit(site: Attacked, sample: int) -> Found:
    """Recount all of it; ``sample`` is how many reports are recomputed, of all and of the final ones."""
    replayed = site.folder / "replayed"
    _run("replay", str(site.load.file), "--definitions", str(DEFINITIONS), "--out", str(replayed))
    found = Found({}, [])
    _events(site, found)
    _actions(site, replayed, found)
    _letters(site, replayed, found)
    _finals(site, replayed, found)
    _recounted(site, sample, found)
    _compacted(site, found)
    return found


def _events(site: Attacked, found: Found) -> None:
    """Loaded once each: what follows would be worth nothing if the input were not as it should be."""
    loaded: Counter[bytes] = Counter()
    for line in _lines(site.load.file):
        loaded[f"{line['kind'] in RESULT_KINDS} {line['event_id']}".encode()] += 1
    there: Counter[bytes] = Counter()
    for name in INPUTS:
        of_results = name == INPUTS[1]
        there.update(f"{of_results} {_event_id(message)}".encode() for message in _messages(site, name))
    compare("events", loaded, there, found)


def _actions(site: Attacked, replayed: Path, found: Found) -> None:
    expected = Counter(_digest(action) for action in _lines(replayed / "actions.jsonl"))
    there = Counter(_digest(action) for action in _records(site, "campaign-actions"))
    compare("actions", expected, there, found)


def _letters(site: Attacked, replayed: Path, found: Found) -> None:
    lines = site.load.file.read_bytes().splitlines()
    expected = Counter(
        (letter["reason"], json.loads(lines[letter["line"] - 1])["event_id"]) for letter in _lines(replayed / "dead_letters.jsonl")
    )
    messages = list(_messages(site, "dead-letters"))
    compare("dead letters", expected, Counter((_header(message, "reason"), _event_id(message)) for message in messages), found)
    places = Counter(tuple(_header(message, name) for name in ("topic", "partition", "offset")) for message in messages)
    found.wrong.extend(f"dead letters: {place} stands there {times} times" for place, times in places.items() if times > 1)


def _finals(site: Attacked, replayed: Path, found: Found) -> None:
    """Of campaigns and calling lists; `last_finals` checks that no revision was left out or came twice."""
    expected = last_finals(_lines(replayed / "statistics.jsonl"))
    try:
        there = last_finals(record for name in REPORTS for record in _records(site, name))
    except AssertionError as wrong:
        found.wrong.append(f"final reports: a revision is missing or came twice: {wrong}")
        return
    of_lists = [key for key in expected if key[0] == "CallingList"]
    found.counts["last final reports of calling lists"] = len(of_lists)
    compare("last final reports", _valued(expected), _valued(there), found)


def _valued(reports: dict[Any, dict[str, Any]]) -> Counter[str]:
    """What of a final report does not depend on how it came about."""
    return Counter(
        f"{key} {orjson.dumps([report['as_of'], report['values'], report['state']], option=orjson.OPT_SORT_KEYS).decode()}"
        for key, report in reports.items()
    )


def _recounted(site: Attacked, sample: int, found: Found) -> None:
    """The reports themselves, each against the input that it names."""
    for what, options in (("final reports recomputed", ["--finals"]), ("reports recomputed", [])):
        where = ("--brokers", site.kafka.bootstrap, "--topic-prefix", PREFIX, "--app", APP, "--definitions", str(DEFINITIONS))
        done = subprocess.run(
            [str(DIALSTAT), "verify", *where, "--count", str(sample), *options], capture_output=True, text=True, check=False
        )
        summary = next((line for line in done.stderr.splitlines() if "reports checked" in line), "")
        found.counts[what] = int(summary.split()[0].replace(",", "")) if summary else 0
        if done.returncode or not found.counts[what]:
            found.wrong.append(f"{what}: verify ended with {done.returncode}: {done.stdout[:2_000]}{done.stderr[-2_000:]}")


def _compacted(site: Attacked, found: Found) -> None:
    """That the changelogs were compacted, or it was not tried; the broker tells each time."""
    times = sum(f"cleaned log {name}-" in line for line in site.broker.log.read_text(errors="replace").splitlines() for name in CHANGELOGS)
    found.counts["compactions of changelog partitions"] = times
    if not times:
        found.wrong.append(f"no changelog was compacted, by {site.broker.log}")


def compare(what: str, expected: Counter[Any], there: Counter[Any], found: Found) -> None:
    """Note how many there are, and which are missing or too many."""
    found.counts[what] = there.total()
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


def _messages(site: Attacked, name: str) -> Iterator[Message]:
    for messages in read_topic(Brokers(site.kafka.bootstrap), site.site.topic(name), PARTITIONS, 0, _ANSWER_S):
        yield from messages


def _records(site: Attacked, name: str) -> Iterator[dict[str, Any]]:
    return (_READER.decode(message.value()) for message in _messages(site, name))


def _run(*arguments: str) -> None:
    done = subprocess.run([str(DIALSTAT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"dialstat {' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2_000:]}")


_READER = RecordReader(BuiltinRegistry())
