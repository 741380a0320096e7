"""The displays of notebooks in a real browser: readable in any theme, and nothing in them runs."""

import base64
import shutil

import pytest
from browser.contrast import low_contrast_texts
from builders import TRAPS, audited, trapped

import skillmeat_audit as sma
from skillmeat_audit.api import repair

playwright = pytest.importorskip("playwright.sync_api", reason="install the extra 'test'")
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium on the path"),
]
NOTEBOOK_PX = 860
THEMES = {"light": "#fff;color:#000", "dark": "#1e1e1e;color:#d4d4d4", "host": "#0d1117;color:#fff"}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as drive:
        started = drive.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser, shown, theme="light"):
    """Return a page as wide as a notebook that shows the displays of *shown*."""
    page = browser.new_page(viewport={"width": NOTEBOOK_PX, "height": 1000})
    body = "".join(each._repr_html_() for each in shown)
    html = f"<!doctype html><meta charset=utf-8><body style='background:{THEMES[theme]}'>{body}"
    page.goto(f"data:text/html;base64,{base64.b64encode(html.encode()).decode()}")
    return page


@pytest.fixture(scope="module")
def displays(tmp_path_factory):
    """Return everything that shows itself, of a home whose rows are empty or differ."""
    folder = tmp_path_factory.mktemp("displays")
    audit = sma.audit(sma.sample("reimport", folder), progress=False)
    plan, options = audit.plan(), sma.Options(state_dir=folder / "state")
    run = plan.apply(options)
    shown = [audit, audit.show("skill:1password"), audit.charts, plan, plan.rehearse(options), run]
    again, undone = plan.apply(options), run.undo()
    runs = repair.runs(plan.home, options=options)
    others = [runs, runs.show(str(run.outcome.run)), sma.replay_imports(eras=["artifact_id"])]
    return [*shown, again, undone, *others]


@pytest.mark.parametrize("theme", THEMES)
def test_all_text_stands_out_in_every_theme(browser, displays, theme):
    assert low_contrast_texts(opened(browser, displays, theme)) == []


def test_nothing_is_wider_than_a_notebook(browser, displays):
    page = opened(browser, displays)

    widths = page.eval_on_selector_all(".skillmeat-audit", "all => all.map(e => e.scrollWidth)")
    assert len(widths) == len(displays) + 3  # the charts are four
    assert max(widths) <= NOTEBOOK_PX


def test_text_from_outside_stays_text(browser):
    audit = audited(trapped())
    shown = [audit, audit.charts, *(audit.show(f"skill:{n}{each}") for n, each in enumerate(TRAPS))]
    heard = []
    page = opened(browser, [], "light")
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on("request", lambda request: heard.append(request.url))

    page.set_content("".join(each._repr_html_() for each in shown))

    images = page.eval_on_selector_all("img", "all => all.map(e => e.src.slice(0, 19))")
    assert set(images) == {"data:image/svg+xml;"}
    assert page.locator("script, iframe, a, evil").count() == 0
    assert [each for each in heard if not each.startswith("data:image/svg+xml;")] == []
