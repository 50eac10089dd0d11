"""Faust's assignor, told to say less: who holds which partition is nobody's business but the leader's."""

from __future__ import annotations

from typing import Any

from faust.assignor.partition_assignor import PartitionAssignor

Faust = Any
"""Faust is not typed."""


class Assignor(PartitionAssignor):
    """Faust lets every member carry the whole assignment, for requests that are passed on to whom they concern; we pass none on.

    With a hundred workers and a thousand partitions that would be megabytes, more than the broker can keep of a group: it is one record.
    """

    def _get_changelog_distribution(self, assignments: Faust) -> dict[str, Any]:
        return {}

    def _get_external_topic_distribution(self, assignments: Faust) -> dict[str, Any]:
        return {}
