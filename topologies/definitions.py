"""The definitions that the settings name: a file's, or the shipped ones."""

from __future__ import annotations

from pathlib import Path

from engine.definition_limits import excesses
from engine.definitions import Definitions, DefinitionsError, default_definitions, parse_definitions
from engine.mistakes import Mistakes
from topologies.limits import definition_limits_of
from topologies.settings import Settings

SHIPPED = "the shipped definitions"


def load_definitions(settings: Settings, file: Path | None = None) -> Definitions:
    """Read and check a definitions file; without one, that of the settings, or the shipped set (contract 3).

    Raises:
        OSError: the file can't be read.
        DefinitionsError: with every mistake in it, or everything that is beyond a limit.
    """
    path = file or settings.definitions
    text, name = (default_definitions(), SHIPPED) if path is None else (_read(path), str(path))
    definitions = parse_definitions(text, name)
    mistakes = Mistakes(name, text)
    for table, key, message in excesses(definitions, definition_limits_of(settings)):
        mistakes.add(table, key, message)
    if mistakes.found:
        raise DefinitionsError(mistakes.found)
    return definitions


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise OSError(0, f"not UTF-8 text: {error.reason} at byte {error.start}", str(path)) from error
