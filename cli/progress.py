"""Progress on standard error: bars and counters on a terminal only, notes always."""

from __future__ import annotations

import contextlib
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Annotated, BinaryIO, Self, cast

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

EVENTS_FILE = Annotated[
    str,
    typer.Argument(metavar="EVENTS.jsonl", help="Events in the offline form, one JSON object a line; .gz is unpacked, - is standard input"),
]
"""The parameter of commands that read events."""


_CONSOLE = Console(stderr=True)
"""One for all bars: those that are shown at once share its place on the screen."""


def note(message: str) -> None:
    """Tell the operator something, on standard error."""
    typer.echo(message, err=True)


@contextlib.contextmanager
def open_events(name: str, description: str) -> Iterator[BinaryIO]:
    """A file of the offline form, unpacked by its suffix ``.gz``; ``-`` is standard input. Reading it moves a bar.

    Raises:
        OSError: it can't be read.
    """
    if name == "-":
        yield sys.stdin.buffer
        return
    path = Path(name)
    with path.open("rb") as raw, _bar(BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) as progress:
        watched = progress.wrap_file(raw, total=path.stat().st_size, description=description)
        if path.suffix == ".gz":
            with gzip.open(watched) as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            yield watched


class Counted:
    """A count that grows, shown while it does."""

    def __init__(self, what: str, total: int | None = None) -> None:
        self.count = 0
        self._progress = _bar(SpinnerColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def reach(self, count: int) -> None:
        """So many by now."""
        self.count = count
        self._progress.update(self._task, completed=count)


def _bar(*columns: ProgressColumn) -> Progress:
    text = TextColumn("{task.description}")
    return Progress(text, *columns, console=_CONSOLE, disable=not _CONSOLE.is_terminal, transient=True)
