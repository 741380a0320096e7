"""The repair notebook in a real browser: run, filter, select, repair and undo."""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from conftest import PROJECT

from browser import lab
from browser.contrast import low_contrast_texts

SHOTS = PROJECT / ".build" / "browser"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SKILLMEAT_AUDIT_BROWSER" not in os.environ, reason="make browser runs it"),
    pytest.mark.skipif(lab.CHROMIUM is None, reason="needs chromium"),
]

STATUS_AFTER = {
    "1 plan": "Planned:",
    "2 rehearse": "Rehearsed and rolled back:",
    "3 apply": "Applied and audited again",
    "4 undo": "Undone:",
}
# The label of the control that has the focus: of a button its text, of a box its label.
FOCUSED_LABEL = """() => {
  const at = document.activeElement;
  return (at.closest("label")?.textContent ?? at.textContent).trim();
}"""


class ExternalRequests(list):
    """Blocks and records all requests to other hosts."""

    def route(self, route):
        if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            self.append(route.request.url)
            route.abort()


@pytest.fixture(params=["Light", "Dark"])
def page(request, tmp_path):
    """Return a page with the notebook open and its kernel idle, in each theme."""
    from playwright.sync_api import sync_playwright

    work, state = tmp_path / "work", tmp_path / "state"
    device = request.function.__name__.rpartition("_")[2]
    shots = SHOTS / f"{device}-{request.param.lower()}"
    shutil.rmtree(shots, ignore_errors=True)
    for folder in (work, state, shots):
        folder.mkdir(parents=True)
    shutil.copy(PROJECT / "notebooks" / "3_batch_repair.ipynb", work)
    external = ExternalRequests()
    with lab.server(work, state, request.param) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=lab.CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        new_page = browser.new_page(viewport={"width": 1360, "height": 1000})
        new_page.set_default_timeout(60_000)
        new_page.route("**/*", external.route)
        new_page.goto(f"{address}/lab/tree/3_batch_repair.ipynb?token={lab.TOKEN}")
        new_page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        new_page.shots = shots
        yield new_page
        browser.close()
    assert external == []


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def shoot(page, name):
    page.screenshot(path=page.shots / f"{name}.png")


def run_all(page):
    """Run the notebook and scroll to the explorer."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    button(page, "4 undo").wait_for()
    button(page, "select all matches").scroll_into_view_if_needed()
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

    for number, (step, status) in enumerate(STATUS_AFTER.items(), start=3):
        button(page, step).scroll_into_view_if_needed()
        button(page, step).click()
        page.get_by_text(status).wait_for()
        page.wait_for_timeout(500)
        shoot(page, f"{number}-{step[2:]}")
        if step == "3 apply":
            page.get_by_text("of 27 findings").wait_for()

    page.get_by_text("8 of 29 findings").wait_for()
    assert low_contrast_texts(page) == []


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
    tab_to(page, "1")
    page.keyboard.press("Space")
    page.get_by_text("1 selected").wait_for()

    button(page, "1 plan").focus()
    for key, (step, status) in zip(("Enter", "Space") * 2, STATUS_AFTER.items(), strict=True):
        tab_to(page, step)
        page.keyboard.press(key)
        page.get_by_text(status).wait_for()
    shoot(page, "7-keyboard")


def tab_to(page, name):
    """Press Tab until the control labelled *name* has the focus."""
    for _ in range(60):
        if page.evaluate(FOCUSED_LABEL) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")
