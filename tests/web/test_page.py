"""The page in a real browser: what it shows, that it follows, and that it says when it is cut off (domain 3, 7)."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.web.conftest import Served
from tests.web.site import MINUTE, Site, report, state
from tests.web.waiting import until
from web.board import Phase

pytestmark = pytest.mark.browser


class Page:
    """The page as somebody sees it."""

    def __init__(self, chrome: Chrome, served: Served) -> None:
        self.chrome = chrome
        self.served = served
        chrome.get_log("browser")
        chrome.get(served.url)

    def texts(self, selector: str) -> list[str]:
        """The visible text of every element that matches."""
        script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).map(e => e.innerText)"
        return [text.replace("\u202f", " ").strip() for text in self.chrome.execute_script(script, selector)]

    def wait(self, selector: str, *wanted: str) -> None:
        """Wait until the elements show these texts."""
        until(lambda: self.texts(selector) == list(wanted), f"{selector} showing {wanted}, shows {self.texts(selector)}")

    def script(self, script: str, *arguments: Any) -> Any:
        return self.chrome.execute_script(f"return {script}", *arguments)

    def press(self, *keys: str) -> None:
        self.chrome.switch_to.active_element.send_keys(*keys)

    def focused(self) -> str:
        """The name of the card that has the focus."""
        return self.script("document.activeElement.querySelector('h2')?.innerText ?? ''")

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.chrome.get_log("browser") if entry["level"] in {"SEVERE", "WARNING"}]


@pytest.fixture
def page(chrome: Chrome, served: Served) -> Iterator[Page]:
    chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page = Page(chrome, served)
    yield page
    chrome.get("about:blank")


def now() -> int:
    return time.time_ns() // 1_000_000


def figures(**changes: float | None) -> dict[str, float | None]:
    return {"DialsMade": 1_284.0, "Answers": 431.0, "HitRatio": 33.566, "AbandonRate": 2.128, "LeadsProcessed": 310.0} | changes


def test_a_campaign_with_all_that_it_shows(page: Page) -> None:
    apply, at = page.served.board.apply, now()
    running = state("StatusRunning", at - 100 * MINUTE, "PredictAndSeize", StatusWaitingAgents=at - 70_000, StatusSystemError=at - 5_000)
    apply(report(figures(), tenant="Nordwind", as_of=at))
    apply(
        report(
            figures(DialsMade=90.0, AbandonRate=3.04, DialsPerSecond=0.1),
            tenant="Nordwind",
            profile="last15",
            window_start=at - 900_000,
            as_of=at,
        )
    )
    apply(report({"RecordsScheduled": 4_200.0}, tenant="Nordwind", profile="now", as_of=at, state=running))
    apply(report(figures(DialsMade=800.0), tenant="Nordwind", object_type="CampaignGroup", group="Lisbon", as_of=at))
    apply(report(figures(DialsMade=777.0), tenant="Nordwind", object_type="CallingList", campaign=None, calling_list="renewals", as_of=at))
    apply(report({}, tenant="Nordwind", object_type="CampaignCallingList", calling_list="renewals", as_of=at))
    page.wait(".card h2", "spring")
    page.wait(".card .tenant", "Nordwind")
    page.wait(".card .status .word", "Running")
    page.wait(".card .status .since", "1 h 40 min")
    page.wait(".card .status .mode", "Predict and seize")
    page.wait(".chip span:not(.since)", "Waiting agents", "System error")
    page.wait(".figure .value", "1,284", "431", "33.6 %", "2.13 %", "310", "4,200")
    page.wait(".figure .number", "90", "431", "33.6 %", "3.04 %", "310")
    page.wait(".number.over", "3.04 %")
    page.wait(".rate .value", "6.0")
    page.wait(".groups .name", "Lisbon")
    page.wait(".groups tbody td:nth-child(2)", "800")
    page.wait(".lists tbody tr > *:nth-child(-n+3)", "renewals Nordwind", "spring", "777")
    page.wait("#summary b", "1")
    assert page.complaints() == []


def test_a_change_is_pushed(page: Page) -> None:
    apply, at = page.served.board.apply, now()
    apply(report(figures(AbandonRate=2.9), as_of=at))
    page.wait(".figure[data-name=AbandonRate] .value", "2.90 %")
    assert page.texts(".figure .over") == []
    apply(report(figures(DialsMade=1_285.0, AbandonRate=3.01), as_of=at + 1))
    page.wait(".figure .value.over", "3.01 %")
    page.wait(".figure[data-name=DialsMade] .value", "1,285")
    apply(report({}, profile="now", as_of=at, state=state("StatusRunning", at)))
    page.wait(".status .word", "Running")
    apply(report({}, profile="now", as_of=at + 1, state=state("StatusDeactivated", at)))
    page.wait(".status .word", "Deactivated")
    until(
        lambda: "spring: Deactivated" in page.script("document.getElementById('announcer').textContent"),
        "the change told to a screen reader",
    )


def test_the_time_since_a_change_ticks(page: Page) -> None:
    page.served.board.apply(report({}, profile="now", as_of=now(), state=state("StatusActivated", now() - 3_000)))
    until(lambda: page.texts(".status .since"), "the time")
    before = page.texts(".status .since")
    until(lambda: page.texts(".status .since") != before, "the time to go on")


def test_running_first_then_by_name(page: Page) -> None:
    apply, at = page.served.board.apply, now()
    for name, status in (("b", "StatusRunning"), ("A 10", "StatusActivated"), ("A 9", "StatusDeactivated"), ("a", "StatusRunning")):
        apply(report({}, campaign=name, profile="now", as_of=at, state=state(status, at)))
    page.wait(".card h2", "a", "b", "A 9", "A 10")
    apply(report({}, campaign="A 10", profile="now", as_of=at + 1, state=state("StatusRunning", at)))
    page.wait(".card h2", "a", "A 10", "b", "A 9")


def test_what_definitions_lack_is_a_dash(page: Page) -> None:
    page.served.board.apply(report({"Pace": 4.0, "HitRatio": None}))
    page.wait(".figure .value", *["–"] * 6)
    page.wait(".rate .value", "–")
    page.wait(".status .word", "No status")
    assert page.complaints() == []


def test_a_group_is_shown_without_reports_of_its_campaign(page: Page) -> None:
    page.served.board.apply(report({"DialsMade": 3.0}, object_type="CampaignGroup", group="alone"))
    page.wait(".groups .name", "alone")


def test_an_object_that_is_left_out_goes(page: Page) -> None:
    board = page.served.board
    board._most = 3
    board.apply(report({}, campaign="first"))
    board.apply(report({}, object_type="CampaignGroup", campaign="first", group="g"))
    page.wait(".card h2", "first")
    for name in ("b", "c", "d"):
        board.apply(report({}, campaign=name))
    page.wait(".card h2", "b", "c", "d")


def test_names_are_text_whatever_they_are(page: Page) -> None:
    name = "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
    for identity in ({}, {"object_type": "CampaignGroup", "group": name}, {"object_type": "CallingList", "calling_list": name}):
        page.served.board.apply(report({"DialsMade": 1.0}, campaign=name, tenant=name, **identity))
    page.wait(".card h2", name)
    page.wait(".groups .name", name)
    assert page.chrome.title == "dialstat"
    assert page.chrome.find_elements(By.CSS_SELECTOR, "main img, main script") == []
    assert page.complaints() == []


def test_the_server_gone_is_shown_and_comes_back_by_itself(page: Page) -> None:
    page.served.board.apply(report({"DialsMade": 5.0}, as_of=now()))
    page.wait(".figure[data-name=DialsMade] .value", "5")
    page.wait("#link-text", "Live")
    page.served.server.stop()
    page.wait("#link-text", "Connection lost")
    (banner,) = page.texts("#banner")
    assert banner.startswith("Connection to the worker lost at ")
    assert "grayscale" in page.script("getComputedStyle(document.querySelector('main')).filter")
    assert page.texts(".figure[data-name=DialsMade] .value") == ["5"]
    page.served.board.clear()
    page.served.board.apply(report({"DialsMade": 6.0}, campaign="after", as_of=now()))
    page.served.restart()
    page.wait("#link-text", "Live")
    page.wait(".card h2", "after")
    assert page.texts("#banner") == []


def test_kafka_gone_is_shown(page: Page) -> None:
    page.served.board.apply(report({"DialsMade": 5.0}, as_of=now()))
    page.wait("#link-text", "Live")
    page.served.board.turn(Phase.LOST, "no answer", heard_at=now() - 4_000)
    page.wait("#link-text", "Connection lost")
    assert page.texts("#banner")[0].startswith("Kafka does not answer since ")
    page.served.board.turn(Phase.LIVE)
    page.wait("#link-text", "Live")


@pytest.mark.parametrize(
    ("phase", "detail", "title", "text"),
    [
        (Phase.LIVE, "", "Waiting for the first campaign", "first event in campaign-events"),
        (Phase.MISSING, "the broker has no topic x yet", "Waiting for the topics", "The broker has no topic x yet."),
        (Phase.LOST, "refused", "Waiting for Kafka", "refused"),
    ],
)
def test_an_empty_board_tells_what_it_waits_for(page: Page, phase: Phase, detail: str, title: str, text: str) -> None:
    until(lambda: page.served.feed.watchers, "the page connected")
    page.served.board.turn(phase, detail)
    page.wait("#empty h2", title)
    assert text in page.texts("#empty p")[0]


def test_the_keyboard_filters_and_moves(page: Page) -> None:
    for name in ("north", "south", "west"):
        page.served.board.apply(report({}, campaign=name))
    page.wait(".card h2", "north", "south", "west")
    page.press(Keys.ARROW_RIGHT)
    assert page.focused() == "north"
    page.press(Keys.ARROW_RIGHT)
    assert page.focused() == "south"
    assert page.script("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press(Keys.ARROW_LEFT)
    assert page.focused() == "north"
    page.press("/")
    page.press("SOU")
    page.wait(".card h2", "south")
    page.wait("#summary .filtered", "1 of 3 shown")
    page.press("x")
    page.wait("#empty h2", "No campaign matches")
    page.press(Keys.ESCAPE)
    page.wait(".card h2", "north", "south", "west")


def test_up_and_down_go_to_the_row_above_and_below(page: Page) -> None:
    Site(page.served.board, now())
    until(lambda: len(page.texts(".card")) == 8, "all campaigns")
    columns = page.script("new Set([...document.querySelectorAll('.card')].map(card => card.offsetLeft)).size")
    assert 2 <= columns <= 5
    names = page.texts(".card h2")
    page.press(Keys.ARROW_RIGHT)
    page.press(Keys.ARROW_DOWN)
    assert page.focused() == names[columns]
    page.press(Keys.ARROW_UP)
    assert page.focused() == names[0]


def test_the_focus_stays_on_a_card_that_moves(page: Page) -> None:
    for name in ("a", "b"):
        page.served.board.apply(report({}, campaign=name))
    page.wait(".card h2", "a", "b")
    page.press(Keys.ARROW_RIGHT)
    page.press(Keys.ARROW_RIGHT)
    page.served.board.apply(report({}, campaign="b", profile="now", state=state()))
    page.wait(".card h2", "b", "a")
    assert page.focused() == "b"


@pytest.mark.parametrize(("width", "columns"), [(320, 1), (390, 1), (1_600, 4)])
def test_no_width_scrolls_sideways(page: Page, width: int, columns: int) -> None:
    metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
    page.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    Site(page.served.board, now())
    page.served.board.apply(
        report(figures(DialsMade=1_234_567.0), campaign="a name that has no end " * 9, tenant="of a tenant without one " * 9)
    )
    page.served.board.apply(report({}, object_type="CallingList", campaign=None, calling_list="list" * 60))
    until(lambda: len(page.texts(".card")) == 9, "all campaigns")
    assert page.script("document.documentElement.scrollWidth") <= width
    assert page.script("new Set([...document.querySelectorAll('.card')].map(card => card.offsetLeft)).size") == columns


def test_a_curve_is_drawn(page: Page) -> None:
    Site(page.served.board, now())
    until(lambda: len(page.texts(".card")) == 8, "all campaigns")
    bars = "document.querySelector('.plot .dials').getAttribute('d').split('M').length - 1"
    until(lambda: 20 <= page.script(bars) <= 29, "a bar for each half minute that is over")
    assert "dials" in page.script("document.querySelector('.plot').getAttribute('aria-label')").lower()


def test_reports_of_long_ago_are_told_as_such(page: Page) -> None:
    """A recorded campaign that is replayed: times stand still at its last report."""
    begin = 1_212_400_000_000
    page.served.board.apply(report({}, profile="now", as_of=begin + 90 * MINUTE, state=state("StatusRunning", begin)))
    page.wait(".status .since", "1 h 30 min")
    until(lambda: "2008" in page.texts("#link-text")[0], "the date of the last report")


def test_reduced_motion_is_respected(page: Page) -> None:
    media = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    assert page.script("getComputedStyle(document.querySelector('main')).transitionDuration") in {"0s", ""}
    page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_has_contrast(page: Page, scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for every text of the page."""
    page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    Site(page.served.board, now())
    until(lambda: len(page.texts(".card")) == 8, "all campaigns")
    poor = page.script(_POOR_CONTRAST)
    page.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert poor == []


