"""Exports of a Stat Server: whatever bytes they are, the engine takes what is made of them."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.damage import damaged, spliced
from tests.fuzz.target import Target, needs_nothing
from tests.repository.files import ROOT
from tests.topologies.test_stat_server_anything import ANYTHING, CHOICES, MADE, PLAUSIBLE, told_of
from topologies.stat_server import Choice

REAL = (ROOT / "examples" / "stat_server.cfg").read_bytes()
_LINES = st.sampled_from(REAL.splitlines(keepends=True))
_OF_LINES = st.lists(_LINES | st.builds("{}={}\n".format, ANYTHING, ANYTHING).map(str.encode), max_size=30).map(b"".join)
_WRITTEN = (PLAUSIBLE | MADE).map(str.encode)
_EXPORTS = st.one_of(_OF_LINES, _WRITTEN, damaged(_OF_LINES), damaged(st.just(REAL)), spliced(_WRITTEN), st.binary(max_size=200))


def check(case: tuple[bytes, Choice]) -> None:
    """Refused as no export, or all that is made of it is understood, and told."""
    told_of(*case)


TARGET = Target(
    "exports",
    "an export is refused as none, or the engine takes what is made of it and all the rest is told",
    st.tuples(_EXPORTS, CHOICES),
    needs_nothing(check),
    size=150,
    short=15,
)
