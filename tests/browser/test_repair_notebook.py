"""The repair notebook in a real browser: run, filtered, selected, repaired, undone by hand."""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from conftest import PROJECT

from browser import lab
from browser.contrast import faint

SHOTS = PROJECT / ".build" / "browser"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SKILLMEAT_AUDIT_BROWSER" not in os.environ, reason="make browser runs it"),
    pytest.mark.skipif(lab.CHROMIUM is None, reason="no Chromium here: install chromium"),
]


STEPS = (
    ("1 plan", "Planned:"), ("2 rehearse", "Rehearsed and rolled back:"),
    ("3 apply", "Applied and audited again"), ("4 undo", "Undone:"),
)  # fmt: skip
# What the control is called that has the focus, be it a button or a box with a label.
FOCUSED = """() => {
  const at = document.activeElement;
  return (at.closest("label")?.textContent ?? at.textContent).trim();
}"""


class Away(list):
    """The requests that would have left this machine: each is refused."""

    def decide(self, route):
        if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            self.append(route.request.url)
            route.abort()


@pytest.fixture(params=["Light", "Dark"])
def page(request, tmp_path):
    """A page with the notebook open and its kernel idle, in each theme."""
    from playwright.sync_api import sync_playwright

    work, state = tmp_path / "work", tmp_path / "state"
    hand = request.function.__name__.rpartition("_")[2]
    shots = SHOTS / f"{hand}-{request.param.lower()}"
    shutil.rmtree(shots, ignore_errors=True)
    for folder in (work, state, shots):
        folder.mkdir(parents=True)
    shutil.copy(PROJECT / "notebooks" / "3_batch_repair.ipynb", work)
    away = Away()
    with lab.server(work, state, request.param) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=lab.CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        opened = browser.new_page(viewport={"width": 1360, "height": 1000})
        opened.set_default_timeout(60_000)
        opened.route("**/*", away.decide)
        opened.goto(f"{address}/lab/tree/3_batch_repair.ipynb?token={lab.TOKEN}")
        opened.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        opened.shots = shots
        yield opened
        browser.close()
    assert away == []


def widget(page, name):
    return page.get_by_role("button", name=name, exact=True)


def shoot(page, name):
    page.screenshot(path=page.shots / f"{name}.png")


def run_all(page):
    """Run the notebook, and have a first look at the explorer."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    widget(page, "4 undo").wait_for()
    widget(page, "select all found").scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    shoot(page, "1-explorer")


def test_the_repair_notebook_by_mouse(page):
    run_all(page)

    page.get_by_label("writer", exact=True).select_option("import-bare · 8")
    page.get_by_text("8 of 29 findings").wait_for()
    page.get_by_label("1", exact=True).check()
    page.get_by_text("1 selected").wait_for()
    page.wait_for_timeout(500)
    shoot(page, "2-selected")

    for number, (step, said) in enumerate(STEPS, start=3):
        button = widget(page, step)
        button.scroll_into_view_if_needed()
        button.click()
        page.get_by_text(said).wait_for()
        page.wait_for_timeout(500)
        shoot(page, f"{number}-{step[2:]}")
        if step == "3 apply":
            page.get_by_text("of 27 findings").wait_for()

    page.get_by_text("8 of 29 findings").wait_for()
    assert faint(page) == []


@pytest.mark.parametrize("page", ["Light"], indirect=True)
def test_the_repair_notebook_by_keyboard(page):
    run_all(page)

    page.get_by_label("writer", exact=True).focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("8 of 29 findings").wait_for()
    page.get_by_label("text", exact=True).focus()
    page.keyboard.type("lock-audit", delay=20)
    page.get_by_text("4 of 29 findings").wait_for()
    assert page.get_by_label("text", exact=True).input_value() == "lock-audit"
    reach(page, "1")
    page.keyboard.press("Space")
    page.get_by_text("1 selected").wait_for()

    widget(page, "1 plan").focus()
    for key, (step, said) in zip(("Enter", "Space") * 2, STEPS, strict=True):
        reach(page, step)
        page.keyboard.press(key)
        page.get_by_text(said).wait_for()
    shoot(page, "7-keyboard")


def reach(page, name):
    """Press Tab until the focus is on the control called *name*."""
    for _ in range(60):
        if page.evaluate(FOCUSED) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")
