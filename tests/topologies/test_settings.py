"""Settings: declared once, from options, environment and file (contract 5)."""

from datetime import timedelta

import pytest

from topologies.limits import limits_of
from topologies.settings import Settings
from topologies.sources import SettingsError, load_settings, variable_of

CONTRACT_DEFAULTS = {
    "brokers": "embedded",
    "schema_registry": "builtin",
    "definitions": None,
    "app": "dialstat",
    "topic_prefix": "",
    "partitions": 4,
    "guarantee": "exactly_once",
    "allowed_lateness": timedelta(hours=1),
    "close_grace": timedelta(seconds=10),
    "future_limit": timedelta(minutes=1),
    "chain_retention": timedelta(hours=24),
    "http": "127.0.0.1:8080",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(variable_of(name), raising=False)


def load(options=None, text=None, tmp_path=None):
    if text is None:
        return load_settings(options or {})
    file = tmp_path / "dialstat.toml"
    file.write_text(text)
    return load_settings(options or {}, file)


def test_defaults_are_those_of_the_contract():
    settings = load().settings
    assert {name: getattr(settings, name) for name in CONTRACT_DEFAULTS} == CONTRACT_DEFAULTS


def test_every_setting_says_what_it_means():
    assert all(info.description for info in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("option", "variable", "file", "expected", "origin"),
    [
        (None, None, None, "dialstat", None),
        (None, None, "of-file", "of-file", "dialstat.toml: app"),
        (None, "of-env", "of-file", "of-env", "DIALSTAT_APP"),
        ("of-option", "of-env", "of-file", "of-option", "--app"),
        ("of-option", None, "of-file", "of-option", "--app"),
        (None, "of-env", None, "of-env", "DIALSTAT_APP"),
    ],
)
def test_option_wins_over_environment_over_file(tmp_path, monkeypatch, option, variable, file, expected, origin):
    if variable:
        monkeypatch.setenv("DIALSTAT_APP", variable)
    loaded = load({"app": option} if option else {}, f'app = "{file}"' if file else "", tmp_path)
    assert loaded.settings.app == expected
    assert (loaded.origins.get("app") or "").endswith(origin or "")


def test_durations_and_numbers_from_every_source(tmp_path, monkeypatch):
    monkeypatch.setenv("DIALSTAT_CLOSE_GRACE", "500ms")
    settings = load({"allowed_lateness": "1h30m"}, "chain_retention = 90\npartitions = 12", tmp_path).settings
    assert limits_of(settings).allowed_lateness == 5_400_000
    assert limits_of(settings).close_grace == 500
    assert limits_of(settings).chain_retention == 90_000
    assert settings.partitions == 12


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("brokers", "localhost", "--brokers: expected host:port, several separated by commas, or embedded; got 'localhost'"),
        ("brokers", "a:1,b", "got 'b'"),
        ("brokers", "a:99999", "got 'a:99999'"),
        ("schema_registry", "localhost:8081", "begins with http"),
        ("http", "8080", "--http: expected host:port"),
        ("guarantee", "maybe", "--guarantee: Input should be 'exactly_once' or 'at_least_once'; got 'maybe'"),
        ("partitions", "0", "greater than or equal to 1"),
        ("topic_prefix", "a b", "becomes part of topic names"),
        ("app", "", "at least 1 character"),
        ("close_grace", "soon", "--close-grace: expected a duration"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_option(name, value, message):
    with pytest.raises(SettingsError) as error:
        load({name: value})
    assert message in str(error.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(SettingsError) as error:
        load({"partitions": "x", "http": "y"})
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('broker = "a:1"', "there is no setting 'broker'; did you mean 'brokers'?"),
        ('topic-prefix = "a"', "there is no setting 'topic-prefix'; did you mean 'topic_prefix'?"),
        ("zzz = 1", "there is no setting 'zzz'; the settings are brokers, "),
        ("app = ", "not TOML"),
        ('partitions = "many"', "dialstat.toml: partitions"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_file_and_key(tmp_path, text, message):
    with pytest.raises(SettingsError) as error:
        load({}, text, tmp_path)
    assert message in str(error.value)
    assert "dialstat.toml" in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml: can't be read: No such file"):
        load_settings({}, tmp_path / "none.toml")


def test_a_secret_is_in_no_message(tmp_path):
    with pytest.raises(SettingsError) as error:
        load({"schema_registry_password": ["hidden-word"]})
    assert "hidden-word" not in str(error.value)


@pytest.mark.parametrize(
    ("brokers", "guarantee", "exactly_once"),
    [
        ("embedded", "exactly_once", False),
        ("a:1", "exactly_once", True),
        ("a:1", "at_least_once", False),
        ("a:1,b:2", "exactly_once", True),
    ],
)
def test_the_embedded_broker_is_always_at_least_once(brokers, guarantee, exactly_once):
    assert load({"brokers": brokers, "guarantee": guarantee}).settings.exactly_once is exactly_once


@pytest.mark.parametrize(
    ("http", "address"), [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:80", ("::1", 80)), ("box.example:8080", ("box.example", 8080))]
)
def test_http_is_host_and_port(http, address):
    assert load({"http": http}).settings.http_address == address
