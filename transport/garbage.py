"""The garbage collector, told what kind of process this is."""

from __future__ import annotations

import gc
from typing import Final

_THRESHOLDS: Final = (100_000, 20, 50)


def collect_seldom() -> None:
    """Let the collector pass over what lives as long as the process, and come less often.

    A chunk makes tens of thousands of objects, none in cycles; at Python's own thresholds, looking through them costs a third of it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
