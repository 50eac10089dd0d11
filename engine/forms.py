"""Actions and reports as plain JSON objects: the offline form of the contract's records (contract 2, 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.effects import ABSENT, ActionBatch, Report


def action_forms(batch: ActionBatch) -> Iterator[dict[str, Any]]:
    """Each action of a batch, in order; absent fields are null."""
    columns = (
        batch.cause,
        batch.ordinal,
        batch.place,
        batch.kind,
        batch.occurred_at,
        batch.begun_at,
        batch.duration_ms,
        batch.count,
        batch.call_result,
    )
    event_ids = batch.event_ids.to_list()
    for cause, ordinal, place, kind, occurred_at, begun_at, duration_ms, count, call_result in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        event_id = event_ids[cause]
        at, (action, phase) = batch.places[place], batch.kinds[kind]
        yield {
            "action_id": f"{event_id}/{ordinal}",
            "event_id": event_id,
            "tenant": at.tenant,
            "campaign": at.campaign,
            "group": at.group,
            "calling_list": at.calling_list,
            "objects": at.objects,
            "action": action,
            "phase": phase,
            "occurred_at": occurred_at,
            "begun_at": begun_at if phase == "end" else None,
            "duration_ms": duration_ms if phase == "end" else None,
            "count": count,
            "call_result": None if call_result == ABSENT else call_result,
        }


def report_form(report: Report) -> dict[str, Any]:
    """A report; absent fields are null."""
    state = report.state
    return {
        "object_type": report.object_type,
        "tenant": report.tenant,
        "campaign": report.campaign,
        "group": report.group,
        "calling_list": report.calling_list,
        "profile": report.profile,
        "window_start": report.window_start,
        "as_of": report.as_of,
        "revision": report.revision,
        "final": report.final,
        "values": dict(zip(report.names, report.values, strict=True)),
        "state": None
        if state is None
        else {
            "status": state.status,
            "since": state.since,
            "dial_mode": state.dial_mode,
            "dial_mode_since": state.dial_mode_since,
            "conditions": dict(state.conditions),
        },
        "inputs": [{"topic": topic, "partition": partition, "offset": offset} for topic, partition, offset in report.inputs],
        "complete_from": dict(report.complete_from),
    }
