"""What the engine counts in, piece by piece, against dictionaries: clocks, rows of counts, names, gauges, modes, starts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.arrays import NEVER, Clocks, Int64s
from engine.catalog import DIAL_MODES
from engine.credits import CALLING_LIST, CAMPAIGN, CAMPAIGN_CALLING_LIST, CAMPAIGN_GROUP
from engine.directory import NONE, Directory, Route
from engine.gauges import Gauges
from engine.modes import Modes
from engine.starts import Start, Starts


def column(values: list[int]) -> Int64s:
    return np.array(values, dtype=np.int64)


def test_clocks_grow_and_keep_what_they_hold() -> None:
    clocks = Clocks()
    clocks.raise_to(0, -5)
    clocks.raise_to(15, 7)
    clocks.raise_to(15, 6)
    for size in (0, 16, 17, 40, 41):
        clocks.reserve(size)
        assert len(clocks.data) >= size
        assert [clocks.get(number) for number in (0, 1, 15)] == [-5, NEVER, 7]
        assert set(clocks.data[16:].tolist()) <= {NEVER}
    assert len(clocks.data) == 64, "by doubling: a campaign more doesn't copy them all"
    clocks.reserve(1_000)
    assert len(clocks.data) == 1_000


def test_names_and_numbers_of_a_partition() -> None:
    """Domain 1.1, 1.2; more than the arrays begin with, which grow."""
    directory = Directory()
    names = [
        (tenant, f"c{number}", group, listed)
        for number in range(30)
        for tenant in ("", "t")
        for group in (None, "g")
        for listed in (None, "l")
    ]
    for _ in range(2):
        assert [directory.route(*route) for route in names] == list(range(len(names)))
    assert len(directory.owners) == 60
    for number, (tenant, campaign, group, listed) in enumerate(names):
        assert directory.routes[number] == Route(tenant, campaign, group, listed)
        owner = directory.owners[int(directory.route_owner[number])]
        assert owner.name == (tenant, campaign)
        found = {kind: int(directory.route_objects[number, kind]) for kind in range(4)}
        assert (found[CALLING_LIST], found[CAMPAIGN_GROUP] == NONE, found[CAMPAIGN_CALLING_LIST] == NONE) == (
            NONE,
            group is None,
            listed is None,
        )
        assert found == {kind: int(directory.route_wholes[number, kind]) for kind in range(4)}
        for kind in (CAMPAIGN, CAMPAIGN_GROUP, CAMPAIGN_CALLING_LIST):
            if found[kind] != NONE:
                one = directory.objects[found[kind]]
                assert (one.number, one.whole, one.owner, one.type) == (found[kind], found[kind], owner.number, kind)
                assert one in owner.objects
                told = {CAMPAIGN: (None, None, ""), CAMPAIGN_GROUP: ("g", None, "g"), CAMPAIGN_CALLING_LIST: (None, "l", "l")}
                assert (one.tenant, one.campaign) == (tenant, campaign)
                assert (one.group, one.calling_list, one.name) == told[kind]
                assert int(directory.object_owner[one.number]) == owner.number
    assert len(directory.objects) == sum(len(owner.objects) for owner in directory.owners) == 180


def test_a_list_is_an_owner_of_its_own() -> None:
    """Domain 1.3."""
    directory = Directory()
    route = directory.list_route("t", "l")
    assert directory.list_route("t", "l") == route
    of_group = directory.list_route("t", "l", "g")
    assert (directory.routes[route], directory.routes[of_group]) == (Route("t", "", None, "l"), Route("t", "", "g", "l"))
    (one,) = directory.objects
    assert (one.tenant, one.campaign, one.group, one.calling_list, one.name) == ("t", None, None, "l", "")
    assert directory.route_objects[[route, of_group]].tolist() == [[NONE, NONE, 0, NONE]] * 2


def test_parts_are_found_by_their_whole_and_keep_their_order() -> None:
    directory = Directory()
    whole = directory.object(directory.owner("", "c"), CAMPAIGN)
    whole.known = True
    parts = [directory.part(whole.number, ("by", (value,))) for value in "bca"]
    other = directory.part(whole.number, ("by", None))
    assert directory.part(whole.number, ("by", ("b",))) is parts[0]
    assert [(one.whole, one.known, one.rank, one.part) for one in (*parts, other)] == [
        (whole.number, False, rank, ("by", values)) for rank, values in enumerate((("b",), ("c",), ("a",), None))
    ]
    assert directory.take_unrecorded(column([])) == [*parts, other]
    assert directory.take_unrecorded(column([])) == []
    assert directory.all_of(column([0])).tolist() == [0, 1, 2, 3, 4]
    route = directory.route("", "c", None, "l")
    to_parts = directory.route_to_parts(route, {CAMPAIGN: other.number})
    assert directory.route_objects[to_parts].tolist() == [other.number, NONE, NONE, NONE]
    assert directory.route_wholes[to_parts].tolist() == directory.route_objects[route].tolist()
    parts[0].rank, other.rank = 3, 0
    directory.part(whole.number, ("else", ("x",)))
    directory.restored()
    assert list(directory.parts[whole.number, "by"].values()) == [other, parts[1], parts[2], parts[0]]
    assert directory.take_unrecorded(column([])) == [], "the changelog has them"


def test_who_becomes_known_is_told_once() -> None:
    directory = Directory()
    directory.route("", "c", "g", None)
    directory.make_known(1)
    directory.make_all_known(column([1]))
    assert directory.known_of(column([0])).tolist() == [1]
    assert directory.take_unrecorded(column([])) == [directory.objects[1]]
    directory.make_known(1)
    directory.make_all_known(column([0, 1]))
    assert directory.take_unrecorded(column([0, 1])) == [directory.objects[0]]
    assert [one.known for one in directory.objects] == [True, True]
    assert directory.kept_numbers[:2].tolist() == [1, 0]


def test_numbers_of_the_changelog_are_used_once() -> None:
    """A page may still hold counts under the number of what is no longer asked for."""
    directory = Directory()
    directory.route("", "c", "g", None)
    directory.restore(directory.objects[0], 7, known=True)
    directory.restore(directory.objects[1], None, known=True)
    directory.keep_clear_of(9)
    assert [one.known for one in directory.objects] == [True, True]
    assert directory.take_unrecorded(column([])) == []
    assert directory.take_unrecorded(column([0, 1, 1])) == [directory.objects[1]], "a record of an old release has none"
    assert directory.kept_numbers[:2].tolist() == [7, 10]


_readings = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(0, 99)), max_size=12)


@given(_readings, st.integers(0, 9), st.integers(-1, 10))
def test_a_gauge_is_the_last_reading_of_its_time(readings: list[tuple[str, int, int]], horizon: int, at: int) -> None:
    """Domain 4.7; of equal times the later report. What is forgotten is not missed from the horizon on."""
    gauges: Gauges[str] = Gauges()
    for pair, when, records in readings:
        gauges.report(pair, when, records)
    for pair in "ab":
        held = [(when, place, records) for place, (name, when, records) in enumerate(readings) if name == pair and when <= at]
        expected = max(held)[2] if held else 0
        assert gauges.value(pair, at) == expected
        if pair in gauges.readings:
            gauges.forget(pair, horizon)
            assert sum(reading.at <= horizon for reading in gauges.readings[pair]) <= 1
            assert at < horizon or gauges.value(pair, at) == expected


_mode_steps = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.sampled_from([None, *DIAL_MODES[:3]])), max_size=12)


@given(
    _mode_steps,
    st.integers(0, 12),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 30)), max_size=8),
    st.integers(0, 20),
)
def test_a_call_has_the_mode_of_its_time_by_what_was_applied_before_it(
    steps: list[tuple[int, int, str | None]], old: int, calls: list[tuple[int, int, int]], horizon: int
) -> None:
    """Domain 2.5, and what is forgotten is not missed."""
    modes, noted, now = Modes(), list[tuple[int, int, str | None, int]](), {0: 0, 1: 0}
    for place, (group, step, mode) in enumerate(steps):
        if place == old:
            modes.begin_chunk()
        now[group] += step
        modes.note(group % 2, group, now[group], mode, 2 * place)
        noted.append((group, now[group], mode, -1 if place < old else 2 * place))
    if old >= len(steps):
        modes.begin_chunk()
        noted = [(group, at, mode, -1) for group, at, mode, _ in noted]
    columns = [column([call[field] for call in calls]) for field in range(3)]
    expected = []
    for group, at, place in calls:
        held = [mode for of, since, mode, noted_at in noted if of == group and since <= at and noted_at < place]
        expected.append(0 if not held or held[-1] is None else DIAL_MODES.index(held[-1]) + 1)
    assert modes.in_force(*columns).tolist() == expected
    modes.begin_chunk()
    late = [max(at, horizon) for _, at, _ in calls]
    whole = modes.in_force(columns[0], column(late), columns[2]).tolist()
    modes.forget(np.arange(3), np.full(3, horizon))
    assert modes.in_force(columns[0], column(late), columns[2]).tolist() == whole
    for group in (0, 1):
        assert sum(since <= horizon for since in modes._since.get(group, [])) <= 1


def test_starts_open_windows_in_order() -> None:
    """Domain 6.4: one that is late opens its window a millisecond after the stream time."""
    starts = Starts()
    assert starts.window(5, 100) is None
    assert starts.begin(5, 3, 100, 100) == Start(5, 100, just_reached=True)
    assert starts.begin(5, 3, 100, 100) is None
    assert starts.begin(5, 3, 100, 150) == Start(5, 151, just_reached=False)
    assert starts.begin(5, 3, 200, 160) == Start(5, 200, just_reached=False)
    assert starts.begin(5, 3, 151, 151) is None
    assert list(starts.changed) == [5]
    assert [starts.window(5, instant) for instant in (99, 100, 150, 151, 199, 200, 999)] == [
        None,
        *[(100, 151)] * 2,
        *[(151, 200)] * 2,
        *[(200, None)] * 2,
    ]
    for horizon, left in ((150, [100, 151, 200]), (151, [151, 200]), (151, [151, 200]), (999, [200])):
        starts.changed.clear()
        before = list(starts.of[5])
        starts.forget(column([3, 5]), column([horizon, horizon]))
        assert (starts.of[5], list(starts.changed)) == (left, [5] if left != before else [])
    starts.forget(column([4]), column([100]))
    assert starts.first == {5: 100}
    restored = Starts()
    restored.restore(5, 3, 100, [200])
    assert (restored.first, restored.of, list(restored.changed)) == ({5: 100}, {5: [200]}, [])
