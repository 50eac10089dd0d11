"""Published reports, read from the offline form (contract 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.catalog import ObjectType
from recount.events import Source
from recount.happened import ObjectName


@dataclass(frozen=True, slots=True)
class Report:
    """A published report; ``where`` is where it stands: topic, partition and offset, or file and line."""

    where: str
    name: ObjectName
    profile: str
    window_start: int
    as_of: int
    final: bool
    values: Mapping[str, float | None]
    state: Mapping[str, Any] | None
    inputs: tuple[Source, ...]
    complete_from: Mapping[str, int]

    @property
    def object_type(self) -> ObjectType:
        """What kind of object it is about."""
        return ObjectType(self.name[0])

    @property
    def partitions(self) -> frozenset[int]:
        """The input partitions that contributed."""
        return frozenset(source.partition for source in self.inputs)


def report_of(form: Mapping[str, Any], where: str) -> Report:
    """A report from its fields.

    Raises:
        ValueError: a field is missing, or it is none of a report.
    """
    try:
        return Report(
            where=where,
            name=(form["object_type"], form["tenant"] or "", form["campaign"], form["group"], form["calling_list"]),
            profile=form["profile"],
            window_start=form["window_start"],
            as_of=form["as_of"],
            final=form["final"],
            values=dict(form["values"]),
            state=form["state"],
            inputs=tuple(Source(one["topic"], one["partition"], one["offset"]) for one in form["inputs"]),
            complete_from=dict(form.get("complete_from") or {}),
        )
    except KeyError as error:
        raise ValueError(f"it has no field {error}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"its fields are not those of one: {error}") from error
