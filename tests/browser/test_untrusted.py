"""The shipped notebooks before they are run: JupyterLab does not trust them, and removes styles."""

import os
import shutil

import pytest
from conftest import PROJECT

from browser import lab

SHOTS = PROJECT / ".build" / "browser"
NOTEBOOKS = ("1_investigate", "2_audit_report", "3_batch_repair")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SKILLMEAT_AUDIT_BROWSER" not in os.environ, reason="make browser runs it"),
    pytest.mark.skipif(lab.CHROMIUM is None, reason="needs chromium"),
]
# The text's alignment in every cell, and the colours of the signs.
ALIGNMENTS = """all => [...new Set(all.map(e => getComputedStyle(e).textAlign))].sort()"""
SIGN_COLOURS = """all => [...new Set(all.map(e => getComputedStyle(e).color))].sort()"""


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_shipped_notebook_looks_right_before_it_is_run(theme, tmp_path):
    from playwright.sync_api import sync_playwright

    work, state = tmp_path / "work", tmp_path / "state"
    shots = SHOTS / f"untrusted-{theme.lower()}"
    shutil.rmtree(shots, ignore_errors=True)
    for folder in (work, state, shots):
        folder.mkdir(parents=True)
    for name in NOTEBOOKS:
        shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", work)
    with lab.server(work, state, theme) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=lab.CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        # High enough for a whole notebook: JupyterLab draws the cells in sight only.
        page = browser.new_page(viewport={"width": 1360, "height": 7000})
        page.set_default_timeout(60_000)
        for name in NOTEBOOKS:
            page.goto(f"{address}/lab/tree/{name}.ipynb?token={lab.TOKEN}&reset")
            page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
            page.wait_for_timeout(1500)
            page.screenshot(path=shots / f"{name}.png")

            shown = page.locator(".jp-OutputArea .skillmeat-audit")
            assert shown.count() >= 3
            assert shown.locator("style, svg").count() == 0
            texts = shown.locator("td:not(.number), th:not(.number), caption")
            assert texts.evaluate_all(ALIGNMENTS) == ["left"]
            assert shown.locator("td.number").evaluate_all(ALIGNMENTS) == ["right"]
            assert len(shown.locator(".tag b").evaluate_all(SIGN_COLOURS)) >= 2
            # The words of a picture that was removed would stand there without it.
            assert not any(each.is_visible() for each in shown.locator(".live").all())
            for image in shown.locator("img").all():
                assert image.is_visible()
                assert image.evaluate("e => e.naturalWidth") > 0
        browser.close()
