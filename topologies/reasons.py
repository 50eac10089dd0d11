"""Why records become dead letters, and what an operator does about each reason (contract 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Reason(NamedTuple):
    """When a record is set aside for this reason, and what to do."""

    when: str
    todo: str


REASONS: Final[Mapping[str, Reason]] = {
    "malformed": Reason(
        "not the wire format, not Avro, not JSON, a field of a wrong type, a time outside the calendar",
        "mend the writer, and let it write the events anew: the same bytes can't be read the next time either",
    ),
    "unknown_schema": Reason(
        "the registry does not know the schema id",
        "register the schema, or give the workers the registry that the writer uses (`schema_registry`); then retry",
    ),
    "incompatible_schema": Reason(
        "the schema can't be read as ours: a field has another type, or one that is required is not there",
        "mend the writer's schema, and let it write the events anew; a newer release may know the schema: then retry",
    ),
    "missing_field": Reason(
        "no event_id or campaign, or not what the kind needs",
        "mend the writer, and let it write the events anew, complete",
    ),
    "unknown_kind": Reason(
        "a kind, dial mode or other name that is not in the tables",
        "mend the writer; if it is newer than the workers, update them, then retry",
    ),
    "invalid_call_result": Reason(
        "a code that is no result of an outbound call",
        "mend the writer, and let it write the events anew with the code that was meant",
    ),
    "anomaly": Reason(
        "a control event that can't be in its group's status",
        "look for the event that is missing before it; retry only if the group is in the right status now",
    ),
    "too_late": Reason(
        "further behind its campaign's clock than `allowed_lateness`",
        "raise `allowed_lateness` for all workers, then retry; else the events stay uncounted",
    ),
    "future": Reason(
        "further ahead of the worker's clock than `future_limit`",
        "set the clocks right; retry once the time of the events has come",
    ),
    "too_large": Reason(
        "more bytes, key and headers included, than `record_limit`; beyond 900,000 the letter holds none of them",
        "mend the writer; if such records are right, raise `record_limit`, then retry",
    ),
    "name_too_long": Reason(
        "a name of more bytes than `name_limit`",
        "mend the writer; if such names are right, raise `name_limit`, then retry",
    ),
    "too_many_objects": Reason(
        "a campaign, group or list beyond the number that `object_limit` allows",
        "look whether the names are right; if so, raise `object_limit`, then retry",
    ),
    "set_aside": Reason(
        "named by the operator in `set_aside`",
        "update to a release that can handle the record, take it out of `set_aside`, then retry",
    ),
}


def reasons_table() -> str:
    """All reasons as a table, Markdown; ``docs/dead-letters.md`` has it."""
    rows = [f"| `{name}` | {reason.when} | {reason.todo} |" for name, reason in REASONS.items()]
    return "\n".join(["| reason | when | what to do |", "|---|---|---|", *rows]) + "\n"
