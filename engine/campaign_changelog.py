"""Campaigns as changelog records: clocks, groups, durable actions by the hour of their end, gauges, pages of chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from engine.admission import Admission
from engine.arrays import Int64s
from engine.campaign import OF_CAMPAIGN, Campaign, Group
from engine.catalog import ACTION_BY_NAME, ACTIONS
from engine.cells import CLOCKS
from engine.chain_pages import read_page, write_page
from engine.changelog import (
    Change,
    check_version,
    decode,
    encode,
    encode_key,
    find_object,
    ledger_changes,
    load_ledger,
    object_key,
)
from engine.credited import Credits
from engine.credits import CAMPAIGN, CAMPAIGN_CALLING_LIST, CAMPAIGN_GROUP
from engine.dimensions import NO_TRAIT
from engine.gauges import Reading
from engine.old_rows import old_row
from engine.spans import SPAN_PAGE_MS, Early, Span, Spans
from engine.status import GroupStatus

if TYPE_CHECKING:
    from engine.campaigns import CampaignsState
    from engine.events import AppliedEvents

_LARGE_BYTES: Final = 500_000
"""A broker takes records of twice this size; what grows with a chunk and its names is divided before."""


def campaign_changes(state: CampaignsState, campaigns: Int64s, events: AppliedEvents) -> Iterator[Change]:
    """Records of all that a chunk changed. ``campaigns`` are the objects of those that have rows in it."""
    yield encode_key("inputs"), encode(state.inputs)
    state.ledger.note_clocks(campaigns, (*state.clocks, *state.order_clocks))
    yield from _status_changes(state, events)
    for owner, group, calling_list in events.pairs:
        readings = [tuple(reading) for reading in state.events.campaign(owner).gauges.readings[group, calling_list]]
        yield encode_key("gauge", *state.directory.owners[owner].name, group, calling_list), encode(readings)
    yield from _chain_changes(state)
    yield from _start_changes(state)
    yield from ledger_changes(state.ledger)


def named_changes(admission: Sequence[Admission], routes: Sequence[Int64s]) -> Iterator[Change]:
    """What rows of each topic, by their routes, were the first to name."""
    for topic, (admitted, applied) in enumerate(zip(admission, routes, strict=True)):
        for value in _in_records(admitted.take_new(applied)):
            # The key is such that a release that knows nothing of it takes it for an empty campaign.
            yield encode_key("named", "", str(topic), admitted.records), value
            admitted.records += 1


def _in_records(rows: list[Any]) -> Iterator[bytes]:
    """Rows, none of which is large, in values that are not too large for a record."""
    value = encode(rows)
    if len(value) > _LARGE_BYTES and len(rows) > 1:
        yield from _in_records(rows[: len(rows) // 2])
        yield from _in_records(rows[len(rows) // 2 :])
    elif rows:
        yield value


def _status_changes(state: CampaignsState, events: AppliedEvents) -> Iterator[Change]:
    for owner, name in events.groups:
        group = state.events.campaign(owner).groups[name]
        yield encode_key("group", *state.directory.owners[owner].name, name), encode(_group_form(group.status))
    for owner in dict.fromkeys(owner for owner, _ in events.groups):
        campaign = state.events.campaign(owner)
        yield encode_key("campaign", *state.directory.owners[owner].name), encode([campaign.status, campaign.since])
    for owner, name, page in events.pages:
        campaign = state.events.campaign(owner)
        spans = campaign.spans if name == OF_CAMPAIGN else campaign.groups[name].spans
        yield encode_key("spans", *state.directory.owners[owner].name, name, page), encode(_page_form(spans, name, page))


def _start_changes(state: CampaignsState) -> Iterator[Change]:
    for number in state.starts.changed:
        key = encode_key("starts", *object_key(state.directory, state.directory.objects[number]))
        yield key, encode([state.starts.first[number], state.starts.of[number]])
    state.starts.changed.clear()
    for owner in state.reached.changed:
        reached = state.reached.by_owner[owner]
        routes = [state.directory.routes[route] for route in reached.route.tolist()]
        names = [(route.group, route.calling_list) for route in routes]
        form = [int(reached.at[0]), names, reached.code.tolist(), reached.count.tolist(), reached.trait.tolist()]
        yield encode_key("reached", *state.directory.owners[owner].name), encode(form)
    state.reached.changed.clear()


def _chain_changes(state: CampaignsState) -> Iterator[Change]:
    for page, filled in state.chains.take_written().items():
        if filled:
            yield from _page_changes(state, page)
        else:
            yield encode_key("chains", page), None


def _page_changes(state: CampaignsState, page: int) -> Iterator[Change]:
    value = write_page(state.chains, page, state.list_names)
    if len(value) > _LARGE_BYTES and len(state.chains.rows(page)) > 1:
        for half in state.chains.halve(page):
            yield from _page_changes(state, half)
    else:
        yield encode_key("chains", page), value


def _group_form(status: GroupStatus) -> list[Any]:
    return [
        status.status,
        status.since,
        status.mode,
        status.mode_since,
        status.conditions,
        status.last_change,
        status.status_change,
    ]


def _page_form(spans: Spans, name: str, page: int) -> list[tuple[int, int, str]]:
    chosen = spans.ended_between(page * SPAN_PAGE_MS, (page + 1) * SPAN_PAGE_MS)
    return [
        (span.end, span.begin, ACTIONS[span.action].name)
        for span in chosen
        if name != OF_CAMPAIGN or ACTIONS[span.action].family == "status"
    ]


def forget_spans(state: CampaignsState, owner: int, horizon: int) -> Iterator[Change]:
    """Drop the durable actions and gauge readings that no window of a campaign reaches any more, in whole pages."""
    campaign = state.events.campaigns[owner]
    before = horizon - horizon % SPAN_PAGE_MS
    if not campaign.spans.ended or campaign.spans.ended[0].end >= before:
        note_spans_due(state, owner)
        return
    logs = {OF_CAMPAIGN: campaign.spans, **{name: group.spans for name, group in campaign.groups.items()}}
    for name, spans in logs.items():
        forgotten = spans.forget(before)
        for page in dict.fromkeys(span.end // SPAN_PAGE_MS for span in forgotten):
            yield encode_key("spans", *state.directory.owners[owner].name, name, page), None
        if forgotten and spans.early is not None:
            yield encode_key("early", *state.directory.owners[owner].name, name), encode(_early_form(spans.early))
    for pair in campaign.gauges.readings:
        campaign.gauges.forget(pair, horizon)
    note_spans_due(state, owner)


def note_spans_due(state: CampaignsState, owner: int) -> None:
    """The earliest page of a campaign's ended spans is given up when no window reaches back into it."""
    ended = state.events.campaigns[owner].spans.ended
    if ended:
        state.spans_due.note(owner, page_end(ended[0].end // SPAN_PAGE_MS))


def page_end(page: int) -> int:
    """The end of a page of spans, ms."""
    return (page + 1) * SPAN_PAGE_MS


def _early_form(early: Early) -> list[Any]:
    return [early.since, early.until, {ACTIONS[action].name: at for action, at in early.left.items()}]


def load(state: CampaignsState, records: Mapping[bytes, bytes]) -> None:
    """Fill an empty state from the last value of every key.

    Raises:
        StateVersionError: it was written by a later version.
    """
    check_version(records)
    pages = []
    raw_key = b""
    try:
        for raw_key, value in records.items():
            kind, *key = orjson.loads(raw_key)
            if kind == "chains":
                pages.append((key[0], read_page(value, partial(_list_number, state))))
            elif not (_load_common(state, kind, key, value) or load_ledger(state.ledger, kind, key, value)):
                _load_campaign(state, kind, key, decode(value))
    except Exception as error:
        error.add_note(f"at the record {raw_key!r}")
        raise
    state.chains.restore(pages)
    state.ledger.load_rows()
    state.reserve()
    state.ledger.restore_clocks((*state.clocks, *state.order_clocks))
    for owner, campaign in state.events.campaigns.items():
        note_spans_due(state, owner)
        for name, group in campaign.groups.items():
            _resume(name, group, campaign)
            if state.ledger.slices.by_mode:
                found = state.directory.object(state.directory.owners[owner], CAMPAIGN_GROUP, name)
                state.modes.restore(owner, found.number, group.spans)
        if campaign.status is not None:
            campaign.spans.begin(OF_CAMPAIGN, ACTION_BY_NAME[campaign.status].index, campaign.since)


def _load_common(state: CampaignsState, kind: str, key: list[Any], value: bytes) -> bool:
    """What is not of one campaign; whether the record was such."""
    if kind == "starts":
        found = find_object(state.directory, key)
        state.starts.restore(found.number, found.owner, *decode(value))
    elif kind == "named":
        state.admission[int(key[1])].restore(key[2], map(tuple, decode(value)))
    elif kind == "inputs":
        state.inputs = {topic: (partition, offset) for topic, (partition, offset) in decode(value).items()}
    else:
        return False
    return True


def _load_campaign(state: CampaignsState, kind: str, key: list[Any], form: list[Any]) -> None:
    tenant, name, *rest = key
    owner = state.directory.owner(tenant, name).number
    state.reserve()
    campaign = state.events.campaign(owner)
    if kind == "clock":
        _load_clock(state, tenant, name, form)
    elif kind == "campaign":
        campaign.status, campaign.since = form
    elif kind == "group":
        campaign.groups.setdefault(rest[0], Group()).status = GroupStatus(*form)
    elif kind == "gauge":
        campaign.gauges.readings[rest[0], rest[1]] = [Reading(*reading) for reading in form]
    elif kind == "spans":
        _load_page(campaign, rest[0], form)
    elif kind == "reached":
        at, names, codes, counts, *traits = form
        routes = [state.directory.route(tenant, name, group, calling_list) for group, calling_list in names]
        columns = (routes, codes, [at] * len(codes), counts, [0] * len(codes), traits[0] if traits else [NO_TRAIT] * len(codes))
        state.reached.by_owner[owner] = Credits(*(np.array(column, dtype=np.int64) for column in columns))
    elif kind == "early":
        since, until, left = form
        spans = campaign.spans if rest[0] == OF_CAMPAIGN else campaign.groups.setdefault(rest[0], Group()).spans
        spans.early = Early(since, until, {ACTION_BY_NAME[action].index: at for action, at in left.items()})


def _load_clock(state: CampaignsState, tenant: str, name: str, form: list[int]) -> None:
    """A record of one campaign's clocks, as state version 2 had them: of both topics, then of the order of both."""
    events, results, event_order, result_order = form
    found = state.directory.object(state.directory.owner(tenant, name), CAMPAIGN)
    state.ledger.old_records.add(
        encode_key("clock", tenant, name), CLOCKS, 0, found.number, old_row([events, results, event_order, result_order])
    )


def _load_page(campaign: Campaign, name: str, form: list[tuple[int, int, str]]) -> None:
    spans = [Span(end, begin, ACTION_BY_NAME[action].index) for end, begin, action in form]
    if name == OF_CAMPAIGN:
        campaign.spans.restore(spans)
        return
    campaign.groups.setdefault(name, Group()).spans.restore(spans)
    campaign.spans.restore(span for span in spans if ACTIONS[span.action].family != "status")


def _resume(name: str, group: Group, campaign: Campaign) -> None:
    """Let what was in progress be in progress again."""
    status = group.status
    running = dict(status.conditions)
    if status.mode is not None:
        running[status.mode] = status.mode_since
    for action, since in running.items():
        group.spans.begin(name, ACTION_BY_NAME[action].index, since)
        campaign.spans.begin(name, ACTION_BY_NAME[action].index, since)
    if status.status is not None:
        group.spans.begin(name, ACTION_BY_NAME[status.status].index, status.since)


def _list_number(state: CampaignsState, tenant: str, campaign: str, calling_list: str) -> int:
    return state.directory.object(state.directory.owner(tenant, campaign), CAMPAIGN_CALLING_LIST, calling_list).number
