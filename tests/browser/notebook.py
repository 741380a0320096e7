"""A notebook in JupyterLab in a headless browser: opens, runs, saves, and photographs it."""

import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

from conftest import PROJECT

from browser import lab

SHOTS = PROJECT / ".build" / "browser"
NAME = "book.ipynb"


class ExternalRequests(list):
    """Blocks and records all requests to other hosts."""

    def route(self, route):
        if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            self.append(route.request.url)
            route.abort()


class Notebook:
    """An open notebook; *folder* is where the browser's downloads and the notebook are."""

    def __init__(self, page, folder, shots):
        self.page, self.folder, self.shots = page, folder, shots
        self.explorer = page.locator(".skillmeat-grid").filter(
            has=page.get_by_role("grid", name="findings")
        )
        self.changes = page.locator(".skillmeat-grid").filter(
            has=page.get_by_role("grid", name="changes")
        )

    def run_all(self):
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_text("Run All Cells", exact=True).click()
        self.button("4 undo").wait_for()
        self.explorer.locator("tr[data-line]").first.wait_for()

    def cell_count(self):
        return self.page.locator(".jp-Notebook .jp-Cell").count()

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, step, status):
        """Click the panel's button *step*, and wait for its *status*."""
        self.button(step).scroll_into_view_if_needed()
        self.button(step).click()
        self.page.get_by_text(status).first.wait_for()

    def lines(self, grid=None):
        return (grid or self.explorer).locator("tr[data-line]")

    def choose(self, facet, *labels):
        """Tick the boxes that begin with *labels* in a facet of the explorer."""
        summary = self.explorer.locator(f'summary[data-key="menu {facet}"]')
        summary.click()
        for label in labels:
            box = self.explorer.locator(f'input[data-key^="box {facet} {label}"]')
            box.click()
            self.page.wait_for_timeout(400)
        summary.click()

    def wait_for_text(self, text):
        self.page.get_by_text(text).first.wait_for()

    def shoot(self, name):
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=self.shots / f"{name}.png")

    def show(self, grid):
        grid.scroll_into_view_if_needed()
        self.page.wait_for_timeout(200)


@contextmanager
def opened(folder, state, theme, name, width=1360):
    """Yield the `Notebook` in *folder*, in a JupyterLab of its own; nothing leaves the machine."""
    from playwright.sync_api import sync_playwright

    shots = SHOTS / f"{name}-{theme.lower()}"
    shutil.rmtree(shots, ignore_errors=True)
    for each in (state, shots):
        each.mkdir(parents=True, exist_ok=True)
    external, errors = ExternalRequests(), []
    with lab.server(folder, state, theme) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=lab.CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(
            viewport={"width": width, "height": 1000},
            accept_downloads=True,
            permissions=["clipboard-read", "clipboard-write"],
        )
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.route("**/*", external.route)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/lab/tree/{NAME}?token={lab.TOKEN}")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        try:
            yield Notebook(page, folder, shots)
        except BaseException:
            page.screenshot(path=shots / "failed.png")
            raise
        finally:
            browser.close()
    assert external == []
    assert errors == []
