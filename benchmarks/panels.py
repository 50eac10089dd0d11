"""Small panels of curves as one SVG: an axis each, values from zero on, so that what is flat looks flat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

_COLUMNS: Final = 2
_WIDTH, _HEIGHT = 400, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 34, 42
_COLOURS: Final = ("#1668a8", "#c2571a", "#3c8031")
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines by name, each a sequence of (x, y), y >= 0. ``logarithmic``: of the x axis."""

    title: str
    axis: str
    unit: str
    lines: dict[str, Sequence[tuple[float, float]]]
    logarithmic: bool


def draw(panels: Sequence[Panel]) -> str:
    """One SVG of all panels, two in a row."""
    rows = ceil(len(panels) / _COLUMNS)
    width, height = _COLUMNS * _WIDTH, rows * _HEIGHT
    body = "\n".join(line for number, panel in enumerate(panels) for line in _placed(number, panel))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="11" fill="#333">\n<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _placed(number: int, panel: Panel) -> Iterator[str]:
    yield f'<g transform="translate({number % _COLUMNS * _WIDTH},{number // _COLUMNS * _HEIGHT})">'
    yield from _panel(panel)
    yield "</g>"


class _Scale:
    """Places of values in a panel, px."""

    def __init__(self, panel: Panel) -> None:
        points = [point for line in panel.lines.values() for point in line]
        self._logarithmic = panel.logarithmic
        xs = [self._along(x) for x, _ in points]
        self._low, self._high = min(xs), max(xs)
        self.top = _round_up(max(y for _, y in points))

    def _along(self, x: float) -> float:
        return log10(x) if self._logarithmic else x

    def x(self, value: float) -> float:
        share = (self._along(value) - self._low) / ((self._high - self._low) or 1.0)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.top * (_HEIGHT - _TOP - _BOTTOM)


def _panel(panel: Panel) -> Iterator[str]:
    scale = _Scale(panel)
    yield f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>'
    yield f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{escape(panel.axis)}</text>'
    yield f'<text x="4" y="{_TOP - 8}">{escape(panel.unit)}</text>'
    for number in range(_TICKS + 1):
        value = scale.top * number / _TICKS
        y = scale.y(value)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    for x in sorted({x for line in panel.lines.values() for x, _ in line}):
        yield f'<text x="{scale.x(x):.1f}" y="{_HEIGHT - _BOTTOM + 14}" text-anchor="middle">{x:,g}</text>'
    for number, (name, line) in enumerate(panel.lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = [(scale.x(x), scale.y(y)) for x, y in line]
        yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y in places:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        if name:
            yield f'<text x="{_LEFT + 8}" y="{_TOP + 12 + 14 * number}" fill="{colour}">{escape(name)}</text>'


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 8 and 10 times a power of ten."""
    power = 10 ** floor(log10(value)) if value > 0 else 1.0
    return float(next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value))
