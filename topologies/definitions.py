"""The definitions that the settings name: a file's, or the shipped ones."""

from __future__ import annotations

from pathlib import Path

from engine.definitions import Definitions, default_definitions, parse_definitions

SHIPPED = "the shipped definitions"


def load_definitions(path: Path | None) -> Definitions:
    """Read and check the definitions file; without one, the shipped set (contract 3).

    Raises:
        OSError: the file can't be read.
        DefinitionsError: with every mistake in it.
    """
    if path is None:
        return parse_definitions(default_definitions(), SHIPPED)
    try:
        return parse_definitions(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise OSError(0, f"not UTF-8 text: {error.reason} at byte {error.start}", str(path)) from error
