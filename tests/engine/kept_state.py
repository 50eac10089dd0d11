"""State as a release wrote it, kept to be read by all later ones.

    python -m tests.engine.kept_state 0.1.0

writes ``tests/engine/kept_states/0.1.0.json.gz``: definitions, events, and the changelogs of both agents after half of them. Do this when
the form of the state changes, from the release before; what is kept is never written again.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from agents import replay
from engine.definitions import parse_definitions
from simulator import preset, simulate
from tests.engine.test_against_plain import DEFINITIONS, LIMITS
from tests.engine.test_restarts import _recording

FOLDER = Path(__file__).with_name("kept_states")
CHUNK = 50


def lines_of(events: list[dict[str, Any]]) -> io.BytesIO:
    """Events in the offline form."""
    return io.BytesIO(b"".join(json.dumps(event).encode() + b"\n" for event in events))


def write(name: str) -> None:
    """Keep the state that this release has after half of some simulated events."""
    events = list(islice(simulate(replace(preset("site"), rate=0.2)), 800))
    run = replay._Run(parse_definitions(DEFINITIONS, "kept"), LIMITS, replay.read_input(lines_of(events), LIMITS), CHUNK)
    changelogs: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
    for state, changelog in zip((run._campaigns, run._lists), changelogs, strict=True):
        state.apply = _recording(state.apply, changelog)  # type: ignore[method-assign, assignment, arg-type, union-attr]
    for number, _ in enumerate(run.steps([], lambda _: None), start=1):
        if number * CHUNK >= len(events) // 2:
            break
    kept = {
        "definitions": DEFINITIONS,
        "events": events,
        "chunks": number,
        "changelogs": [{key.decode(): base64.b64encode(value).decode() for key, value in one.items()} for one in changelogs],
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(kept).encode(), mtime=0))


if __name__ == "__main__":
    write(sys.argv[1])
