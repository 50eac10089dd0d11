"""What happened in a simulation, in order; the last of it is what explains a failure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.simulation.loop import EPOCH_MS


class Trace:
    """Remembers the last ``keep`` things that were noted; ``clock`` is virtual, seconds."""

    def __init__(self, clock: Callable[[], float], keep: int | None) -> None:
        self._clock = clock
        self._noted: deque[tuple[float, str, str, Mapping[str, Any]]] = deque(maxlen=keep)

    def note(self, who: str, what: str, details: Mapping[str, Any]) -> None:
        """Something happened."""
        self._noted.append((self._clock(), who, what, details))

    def lines(self) -> Iterator[str]:
        """All that is remembered, as text."""
        for at, who, what, details in self._noted:
            clock = datetime.fromtimestamp(EPOCH_MS / 1000 + at, UTC).strftime("%H:%M:%S.%f")[:-3]
            told = " ".join(f"{name}={value}" for name, value in details.items())
            yield f"{at:9.3f} {clock} {who:<12} {what} {told}".rstrip()


class Log:
    """Stands in for a module's logger: what the product logs goes to the trace."""

    def __init__(self, note: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._note = note

    def _log(self, event: str, **details: Any) -> None:
        details.pop("exc_info", None)
        self._note(f"log: {event}", details)

    info = warning = error = debug = _log
