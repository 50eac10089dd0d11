"""How many scenarios the property tests draw: as many as a test says, times ``SCENARIOS`` of the environment."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = float(os.environ.get("SCENARIOS", "1"))


def drawn(examples: int) -> settings:
    """Settings of a property test whose scenarios take a while each; used as its decorator."""
    return settings(
        max_examples=max(1, round(examples * FACTOR)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