_POOR_CONTRAST = """(() => {
  const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = parse(getComputedStyle(node).backgroundColor);
      if (color.length === 3) return color;
    }
    return [255, 255, 255];
  };
  const own = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  const poor = new Set();
  for (const node of document.querySelectorAll("body *")) {
    if (!own(node) || !node.checkVisibility() || node.closest(".unseen, noscript")) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.add(`${node.className || node.tagName}: ${node.textContent}`);
  }
  return [...poor];
})()"""


def test_fifty_campaigns_stay_smooth(page: Page) -> None:
    """With every campaign changing every quarter of a second, frames are still drawn in time."""
    board, at = page.served.board, now()

    def change(step: int) -> None:
        for number in range(50):
            for group in (None, "a", "b", "c"):
                kind = "Campaign" if group is None else "CampaignGroup"
                values = figures(DialsMade=float(step + number))
                board.apply(report(values, object_type=kind, campaign=f"campaign {number}", group=group, as_of=at + step))

    change(0)
    until(lambda: len(page.texts(".card")) == 50, "all campaigns")
    page.script(
        "void (window.slow = new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration))), "
        "window.long = [], window.slow.observe({ type: 'longtask' }))"
    )
    for step in range(1, 9):
        change(step)
        page.wait(".card:first-child .figure[data-name=DialsMade] .value", str(step))
    assert [duration for duration in page.script("window.long") if duration > 500] == []
