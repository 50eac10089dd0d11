"""A Genesys Stat Server's options as they are exported: sections of ``name = value``, each with its line.

What an option means is left to ``topologies.stat_server_times`` and ``topologies.stat_server_types``; here nothing is dropped, and what
can't be read as a section or an option is told.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_HEADER: Final = re.compile(r"\[(?P<name>[^\]]*)\]\s*(?:[;#].*)?")
_STAT_TYPE: Final = re.compile(r"stat\s?types?(?:\s*[:./\\]\s*(?P<name>.+))?", re.IGNORECASE)
_COMMENT: Final = re.compile(r"(?:^|\s)[;#]")
_CONTINUED: Final = (",", "\\")
_BOMS: Final[Mapping[bytes, str]] = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_FALLBACKS: Final = ("utf-8", "cp1252", "latin-1")


class ExportError(ValueError):
    """A file that is not an export of a Stat Server, or one that does not have what is asked for; the message says which."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something of the export that was not taken over, with the line that it stands in, from 1."""

    line: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Option:
    """``name = value``; ``value`` is all that stands to the right of the first ``=``, without space around it."""

    name: str
    value: str
    line: int

    @property
    def key(self) -> str:
        """The name as names are compared: case aside."""
        return self.name.casefold()

    @property
    def told(self) -> str:
        """Name and value, as a report tells them."""
        return f"{self.name} = {self.value}" if self.value else self.name

    @property
    def text(self) -> str:
        """The value without a comment behind it and without quotes around it."""
        return unquoted(_COMMENT.split(self.value, maxsplit=1)[0].strip())


@dataclass(slots=True)
class Section:
    """A section; its options by key, each once, in the order of the file."""

    name: str
    line: int
    options: dict[str, Option] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of an option, or nothing."""
        found = self.options.get(name.casefold())
        return found.text if found else ""


@dataclass(frozen=True, slots=True)
class Export:
    """A whole export: its sections, each name once, the encoding it was read in, and what could not be read."""

    sections: tuple[Section, ...]
    encoding: str
    remarks: tuple[Remark, ...]

    def named(self, name: str) -> Section:
        """The section of that name, case aside; an empty one if there is none."""
        return next((section for section in self.sections if section.name.casefold() == name.casefold()), Section(name, 0))


def parse_export(data: bytes) -> Export:
    """Read an export.

    Sections of one name are one section; of an option that is given twice, the last counts. A stat type may also stand in
    ``[StatType:NAME]``, or in a ``[StatType]`` with an option ``Name``.

    Raises:
        ExportError: it is not text.
    """
    text, encoding = _decode(data)
    remarks: list[Remark] = []
    merged: dict[str, Section] = {}
    for section in _sections(text, remarks):
        name = _name_of(section)
        known = merged.setdefault(name, Section(name, section.line))
        for key, option in section.options.items():
            _put(known, key, option, remarks)
    return Export(tuple(merged.values()), encoding, tuple(remarks))


def unquoted(value: str) -> str:
    """A value without the quotes around it, if they are around the whole."""
    inner = value[1:-1]
    return inner.strip() if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" and value[0] not in inner else value


def _decode(data: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding; Configuration Manager writes the code page of the Windows that it runs on."""
    bom = next((encoding for mark, encoding in _BOMS.items() if data.startswith(mark)), None)
    wide = {data[1:2]: "utf-16-le", data[:1]: "utf-16-be"}.get(b"\0")
    for encoding in (bom,) if bom else (wide,) if wide else _FALLBACKS:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            wrong = error
    raise ExportError(f"not text: it begins as {wrong.encoding}, and is none from byte {wrong.start} on")


def _sections(text: str, remarks: list[Remark]) -> Iterator[Section]:
    """The sections as they stand, one of ``[…]`` each."""
    section: Section | None = None
    for number, line in _lines(text):
        name, equals, value = (part.strip() for part in line.partition("="))
        if header := _HEADER.fullmatch(line):
            if section is not None:
                yield section
            section = Section(header["name"].strip(), number)
        elif section is None or not equals or not name:
            remarks.append(Remark(number, _shortened(line), "this is no section, no option (name = value) of one and no comment"))
        else:
            option = Option(unquoted(name), value, number)
            _put(section, option.key, option, remarks)
    if section is not None:
        yield section


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, each with its number; an option that ends in a comma or a backslash goes on in the next line."""
    begun, begun_at = "", 0
    for number, whole in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        line, place = whole.strip(), number
        if begun and line and "=" not in line and line[0] not in "[;#":
            line, place = begun.removesuffix("\\") + line, begun_at
        elif begun:
            yield begun_at, begun
        begun = ""
        if line.endswith(_CONTINUED) and "=" in line and line[0] not in ";#":
            begun, begun_at = line, place
        elif line and line[0] not in ";#":
            yield place, line
    if begun:
        yield begun_at, begun


def _put(section: Section, key: str, option: Option, remarks: list[Remark]) -> None:
    before = section.options.get(key)
    if before is not None and before.text != option.text:
        remarks.append(
            Remark(before.line, f"[{section.name}] {_shortened(before.told)}", f"it is given again in line {option.line}, which counts")
        )
    section.options[key] = option


def _name_of(section: Section) -> str:
    """The name of a section; of the forms that begin with StatType, the stat type's."""
    found = _STAT_TYPE.fullmatch(section.name)
    return (found["name"] or section.text("Name") or section.name) if found else section.name


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
