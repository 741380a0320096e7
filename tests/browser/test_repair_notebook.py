"""The repair notebook in a real browser: run, filtered, selected, repaired and undone by mouse."""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from conftest import PROJECT

from browser import lab

SHOTS = PROJECT / ".build" / "browser"
pytestmark = [
    pytest.mark.skipif("SKILLMEAT_AUDIT_BROWSER" not in os.environ, reason="make browser runs it"),
    pytest.mark.skipif(lab.CHROMIUM is None, reason="no Chromium here: install chromium"),
]


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

    work, state, shots = tmp_path / "work", tmp_path / "state", SHOTS / request.param.lower()
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
        opened.set_default_timeout(90_000)
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


def test_the_repair_notebook_by_mouse(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    widget(page, "4 undo").wait_for()
    widget(page, "select all found").scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    shoot(page, "1-explorer")

    severity = page.get_by_label("severity", exact=True)
    severity.select_option(index=1)
    page.get_by_text("8 of 29 findings").wait_for()
    page.get_by_label("1", exact=True).check()
    page.get_by_text("1 selected").wait_for()
    page.wait_for_timeout(500)
    shoot(page, "2-selected")

    for number, (step, said) in enumerate(
        (("1 plan", "Planned:"), ("2 rehearse", "Rehearsed and rolled back:"),
         ("3 apply", "Applied and audited again"), ("4 undo", "Undone:")), start=3
    ):  # fmt: skip
        button = widget(page, step)
        button.scroll_into_view_if_needed()
        button.click()
        page.get_by_text(said).wait_for()
        page.wait_for_timeout(500)
        shoot(page, f"{number}-{step[2:]}")
