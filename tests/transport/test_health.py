"""/livez from progress, /readyz from restored and assigned."""

import time

from transport.health import Health


def test_is_alive_as_long_as_there_is_progress():
    health = Health(limit=60)
    now = time.monotonic()
    assert health.alive(now + 59)
    assert not health.alive(now + 61)
    health.progress()
    assert health.alive()


def test_is_ready_from_restored_to_revoked():
    health = Health()
    assert (health.ready, health.reason) == (False, "not assigned any partition yet")
    health.restoring("app-counts-changelog", 1_000)
    assert (health.ready, health.reason) == (False, "restoring from app-counts-changelog")
    health.restored((0, 2))
    assert (health.ready, health.partitions) == (True, (0, 2))
    health.revoked()
    assert not health.ready
