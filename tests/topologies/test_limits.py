"""What settings mean to those who are told: contract 5, 6."""

import pytest

from agents.letters import LetterLimit
from topologies.limits import letter_rules_of
from topologies.settings import Settings
from topologies.sources import SettingsError, load_settings, variable_of


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(variable_of(name), raising=False)


def rules(**options):
    return letter_rules_of(load_settings(options).settings)


@pytest.mark.parametrize(("text", "limit"), [("0", LetterLimit()), (0, LetterLimit()), ("5/10", LetterLimit(5, 10))])
def test_the_limit_of_dead_letters(text, limit):
    assert rules(dead_letter_limit=text).limit == limit


def test_by_default_there_is_a_limit_and_nothing_is_named():
    assert rules().limit == LetterLimit(5_000, 10_000)
    assert rules().named == frozenset()


@pytest.mark.parametrize("text", ["10/5", "5/5", "0/10", "5", "half", "-1/2", ""])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(SettingsError, match="such as 5000/10000, or 0 for no limit"):
        load_settings({"dead_letter_limit": text})


def test_records_are_named_with_and_without_the_prefix():
    named = rules(topic_prefix="p-", set_aside="call-results:3:17, p-campaign-events:0:1,dialstat-list-deltas:1:2").named
    assert named == {("p-call-results", 3, 17), ("p-campaign-events", 0, 1), ("p-dialstat-list-deltas", 1, 2)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("call-results:3", "expected topic:partition:offset, several separated by commas; got 'call-results:3'"),
        ("call-results:0:1,,x", "got 'x'"),
        ("call-result:0:7", "a worker reads no topic 'call-result'; those that it reads are campaign-events, call-results, "),
        ("dead-letters:0:7", "a worker reads no topic 'dead-letters'"),
    ],
)
def test_what_names_no_record_is_refused(text, message):
    with pytest.raises(SettingsError, match=message):
        rules(set_aside=text)
