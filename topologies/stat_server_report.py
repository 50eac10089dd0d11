"""An import as text: the definitions in TOML, and the report of what was taken over, what is different and what can't be."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from topologies.stat_server import ALL, Import
from topologies.stat_server_export import Remark
from topologies.stat_server_tables import WIDTH, Table, comment, printable, table_text

_BELOW: Final = " " * 13


def definitions_text(found: Import, filename: str, *, comments: bool) -> str:
    """The definitions file; with ``comments``, above each table where it comes from and in what it differs, at the end what is missing."""
    head = comment(f"Taken over from {filename}, options of a Genesys Stat Server, by `dialstat definitions import`: {_summary(found)}.")
    parts = ["\n".join(head) + "\n"]
    for table in found.tables:
        above = "".join(f"{line}\n" for line in _comments(table)) if comments else ""
        parts.append(above + table_text(table))
    if comments and found.refused:
        missing = (comment(f"- {_listed(group)}: {reason}", "  ") for reason, group in _groups(found.refused))
        parts.append("\n".join(["# Not taken over:", *(line for lines in missing for line in lines)]) + "\n")
    return "\n".join(parts)


def _comments(table: Table) -> Iterator[str]:
    yield from comment(f"{table.source}, line {table.line}" if table.line else table.source)
    for told in (*table.differences, *table.notes):
        yield from comment(f"- {told}", "  ")


def report_text(found: Import, filename: str, encoding: str) -> str:
    """The report: a line for what was chosen, then all of the export, each with its line and why."""
    told = "" if encoding.startswith("utf") else f" (read as {encoding}, as it is not UTF-8)"
    lines = [f"{filename}{told}: {_summary(found)}", "", "Chosen, as Stat Server leaves it to whoever asks for a statistic"]
    lines += _choices(found)
    same = [table for table in found.tables if not table.differences]
    other = [table for table in found.tables if table.differences]
    lines += _part("Taken over", same, _of_tables)
    lines += _part("Taken over, with differences", other, _of_tables)
    lines += _part("Can't be taken over", found.refused, _of_remarks)
    lines += _part("Left out", found.left_out, _of_remarks)
    return "\n".join(lines) + "\n"


def _summary(found: Import) -> str:
    taken = len({(table.source, table.line) for table in found.statistics})
    statistics, profiles = len(found.statistics), len(found.profiles)
    return f"{taken} of {found.stat_types} stat types, as {_count(statistics, 'statistic')} and {_count(profiles, 'profile')}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _choices(found: Import) -> Iterator[str]:
    chosen = found.chosen
    used = ", ".join(table.source for table in chosen.profiles)
    unused = [table.source for table in found.profiles if table not in chosen.profiles]
    also = f"; defined but not used: {', '.join(unused)} (--profiles NAME or --profiles {ALL} takes them)" if unused else ""
    yield from _wrapped(f"profiles: statistics over time are under {used or 'none'}{also}", "  ")
    if any("range" in table.keys for table in found.statistics):
        ranges = ", ".join(f"{one.name} ({one.low} to {one.high} s)" for one in chosen.ranges)
        yield from _wrapped(f"ranges: a statistic in a time range that names none is computed for {ranges}", "  ")
    yield from _wrapped("no value: where there is nothing to divide by, it is 0 as in Stat Server (empty = 0), not null", "  ")
    yield from _wrapped("begin: a statistic counts from the first event on, not from when somebody asks for it", "  ")


def _part(title: str, things: Sequence[Table] | Sequence[Remark], lines: Callable[..., Iterator[str]]) -> list[str]:
    return ["", f"{title} ({len(things)})", *lines(things)] if things else []


def _of_tables(tables: Sequence[Table]) -> Iterator[str]:
    for (kind, source, line), group in groupby(tables, lambda table: (table.kind, table.source, table.line)):
        of_one = list(group)
        ours = ", ".join(table.name for table in of_one)
        what = f"profile {source}" if kind == "profile" else source
        yield f"  {_line(line)}  {printable(what)}{'' if ours == source else f' -> {ours}'}"
        for sentence in dict.fromkeys(told for table in of_one for told in (*table.differences, *table.notes)):
            yield from _wrapped(f"- {sentence}", _BELOW)


def _of_remarks(remarks: Sequence[Remark]) -> Iterator[str]:
    for reason, group in _groups(remarks):
        yield from (f"  {_line(one.line)}  {printable(one.what)}" for one in group)
        yield from _wrapped(f"- {reason}", _BELOW)


def _groups(remarks: Sequence[Remark]) -> Iterator[tuple[str, list[Remark]]]:
    """Those that have one and the same reason, together, in the order of the first of them."""
    by_reason: dict[str, list[Remark]] = {}
    for one in remarks:
        by_reason.setdefault(one.reason, []).append(one)
    yield from by_reason.items()


def _listed(remarks: Sequence[Remark]) -> str:
    return ", ".join(f"{one.what} (line {one.line})" for one in remarks)


def _line(line: int) -> str:
    return f"line {line:<4}" if line else "built in "


def _wrapped(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(printable(text), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
