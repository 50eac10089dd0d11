"""What an import writes: tables of a definitions file, their names, and whether the engine takes them (contract 3)."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.definitions import DefinitionsError, parse_definitions

Number: TypeAlias = int | float
Value: TypeAlias = str | Number | Sequence[str] | Sequence[Number]

WIDTH: Final = 130
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_]+")
_ANY_STATISTIC: Final = '[statistic.Any]\ncategory = "CurrentState"\n'


@dataclass(frozen=True, slots=True)
class Table:
    """One profile or statistic as it will be defined, and what of the export it was made from.

    ``notes`` tell what of it is not in the export and why, ``differences`` in what it is other than the export's.
    """

    kind: Literal["profile", "statistic"]
    name: str
    keys: Mapping[str, Value]
    source: str
    line: int
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 (told in the report, never seen as an error)
    """Something of the export that can't be taken over; the message says why."""


class Names:
    """Names given so far to tables of one kind."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def give(self, wanted: str, otherwise: str) -> str:
        """A name of letters, digits and underscores that no other has, as near as can be to the wanted one."""
        ascii_only = unicodedata.normalize("NFKD", wanted).encode("ascii", "ignore").decode()
        base = _NO_NAME.sub("_", ascii_only).strip("_") or otherwise
        base = base if base[0].isalpha() else f"{otherwise}_{base}"
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name


def renamed(source: str, name: str) -> tuple[str, ...]:
    """What to tell of a name that is not the export's."""
    return () if source == name else ("its name is another: names are of letters, digits and underscores, and no two are the same",)


def check(tables: Sequence[Table]) -> None:
    """That the engine takes these tables: profiles, or a statistic with the profiles that it is listed in.

    Raises:
        Refused: it does not; the message is the engine's.
    """
    text = "\n".join(map(table_text, tables))
    try:
        parse_definitions(text if any(table.kind == "statistic" for table in tables) else f"{text}\n{_ANY_STATISTIC}", "import")
    except DefinitionsError as error:
        raise Refused("; ".join(mistake.message for mistake in error.mistakes)) from error


def table_text(table: Table) -> str:
    """The table in TOML."""
    lines = [f"[{table.kind}.{table.name}]", *(f"{key} = {_value(value)}" for key, value in table.keys.items())]
    return "\n".join(lines) + "\n"


def comment(text: str, then: str = "") -> Iterator[str]:
    """Lines of a TOML comment; those after the first begin with ``then``."""
    yield from textwrap.wrap(printable(text), WIDTH, initial_indent="# ", subsequent_indent=f"# {then}", break_on_hyphens=False)


def printable(text: str) -> str:
    """The text on one line, free of what neither a terminal nor a TOML comment may be given."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _value(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _quoted(text: str) -> str:
    """A basic string; JSON escapes all that TOML asks to be escaped but DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
