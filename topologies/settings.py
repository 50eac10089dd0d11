"""Every setting, declared once: name, type, default, unit and meaning (contract 5).

Options of the commands, environment variables, the keys of the settings file and ``docs/settings.md`` all come from the
fields of ``Settings``. Where values come from, and which wins, is in ``topologies.sources``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from agents.letters import LARGEST_RECORD
from topologies.durations import Duration, format_duration

EMBEDDED: Final = "embedded"
BUILTIN: Final = "builtin"
ENVIRONMENT_PREFIX: Final = "DIALSTAT_"

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,\[\]]+):(\d{1,5})")
_TOPIC_CHARACTERS = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST_PREFIX: Final = 120
_SHARE = re.compile(r"(\d{1,9})/(\d{1,9})")
_PLACE = re.compile(r"([A-Za-z0-9._-]+):(\d{1,9}):(\d{1,18})")


def _split(address: str) -> tuple[str, int] | None:
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or int(found[2]) > 65_535:
        return None
    return found[1].strip("[]"), int(found[2])


def _brokers(text: str) -> str:
    if text == EMBEDDED:
        return text
    addresses = [address.strip() for address in text.split(",")]
    for address in addresses:
        if _split(address) is None:
            raise ValueError(f"expected host:port, several separated by commas, or {EMBEDDED}; got {address!r}")
    return ",".join(addresses)


def _registry(text: str) -> str:
    if text != BUILTIN and not re.match(r"https?://[^/\s]+", text):
        raise ValueError(f"expected an address that begins with http:// or https://, or {BUILTIN}; got {text!r}")
    return text


def _http(text: str) -> str:
    if _split(text) is None:
        raise ValueError(f"expected host:port, for example 127.0.0.1:8080 or 0.0.0.0:0; got {text!r}")
    return text


def _topic_part(text: str) -> str:
    if not _TOPIC_CHARACTERS.fullmatch(text) or len(text) > _LONGEST_PREFIX:
        raise ValueError(
            f"expected at most {_LONGEST_PREFIX} of the characters a-z A-Z 0-9 . _ - (it becomes part of topic names); got {text!r}"
        )
    return text


def _parts_of_share(text: str) -> tuple[int, int] | None:
    if text == "0":
        return 0, 0
    found = _SHARE.fullmatch(text)
    most, of = map(int, found.groups()) if found else (0, 0)
    return (most, of) if 0 < most < of else None


def _number_as_text(value: object) -> object:
    """A file may say ``dead_letter_limit = 0``."""
    return str(value) if type(value) is int else value


def _share(text: str) -> str:
    if _parts_of_share(text) is None:
        raise ValueError(f"expected two numbers, the smaller one first, such as 5000/10000, or 0 for no limit; got {text!r}")
    return text


def _places(text: str) -> str:
    for place in filter(None, text.split(",")):
        if not _PLACE.fullmatch(place.strip()):
            raise ValueError(f"expected topic:partition:offset, several separated by commas; got {place.strip()!r}")
    return text


class Settings(BaseSettings):
    """All settings. Durations are ``timedelta``."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, extra="forbid", frozen=True, validate_default=True)

    brokers: Annotated[str, AfterValidator(_brokers)] = Field(
        EMBEDDED, description="Kafka: host:port, several separated by commas; or `embedded`, a broker inside the process for trying out"
    )
    security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="Whether connections to Kafka are encrypted (ssl), and whether we log in (sasl)"
    )
    ssl_ca: Path | None = Field(
        None, description="PEM file of the authorities to trust, for Kafka and the token endpoint; without it, the system's"
    )
    ssl_certificate: Path | None = Field(None, description="PEM file with our certificate, where the broker asks for one")
    ssl_key: Path | None = Field(None, description="PEM file with its key, if that is not in the same file")
    ssl_key_password: SecretStr | None = Field(None, description="Password of the key; better in a file or the environment")
    ssl_key_password_file: Path | None = Field(None, description="File with the password of the key")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = Field(
        "SCRAM-SHA-512", description="How we log in to Kafka"
    )
    sasl_username: str | None = Field(None, description="User name for Kafka, but for OAUTHBEARER")
    sasl_password: SecretStr | None = Field(None, description="Password for Kafka; better in a file or the environment")
    sasl_password_file: Path | None = Field(None, description="File with the password for Kafka")
    oauth_token_url: str | None = Field(None, description="OAUTHBEARER: address of the endpoint that gives tokens for client credentials")
    oauth_client_id: str | None = Field(None, description="OAUTHBEARER: who we are there")
    oauth_client_secret: SecretStr | None = Field(None, description="OAUTHBEARER: our secret there; better in a file or the environment")
    oauth_client_secret_file: Path | None = Field(None, description="OAUTHBEARER: file with our secret there")
    oauth_scope: str | None = Field(None, description="OAUTHBEARER: scope to ask for")
    schema_registry: Annotated[str, AfterValidator(_registry)] = Field(
        BUILTIN, description="Schema registry: an http(s) address; or `builtin`, ids fixed by the schemas that ship with the release"
    )
    schema_registry_user: str | None = Field(None, description="User name for the schema registry")
    schema_registry_password: SecretStr | None = Field(
        None, description="Password for the schema registry; better in a file or the environment"
    )
    schema_registry_password_file: Path | None = Field(None, description="File with the password for the schema registry")
    schema_registry_ca: Path | None = Field(None, description="PEM file of the authorities to trust, for an https registry")
    definitions: Path | None = Field(None, description="File with the definitions of statistics; without it, the shipped set")
    app: Annotated[str, AfterValidator(_topic_part)] = Field(
        "dialstat", min_length=1, description="Consumer group, and prefix of transactional ids and internal topics"
    )
    topic_prefix: Annotated[str, AfterValidator(_topic_part)] = Field("", description="Put before the name of every topic")
    partitions: int = Field(
        4, ge=1, le=10_000, description="Number of partitions that `dialstat topics create` makes", json_schema_extra={"unit": "partitions"}
    )
    replication_factor: int = Field(
        -1,
        ge=-1,
        le=100,
        description="Copies of each partition that `dialstat topics create` makes; -1 is the broker's own default",
        json_schema_extra={"unit": "copies"},
    )
    guarantee: Literal["exactly_once", "at_least_once"] = Field(
        "exactly_once", description="What readers of committed records see after a crash; always at_least_once with the embedded broker"
    )
    allowed_lateness: Duration = Field(timedelta(hours=1), description="How far behind its campaign's clock a result is still counted")
    close_grace: Duration = Field(
        timedelta(seconds=10), description="How long after its end the worker's clock closes a window that no event has closed"
    )
    future_limit: Duration = Field(timedelta(minutes=1), description="How far ahead of the worker's clock an event may be")
    chain_retention: Duration = Field(timedelta(hours=24), description="How long after its last event a chain of attempts is remembered")
    http: Annotated[str, AfterValidator(_http)] = Field(
        "127.0.0.1:8080", description="Where the page, metrics and health answer, host:port; port 0 picks a free one and prints it"
    )
    http_token: SecretStr | None = Field(
        None, description="What must be known to see the page, its data and the metrics; better in a file or the environment"
    )
    http_token_file: Path | None = Field(None, description="File with what must be known to see them")
    chunk: int = Field(
        8_000,
        ge=1,
        le=100_000,
        description="Most records of one partition that go through in one transaction",
        json_schema_extra={"unit": "records"},
    )
    publish_actions: bool = Field(default=True, description="Whether actions are published; statistics do not depend on it")
    linger: Duration = Field(
        timedelta(milliseconds=50), description="Least time from one transaction of a partition to the next while its chunks are not full"
    )
    list_linger: Duration = Field(timedelta(milliseconds=200), description="The same for the agent of calling lists, whose records are few")
    session_timeout: Duration = Field(
        timedelta(seconds=10), description="How long the group waits for a silent worker before others take its partitions"
    )
    transaction_timeout: Duration = Field(
        timedelta(seconds=20),
        description="How long a transaction may stay open before the broker ends it; longer than a restart of a broker",
    )
    broker_timeout: Duration = Field(
        timedelta(minutes=1),
        ge=timedelta(seconds=1),
        description="How long a worker waits for a broker that does not answer, or stands still for another reason, before it ends",
    )
    instance: Annotated[str, AfterValidator(_topic_part)] = Field(
        "",
        description="Names the worker in its group (`group.instance.id`), no two alike, the same after a restart: one within "
        "`session_timeout` then moves no partitions; without a name they move as soon as it ends",
    )
    dead_letter_limit: Annotated[str, BeforeValidator(_number_as_text), AfterValidator(_share)] = Field(
        "5000/10000",
        description="A worker stops before more than so many of the last so many records of an input partition become dead letters; "
        "0 is no limit",
    )
    record_limit: int = Field(
        100_000,
        ge=1_000,
        le=LARGEST_RECORD,
        description="A record of the input with more bytes, key and headers included, becomes a dead letter",
        json_schema_extra={"unit": "bytes"},
    )
    name_limit: int = Field(
        250,
        ge=1,
        le=10_000,
        description="An event with a name of more bytes (campaign, group, list, tenant, event_id, chain_id) becomes a dead letter",
        json_schema_extra={"unit": "bytes"},
    )
    object_limit: int = Field(
        200_000,
        ge=1,
        description="An event that names one more campaign, group or list of a campaign than so many becomes a dead letter; each input "
        "topic of a partition counts for itself",
        json_schema_extra={"unit": "objects"},
    )
    chain_limit: int = Field(
        5_000_000,
        ge=1,
        description="A worker stops before it remembers more chains of a partition than so many",
        json_schema_extra={"unit": "chains"},
    )
    window_limit: int = Field(
        5_000_000,
        ge=1,
        description="A worker stops before an agent holds more windows and panes of a partition than so many",
        json_schema_extra={"unit": "windows"},
    )
    statistic_limit: int = Field(
        1_000, ge=1, description="Most statistics that the definitions may have", json_schema_extra={"unit": "statistics"}
    )
    profile_limit: int = Field(100, ge=1, description="Most profiles that the definitions may have", json_schema_extra={"unit": "profiles"})
    pane_limit: int = Field(10_000, ge=1, description="Most steps that one sliding window may have", json_schema_extra={"unit": "steps"})
    value_limit: int = Field(
        2_000,
        ge=1,
        description="Most values that one report may have, breakdowns at their limits included",
        json_schema_extra={"unit": "values"},
    )
    page_limit: int = Field(
        200,
        ge=1,
        description="Most pages that are open at a time on one worker; others are told to come again",
        json_schema_extra={"unit": "pages"},
    )
    connection_limit: int = Field(
        500,
        ge=10,
        description="Most connections at a time to a worker's page, metrics and health; others are told so and closed",
        json_schema_extra={"unit": "connections"},
    )
    board_limit: int = Field(
        10_000,
        ge=1,
        description="Most objects that the page shows; those that were silent for longest are left out",
        json_schema_extra={"unit": "objects"},
    )
    set_aside: Annotated[str, AfterValidator(_places)] = Field(
        "",
        description="Records that a worker makes dead letters unread, topic:partition:offset, several separated by commas: those that it "
        "has stopped at",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe messages that are logged")
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="Log lines for people or for machines; auto is console on a terminal, json elsewhere"
    )

    @property
    def embedded(self) -> bool:
        """Whether the broker is the one inside the process."""
        return self.brokers == EMBEDDED

    @property
    def exactly_once(self) -> bool:
        """Whether chunks are written in transactions; the embedded broker has none."""
        return self.guarantee == "exactly_once" and not self.embedded

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port of ``http``."""
        address = _split(self.http)
        assert address is not None, "validated"
        return address

    @property
    def dead_letter_share(self) -> tuple[int, int]:
        """The two numbers of ``dead_letter_limit``; zeros where there is none."""
        share = _parts_of_share(self.dead_letter_limit)
        assert share is not None, "validated"
        return share

    @property
    def set_aside_places(self) -> tuple[tuple[str, int, int], ...]:
        """Topic (as written), partition and offset of each of ``set_aside``."""
        return tuple((topic, int(partition), int(offset)) for topic, partition, offset in _PLACE.findall(self.set_aside))


def shown(value: object) -> str:
    """A setting's value as a person reads it; a secret is never among them."""
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
