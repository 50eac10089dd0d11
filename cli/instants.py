"""Points in time as options, ISO 8601 or ms since the epoch, and as they are printed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import typer

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_NUMBER: Final = re.compile(r"-?\d{1,18}")


def parse_instant(text: str) -> int:
    """Milliseconds since the epoch; a time without an offset is UTC.

    Raises:
        typer.BadParameter: neither a whole number nor ISO 8601, or outside the years 1 to 9999.
    """
    try:
        milliseconds = int(text) if _NUMBER.fullmatch(text) else _read(text)
        _instant(milliseconds)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(
            f"{text!r:.80}: expected ISO 8601 such as 2008-05-05T10:00:00Z, or milliseconds since the epoch"
        ) from error
    return milliseconds


def _read(text: str) -> int:
    instant = datetime.fromisoformat(text)
    return ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - _EPOCH) // _MS


def _instant(milliseconds: int) -> datetime:
    return _EPOCH + milliseconds * _MS


def shown_instant(milliseconds: int) -> str:
    """An instant as ISO 8601 in UTC, to the millisecond; as the number that it is where no calendar has it, which a record may say too."""
    try:
        return _instant(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return f"{milliseconds} ms"
