"""The topology and the settings for people to read: text, Mermaid, and the page of settings, all from the declarations."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from topologies.declaration import Agent, Role, Topic, Topology
from topologies.settings import Settings, shown
from topologies.sources import Configuration, option_of, variable_of


def describe_text(topology: Topology, configuration: Configuration) -> str:
    """The topology as text: agents with what they read and write, topics, and settings with where each was set."""
    blocks = [
        [f"Topology {topology.app}: {len(topology.agents)} agents, {len(topology.topics)} topics"],
        *(list(_agent_lines(agent)) for agent in topology.agents),
        ["Topics", *_topic_lines(topology)],
        ["Settings", *_setting_lines(configuration)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _agent_lines(agent: Agent) -> Iterator[str]:
    yield f"Agent {agent.name}: {agent.meaning}"
    for topic in agent.inputs:
        yield f"  <- {topic.name}"
    for topic in agent.outputs:
        yield f"  -> {topic.name}"
    yield f"  state: table {agent.table}, changelog {agent.changelog.name}"


def _topic_lines(topology: Topology) -> Iterator[str]:
    width = max(len(topic.name) for topic in topology.topics)
    for topic in topology.topics:
        form = f"key {topic.key}; value {topic.value}; {topic.cleanup}; {_partitions(topic, topology)}"
        yield f"  {topic.name:{width}}  {topic.role:9}  {form}"
        yield f"  {'':{width}}  {'':9}  {topic.meaning}"


def _partitions(topic: Topic, topology: Topology) -> str:
    return f"{topology.partitions} partitions" + (", the same as the inputs'" if topic.together and topic.role is not Role.INPUT else "")


def _setting_lines(configuration: Configuration) -> Iterator[str]:
    width = max(map(len, Settings.model_fields))
    for name in Settings.model_fields:
        value = shown(getattr(configuration.settings, name)) or "-"
        yield f"  {name:{width}}  {value:20}  {configuration.origins.get(name, 'default')}"


def describe_mermaid(topology: Topology) -> str:
    """The topology as a Mermaid flowchart."""
    numbers = {topic.name: f"t{number}" for number, topic in enumerate(topology.topics)}
    lines = ["flowchart LR", *(f"  {_node(numbers[topic.name], topic)}" for topic in topology.topics)]
    for agent in topology.agents:
        lines.append(f"  {agent.name}({agent.name})")
        lines.extend(f"  {numbers[topic.name]} --> {agent.name}" for topic in agent.inputs)
        lines.extend(f"  {agent.name} --> {numbers[topic.name]}" for topic in agent.outputs)
        lines.append(f"  {agent.name} <-.-> {numbers[agent.changelog.name]}")
    return "\n".join(lines) + "\n"


def _node(number: str, topic: Topic) -> str:
    return f'{number}[("{topic.name}")]' if topic.role is Role.CHANGELOG else f'{number}[/"{topic.name}"/]'


def describe_settings() -> str:
    """The page of settings, Markdown; `docs/settings.md` is this text."""
    rows = [_settings_row(name, info) for name, info in Settings.model_fields.items()]
    return "\n".join([*_SETTINGS_INTRODUCTION, *rows]) + "\n"


_SETTINGS_INTRODUCTION = (
    "# Settings",
    "",
    "<!-- Made by `dialstat describe --format settings > docs/settings.md` from `topologies/settings.py`; change that instead. -->",
    "",
    "A setting has one name: as an option (`--topic-prefix`), as an environment variable",
    '(`DIALSTAT_TOPIC_PREFIX`) and as a key of a TOML file (`topic_prefix = "test-"`) that is named with',
    "`--config FILE` or `DIALSTAT_CONFIG`. An option wins over the environment, the environment over the file.",
    "Durations are written `1h`, `10s`, `500ms`, `1h30m`, `0:15:00`, or as a number of seconds. `dialstat describe` shows",
    "what is in force and where it was set.",
    "",
    "| setting | type | default | meaning | option, variable |",
    "|---|---|---|---|---|",
)


def _settings_row(name: str, info: FieldInfo) -> str:
    default = default_of(info)
    cells = (
        f"`{name}`",
        type_of(info),
        f"`{default}`" if default else "none",
        str(info.description),
        f"`{option_of(name)}`, `{variable_of(name)}`",
    )
    return "| " + " | ".join(cells) + " |"


def default_of(info: FieldInfo) -> str:
    """A setting's default as one would write it; empty where there is none."""
    return shown(info.default)


_TYPE_NAMES: Mapping[Any, str] = {
    str: "text",
    Path: "file",
    SecretStr: "secret",
    int: "number",
    bool: "true or false",
    timedelta: "duration",
}


def type_of(info: FieldInfo) -> str:
    """What a setting takes, in a word or two: text, file, duration, number of records, or its choices."""
    annotation = _without_none(info.annotation)
    if typing.get_origin(annotation) is Literal:
        return " or ".join(typing.get_args(annotation))
    extra = info.json_schema_extra
    unit = f" of {extra['unit']}" if isinstance(extra, dict) else ""
    return _TYPE_NAMES[annotation] + unit


def _without_none(annotation: Any) -> Any:  # noqa: ANN401 - annotations are of any type
    members = [member for member in typing.get_args(annotation) if member is not type(None)]
    return members[0] if type(None) in typing.get_args(annotation) else annotation
