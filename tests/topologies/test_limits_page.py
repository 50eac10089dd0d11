"""The page of limits is what the code has: each limit is a setting, and can be seen in the metrics."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from agents import metrics
from agents.bounds import Bounds
from agents.letters import LetterLimit
from engine.campaigns import Limits
from engine.definition_limits import DefinitionLimits
from topologies.limits import bounds_of, definition_limits_of, letter_rules_of, limits_of
from topologies.limits_page import LIMITS, limits_table
from topologies.reasons import REASONS
from topologies.settings import Settings
from web import metrics as page_metrics
from web.limits import PageLimits

ROOT = Path(__file__).parents[2]


def test_every_limit_among_the_settings_is_told():
    assert LIMITS.keys() == {name for name in Settings.model_fields if name.endswith("_limit")}


def test_the_metrics_that_are_named_are_there():
    assert metrics.LETTER_LIMIT is not None
    assert page_metrics.OBJECTS is not None
    known = {family.name + ("_total" if family.type == "counter" else "") for family in REGISTRY.collect()}
    assert {metric for limit in LIMITS.values() for metric in limit.metrics} <= known


def test_the_reasons_that_are_named_are_there():
    named = {limit.beyond.split("`")[1] for limit in LIMITS.values() if "dead letter, `" in limit.beyond}
    assert named == {"too_large", "name_too_long", "too_many_objects", "future"}
    assert named <= REASONS.keys()


@pytest.mark.usefixtures("_clean")
def test_the_defaults_of_the_settings_are_those_of_the_code():
    settings = Settings()
    assert limits_of(settings) == Limits()
    assert bounds_of(settings) == Bounds()
    assert definition_limits_of(settings) == DefinitionLimits()
    assert letter_rules_of(settings).limit == LetterLimit(5_000, 10_000)
    assert PageLimits(settings.page_limit, settings.connection_limit, settings.board_limit) == PageLimits()


@pytest.fixture(name="_clean")
def _clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DIALSTAT_{name.upper()}", raising=False)


def test_the_table_in_the_document_is_not_stale():
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    assert limits_table() in page, "make it anew: dialstat describe --format limits"
