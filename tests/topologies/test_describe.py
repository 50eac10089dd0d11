"""What is told of the topology and the settings comes from their declarations."""

from pathlib import Path

import pytest

from topologies.declaration import declare
from topologies.describe import describe_mermaid, describe_settings, describe_text
from topologies.settings import Settings
from topologies.sources import load_settings, variable_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(variable_of(name), raising=False)


def test_text(snapshot):
    configuration = load_settings({"topic_prefix": "p-", "partitions": "12", "brokers": "kafka:9092"})
    assert describe_text(declare(configuration.settings), configuration) == snapshot


def test_mermaid(snapshot):
    assert describe_mermaid(declare(load_settings({}).settings)) == snapshot


def test_a_secret_is_never_shown():
    configuration = load_settings({"schema_registry_password": "hidden-word"})
    text = describe_text(declare(configuration.settings), configuration)
    assert "hidden-word" not in text
    assert "(set)" in text


def test_the_page_of_settings_is_not_stale():
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == describe_settings(), "make it anew: dialstat describe --format settings > docs/settings.md"
