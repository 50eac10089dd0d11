"""Log lines: ours and the libraries' in one form."""

import json
import logging

import pytest
import structlog

from cli.logging_setup import set_up_logging


@pytest.fixture(autouse=True)
def _put_back():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_json_lines_of_ours_and_of_libraries(capsys):
    set_up_logging("info", "json")
    structlog.get_logger("transport.x").info("restored", partition=3)
    logging.getLogger("aiokafka").warning("slow %s", "broker")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert {name: ours[name] for name in ("event", "partition", "level", "logger")} == {
        "event": "restored",
        "partition": 3,
        "level": "info",
        "logger": "transport.x",
    }
    assert (theirs["event"], theirs["level"]) == ("slow broker", "warning")


def test_the_level_is_kept_to(capsys):
    set_up_logging("warning", "json")
    structlog.get_logger("x").info("quiet")
    assert capsys.readouterr().err == ""


def test_auto_is_json_where_there_is_no_terminal(capsys):
    set_up_logging("info", "auto")
    structlog.get_logger("x").info("hello")
    assert json.loads(capsys.readouterr().err)["event"] == "hello"


def test_console_is_for_people(capsys):
    set_up_logging("info", "console")
    structlog.get_logger("x").info("hello", partition=3)
    assert "hello" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_error_is_logged_with_its_trace_but_not_with_what_it_was_about(capsys, form):
    set_up_logging("info", form)
    customer = "-".join(["Ms", "Smith"])
    try:
        int(len(customer) * "x")
    except ValueError:
        structlog.get_logger("x").exception("failed")
        logging.getLogger("aiokafka").exception("failed too")
    said = capsys.readouterr().err
    assert said.count("ValueError") >= 2
    assert customer not in said


@pytest.mark.parametrize(("level", "lines"), [("info", 2), ("debug", 4)])
def test_the_steps_of_libraries_are_shown_at_debug_only(capsys, level, lines):
    set_up_logging(level, "json")
    for library, message in (("transport.app", "[^-App]: Starting..."), ("aiokafka.consumer", "Subscribed")):
        logging.getLogger(library).info(message)
        logging.getLogger(library).warning(message)
    assert len(capsys.readouterr().err.splitlines()) == lines
