"""All targets, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.fuzz import batches, changelog, definitions, deltas, exports, letters, lines, page, values
from tests.fuzz.target import Target

TARGETS: Final[Mapping[str, Target]] = {
    module.TARGET.name: module.TARGET for module in (batches, changelog, definitions, deltas, exports, letters, lines, page, values)
}
