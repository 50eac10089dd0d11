"""Instants as options, and as they are printed."""

import pytest
import typer

from cli.instants import parse_instant, shown_instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1199538000123", 1_199_538_000_123),
        ("-1", -1),
        ("2008-01-05T13:00:00.123Z", 1_199_538_000_123),
        ("2008-01-05T14:00:00.123+01:00", 1_199_538_000_123),
        ("2008-01-05T13:00:00.123", 1_199_538_000_123),
        ("0001-01-01", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_what_is_taken(text, instant):
    assert parse_instant(text) == instant
    assert parse_instant(shown_instant(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "--5",
        "1.5",
        "²",
        "9" * 5_000,
        "9" * 18,
        "-99999999999999999",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-01:00",
        "2026-02-30",
    ],
)
def test_what_is_none_is_refused_with_a_message(text):
    with pytest.raises(typer.BadParameter, match="expected ISO 8601"):
        parse_instant(text)


def test_what_no_calendar_has_is_shown_as_it_is():
    """Whoever writes a record chooses its timestamp."""
    assert shown_instant(1 << 62) == "4611686018427387904 ms"
