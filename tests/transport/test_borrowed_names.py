"""The private names of Faust and aiokafka that the transport touches, all of them: what an upgrade of either must be checked against."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
from aiokafka.consumer import fetcher
from aiokafka.producer import message_accumulator

import transport
from transport import app, assignor, driver, table, takeover
from transport.fetched import PartitionRecords
from transport.record_batch import RecordBatch

FOLDER = Path(transport.__file__).parent

OVERRIDDEN = {
    app.App: {"_create_directories"},
    app.Worker: {"_on_sigint", "_on_sigterm"},
    driver.ConsumerThread: {"_create_worker_consumer", "_fetch_records"},
    driver.Consumer: {"_new_consumer_thread", "_drain_messages"},
    assignor.Assignor: {"_get_changelog_distribution", "_get_external_topic_distribution"},
    table.PipelineTable: {"_changelog_topic_name", "_new_store"},
}
"""Methods of theirs that ours stand in for."""

USED = {
    "faust.app.base.App": {"_fetcher"},
    "faust.tables.recovery.Recovery": {"_is_changelog_tp"},
    "faust.transport.consumer.ThreadDelegateConsumer": {"_thread"},
    "faust.transport.consumer.Consumer": {"_get_active_partitions", "_getmany"},
    "faust.transport.drivers.aiokafka.AIOKafkaConsumerThread": {"_ensure_consumer"},
    "mode.services.Service": {"_stopped"},
    "aiokafka.AIOKafkaConsumer": {"_coordinator", "_fetch_max_wait_ms", "_fetcher", "_isolation_level", "_subscription"},
    "aiokafka.consumer.fetcher.Fetcher": {"_records"},
}
"""Attributes of theirs that ours read, call or set."""


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize("owner", USED)
def test_they_are_there(owner):
    module, name = owner.rsplit(".", 1)
    kind = getattr(importlib.import_module(module), name)
    source = "".join(inspect.getsource(parent) for parent in kind.__mro__[:-1] if parent.__module__.startswith(module.split(".")[0]))
    assert {name for name in USED[owner] if not hasattr(kind, name) and f"self.{name}" not in source} == set()


def test_the_pause_between_transactions_is_where_it_is_set():
    sender = importlib.import_module("aiokafka.producer.sender")
    assert "return BACKOFF_OVERRIDE" in inspect.getsource(sender)


def test_answers_are_read_by_the_classes_that_are_put_in_place():
    """``RawRecords`` and ``PartitionRecords`` stand in for aiokafka's own."""
    fetching, handing_out = map(inspect.getsource, (fetcher.Fetcher._proc_fetch_request, fetcher.FetchResult))
    assert "records = MemoryRecords(part_data[-1])" in fetching
    assert set(re.findall(r"\brecords\.(\w+)", fetching)) == {"has_next", "size_in_bytes"}
    settings = "self._key_deserializer self._value_deserializer self._check_crcs self._isolation_level"
    arguments = f"tp records aborted_transactions fetch_offset {settings}"
    called = re.search(r"= PartitionRecords\((.*?)\)", fetching, re.DOTALL)
    assert re.sub(r"[\s,]+", " ", called[1]).split() == arguments.split()
    assert list(inspect.signature(PartitionRecords).parameters) == [name.removeprefix("self._") for name in arguments.split()]
    assert set(re.findall(r"_partition_records\.(\w+)", handing_out)) == {"next_fetch_offset"}


def test_a_batch_offers_what_is_asked_of_a_builder():
    """``RecordBatch`` stands in for aiokafka's own builder."""
    sources = map(inspect.getsource, (message_accumulator.MessageBatch, message_accumulator.MessageAccumulator))
    asked = {name for source in sources for name in re.findall(r"builder\.(\w+)", source)}
    assert asked - vars(RecordBatch).keys() == {"append"}, "append is for records that are sent one by one"


def test_no_other_is_overridden():
    ours = {kind for module in (app, assignor, driver, table, takeover) for kind in vars(module).values() if inspect.isclass(kind)}
    found = {kind: borrowed(kind) for kind in ours if kind.__module__.startswith("transport.")}
    assert {kind: names for kind, names in found.items() if names} == OVERRIDDEN


def borrowed(kind):
    theirs = {name for parent in kind.__mro__[1:] if parent.__module__.startswith(("faust", "mode", "aiokafka")) for name in vars(parent)}
    return {name for name in vars(kind) if is_private(name)} & theirs - {"_abc_impl"}


def test_no_other_is_used():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    touched = {node.attr for node in nodes if isinstance(node, ast.Attribute) and is_private(node.attr)}
    ours = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    ours |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value)}
    ours |= {node.target.id for node in nodes if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)}
    assert touched - ours - {"_exit", "_make", "_replace"} == set.union(*USED.values()) - ours


def is_self(node):
    return isinstance(node, ast.Name) and node.id == "self"
