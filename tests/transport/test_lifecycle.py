"""How a worker ends: 0, 70 after an error, 75 with an outcome that is not known (rules 22, 38)."""

import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from transport.lifecycle import FATAL, OK, UNKNOWN_OUTCOME, FatalError, Lifecycle


@pytest.fixture
def lifecycle():
    found = Lifecycle()
    yield found
    found.cancel()


def test_a_clean_end_is_0(lifecycle):
    lifecycle.given_up(clean=True)
    assert lifecycle.exit_code == OK


def test_an_unknown_outcome_is_75_also_when_a_second_look_finds_nothing_left(lifecycle):
    """Shutdown gives up the partitions twice: the second time there are none."""
    lifecycle.given_up(clean=False)
    lifecycle.given_up(clean=True)
    assert lifecycle.exit_code == UNKNOWN_OUTCOME


def test_an_error_is_70_and_told_once_with_its_place(lifecycle):
    error = FatalError("input lost")
    error.add_note("partition 3")
    with capture_logs() as logs:
        lifecycle.fail(error)
        lifecycle.fail(ValueError("what came of it"))
    lifecycle.given_up(clean=False)
    assert lifecycle.exit_code == FATAL
    assert [entry["reason"] for entry in logs] == ["input lost; partition 3"]


def test_an_error_that_nobody_expected_is_told_with_its_type_and_where_it_came_from(lifecycle):
    with capture_logs() as logs:
        lifecycle.fail(ValueError("boom"))
    assert logs[0]["reason"] == "ValueError: boom"
    assert logs[0]["exc_info"] is lifecycle.error


def test_the_end_is_insisted_on_whatever_hangs():
    script = "from transport.lifecycle import Lifecycle; import threading; Lifecycle().end_in(0.01, 75); threading.Event().wait()"
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == UNKNOWN_OUTCOME
