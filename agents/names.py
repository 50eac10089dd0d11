"""Names of the topics that the agents read and write, with the site's prefix (contract 1)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Every topic of a site.

    ``list_deltas`` is internal: from the campaigns' agent to the lists' one. So is ``letter_retries``: which dead letters were sent again.
    """

    campaign_events: str
    call_results: str
    campaign_actions: str
    campaign_statistics: str
    calling_list_statistics: str
    dead_letters: str
    list_deltas: str
    letter_retries: str


def topic_names(prefix: str, app: str) -> TopicNames:
    """The topics of a site; what is internal to an app carries its name, so that two apps on the same input don't meet."""
    return TopicNames(
        campaign_events=f"{prefix}campaign-events",
        call_results=f"{prefix}call-results",
        campaign_actions=f"{prefix}campaign-actions",
        campaign_statistics=f"{prefix}campaign-statistics",
        calling_list_statistics=f"{prefix}calling-list-statistics",
        dead_letters=f"{prefix}dead-letters",
        list_deltas=f"{prefix}{app}-list-deltas",
        letter_retries=f"{prefix}dead-letter-retries",  # whoever retries, a letter is sent again once
    )
