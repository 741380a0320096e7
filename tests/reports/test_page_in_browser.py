"""The page in a real browser: nothing runs off its side, asks for anything, or complains."""

import shutil

import pytest
from builders import audited, trapped

from skillmeat_audit.api.compose import make_report
from skillmeat_audit.reports.facts.report import Failure
from skillmeat_audit.reports.files.html_page import failure_page, html_page

playwright = pytest.importorskip("playwright.sync_api", reason="install the extra 'test'")

pytestmark = pytest.mark.slow

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
VIEWS = [(380, "light", "screen"), (768, "dark", "screen"), (1280, "light", "print")]


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the path")
def test_the_page_fits_every_width_and_asks_for_nothing(tmp_path):
    pages = [tmp_path / "page.html", tmp_path / "failure.html"]
    pages[0].write_bytes(html_page(make_report(audited(trapped()))))
    pages[1].write_bytes(failure_page(Failure("/h", f"cannot read /{'x' * 300}: no", "1")))
    heard, widths = [], []
    with playwright.sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width, scheme, medium in VIEWS:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.emulate_media(media=medium)
            page.on("console", lambda message: heard.append(message.text))
            page.on("dialog", lambda dialog: heard.append(dialog.message))
            page.on("request", lambda request: heard.append(request.url))
            for path in pages:
                page.goto(path.as_uri())
                widths.append(page.evaluate("document.documentElement.scrollWidth"))
        browser.close()

    assert set(heard) == {path.as_uri() for path in pages}
    assert widths == [width for width, _, _ in VIEWS for _ in pages]
