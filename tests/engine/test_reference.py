"""The page of statistics tells of everything that is computed, and is made anew with it."""

from pathlib import Path

from engine.categories import CATEGORIES, FORMULA, SELECTABLE
from engine.reference import ABOUT, reference

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"


def test_every_category_is_told_of():
    assert set(ABOUT) == {*CATEGORIES, FORMULA}
    assert set(ABOUT) > SELECTABLE


def test_the_page_is_not_stale():
    assert PAGE.read_text(encoding="utf-8") == reference(), "make it anew: dialstat definitions reference > docs/statistics.md"
