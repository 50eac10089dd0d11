"""When the group's offsets are written (rule 5): what the group knows is not told again, and nothing oftener than once a second."""

from transport.group_offsets import GroupOffsets

OLD, NEW, NEWER = {"in": 5}, {"in": 7}, {"in": 9}


def test_what_the_group_knows_is_not_written():
    offsets = GroupOffsets(OLD)
    assert not offsets.due(OLD, 100.0)
    assert offsets.left(OLD, 100.0) is None


def test_what_it_does_not_know_is_written_with_the_first_chunk_and_then_once_a_second():
    offsets = GroupOffsets(OLD)
    assert offsets.due(NEW, 100.0)
    offsets.written(NEW, 100.0)
    assert [offsets.due(NEWER, now) for now in (100.1, 100.9, 101.0)] == [False, False, True]
    assert offsets.left(NEWER, 100.25) == 0.75


def test_what_has_been_written_meanwhile_waits_for_nothing():
    offsets = GroupOffsets(OLD)
    offsets.written(NEW, 100.0)
    assert offsets.left(NEW, 100.5) is None
