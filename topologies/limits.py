"""The settings that decide what is counted, as the engine takes them."""

from __future__ import annotations

from engine.campaigns import Limits
from topologies.durations import in_ms
from topologies.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """Lateness, grace, future limit and retention of chains, in ms (domain 6.6, 7.4, 6.7, 4.3)."""
    return Limits(
        allowed_lateness=in_ms(settings.allowed_lateness),
        close_grace=in_ms(settings.close_grace),
        future_limit=in_ms(settings.future_limit),
        chain_retention=in_ms(settings.chain_retention),
    )
