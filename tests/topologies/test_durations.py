"""Durations as settings: contract 5."""

from datetime import timedelta

import pytest

from topologies.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h", 3600),
        ("10s", 10),
        ("500ms", 0.5),
        ("24h", 86400),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("2d", 172800),
        ("90", 90),
        (90, 90),
        (0.25, 0.25),
        ("0", 0),
        ("0:15:00", 900),
        (" 1M ", 60),
    ],
)
def test_reads_units_and_seconds(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "h", "1 hour", "-1s", "1h-", "ten", True, None, "1e3", "9999999d", "0.1ms", "1:60:00"])
def test_refuses_what_is_no_duration(text):
    with pytest.raises(ValueError, match=r"duration|longer|whole"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["1h", "10s", "500ms", "24h", "90m", "0s"])
def test_is_shown_as_it_would_be_written(text):
    assert format_duration(parse_duration(text)) == text
