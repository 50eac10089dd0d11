"""How much state a worker may hold of a partition before it stops: better than to be ended for want of memory.

Nothing that is counted depends on these limits. The chunk that is too much is not committed, and is read again.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents import metrics
from transport.lifecycle import FatalError


@dataclass(frozen=True, slots=True)
class Bounds:
    """Chains that are remembered, and windows and panes that are held (of all profiles and objects, parts included), of one partition."""

    chains: int = 5_000_000
    windows: int = 5_000_000

    def check_chains(self, partition: int, chains: int) -> None:
        """After a chunk.

        Raises:
            FatalError: there are more; the chunk must not be written.
        """
        if chains > self.chains:
            raise FatalError(
                f"too many chains: agent campaigns, partition {partition} would remember {chains:,}, and chain_limit is {self.chains:,}; "
                "this chunk is not committed and will be read again. If there is memory for more (some 0.1 kB each), raise `chain_limit`; "
                "a shorter `chain_retention` forgets them sooner"
            )

    def check_windows(self, agent: str, partition: int, windows: int) -> None:
        """After a chunk.

        Raises:
            FatalError: there are more; the chunk must not be written.
        """
        metrics.WINDOWS.labels(agent, str(partition)).set(windows)
        if windows > self.windows:
            raise FatalError(
                f"too many windows: agent {agent}, partition {partition} would hold {windows:,} windows and panes, and window_limit is "
                f"{self.windows:,}; this chunk is not committed and will be read again. If there is memory for more (some 0.1 kB each), "
                "raise `window_limit`; fewer profiles, longer steps, lower limits of breakdowns and a shorter `allowed_lateness` need fewer"
            )


DEFAULT_BOUNDS = Bounds()
"""Those of the settings' defaults."""
