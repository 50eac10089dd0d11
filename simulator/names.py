"""Names of simulated tenants, campaigns, groups and lists, by number.

Campaigns are numbered over the site; lists and groups repeat from tenant to tenant, as names do in life (domain 1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_TENANTS: Final = ("north-bank", "harbour-insurance", "city-energy", "alpine-mobile", "river-travel")
_CAMPAIGNS: Final = (
    "spring-renewal", "card-activation", "customer-survey", "welcome-calls", "payment-reminder", "tariff-upgrade", "policy-review",
    "win-back", "appointment", "loyalty-bonus", "fibre-offer", "travel-cover", "donor-thanks", "savings-plan", "product-recall",
    "membership",
)  # fmt: skip
_GROUPS: Final = ("north", "south", "east", "west", "evening", "seniors")
_LISTS: Final = ("customers", "prospects", "lapsed", "leads", "households", "merchants", "subscribers", "newcomers")


def _numbered(names: Sequence[str], index: int) -> str:
    turn, place = divmod(index, len(names))
    return f"{names[place]}-{turn + 1}" if turn else names[place]


def tenant_name(index: int, count: int) -> str:
    """The name of a tenant; the only one of a site has the empty name."""
    return "" if count == 1 else _numbered(_TENANTS, index)


def campaign_name(index: int) -> str:
    """The name of a campaign, by its number in the site."""
    return _numbered(_CAMPAIGNS, index)


def group_name(index: int) -> str:
    """The name of a group, by its number in its campaign."""
    return _numbered(_GROUPS, index)


def list_name(index: int) -> str:
    """The name of a list, by its number in its tenant."""
    return _numbered(_LISTS, index)
