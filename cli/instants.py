"""Points in time as options, ISO 8601 or ms since the epoch, and as they are printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import typer

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant(text: str) -> int:
    """Milliseconds since the epoch; a time without an offset is UTC.

    Raises:
        typer.BadParameter: neither a whole number nor ISO 8601.
    """
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: expected ISO 8601 such as 2008-05-05T10:00:00Z, or milliseconds since the epoch") from error
    return ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)


def shown_instant(instant: int) -> str:
    """An instant (ms) as ISO 8601 in UTC, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=instant)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
