"""The explorer and the panel in a real browser: filter, select, repair, undo, save and reopen."""

import os
import sqlite3
import sys
from contextlib import closing

import nbformat
import pytest
from conftest import PROJECT

from browser import lab
from browser.contrast import low_contrast_texts
from browser.notebook import NAME, opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SKILLMEAT_AUDIT_BROWSER" not in os.environ, reason="make browser runs it"),
    pytest.mark.skipif(lab.CHROMIUM is None, reason="needs chromium"),
]
LARGE = 10_000  # artifacts
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELLS = """import skillmeat_audit as sma
audit = sma.audit({home!r}, progress=False)
options = sma.Options(state_dir={state!r})
---
explorer = sma.explore(audit)
explorer
---
panel = sma.repair_panel(explorer, options)
panel"""


def write_notebook(folder, home, state):
    """Write the notebook into *folder*; return its path."""
    folder.mkdir(parents=True)
    sources = CELLS.format(home=str(home), state=str(state)).split("\n---\n")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    book.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    nbformat.write(book, folder / NAME)
    return folder / NAME


@pytest.fixture
def large_home(tmp_path):
    """Build a home anew for each test: a repair leaves no finding for the next one to choose."""
    sys.path.insert(0, str(PROJECT / "benchmarks"))
    import homes

    return homes.build(tmp_path / ".skillmeat", LARGE)


@pytest.fixture
def sample_home(make_home):
    return make_home(era="artifact_uuid")


def cache(home):
    return home / "cache" / "cache.db"


def write_elsewhere(home):
    """Change every description in the cache, as another program would."""
    with closing(sqlite3.connect(cache(home))) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET description = 'written elsewhere'")


def test_repair_and_undo_of_the_sample_in_light(sample_home, tmp_path):
    repair_and_undo(sample_home, tmp_path, "Light", "sample")


def test_repair_and_undo_of_the_sample_in_dark(sample_home, tmp_path):
    repair_and_undo(sample_home, tmp_path, "Dark", "sample")


def test_repair_and_undo_of_a_large_home_in_light(large_home, tmp_path):
    repair_and_undo(large_home, tmp_path, "Light", "large")


def test_repair_and_undo_of_a_large_home_in_dark(large_home, tmp_path):
    repair_and_undo(large_home, tmp_path, "Dark", "large")


def repair_and_undo(home, tmp_path, theme, size):
    folder = tmp_path / "work"
    write_notebook(folder, home, tmp_path / "runs")
    with opened(folder, tmp_path / "state", theme, f"repair-{size}") as book:
        book.run_all()
        cells = book.cell_count()
        filter_and_sort(book)
        filter_by_chart(book)
        select(book)
        type_letters(book)
        assert book.cell_count() == cells
        export(book)
        plan_and_untick(book)
        book.press("2 rehearse", "Rehearsed and rolled back")
        book.shoot("06-rehearsed")
        book.press("3 apply", "Applied and audited again")
        book.shoot("07-applied")
        if size == "large":
            cancel_an_apply(book)
        write_elsewhere(home)
        book.press("4 undo", "conflicts: skipped, and listed below")
        book.wait_for_text("plan again")
        assert not book.page.get_by_text("Undone: what the run changed is as before.").count()
        assert not book.button("4 undo").is_disabled()
        book.shoot("09-undone-with-conflicts")
        book.show(book.explorer)
        book.shoot("10-explorer-after-undo")
        assert low_contrast_texts(book.page) == []


def filter_and_sort(book):
    grid, page = book.explorer, book.page
    book.show(grid)
    book.shoot("01-explorer")
    grid.locator('[data-key="sort severity"]').click()
    grid.locator('th[aria-sort="descending"]').wait_for()
    grid.locator('[data-key="sort artifact"]').click()
    grid.locator('th[aria-sort="ascending"]').get_by_text("artifact").wait_for()
    book.choose("severity", "error")
    grid.get_by_text("0 warnings").wait_for()
    book.choose("rule", "D001", "S001")
    grid.get_by_text("rule (2)").wait_for()
    book.wait_for_text("rule=['D001', 'S001']")
    grid.locator('summary[data-key="menu rule"]').click()
    book.shoot("02-facets")
    page.keyboard.press("Escape")
    grid.locator('[data-key="reset"]').click()
    page.get_by_text("explorer.audit.findings").first.wait_for()
    grid.locator('summary[data-key="columns"]').click()
    grid.locator('input[data-key="column evidence"]').click()
    grid.locator('[data-key="sort evidence"]').wait_for()
    page.keyboard.press("Escape")


def filter_by_chart(book):
    page, charts = book.page, book.page.locator("details").filter(has_text="Charts of all findings")
    charts.locator("summary").first.click()
    sign = charts.locator('[data-filter*="column="]').first
    sign.scroll_into_view_if_needed()
    book.shoot("02-charts")
    sign.click()
    page.get_by_text("explorer.audit.only(").first.wait_for()
    bar = charts.locator('[data-filter*="severity=error"]').first
    bar.focus()
    page.keyboard.press("Enter")
    page.get_by_text("severity='error'").first.wait_for()
    book.explorer.get_by_text("0 warnings").wait_for()
    book.explorer.locator('[data-key="reset"]').click()
    page.get_by_text("explorer.audit.findings").first.wait_for()


def select(book):
    grid, lines = book.explorer, book.lines()
    lines.nth(0).locator("td").nth(1).click()
    grid.locator("tr.current").wait_for()
    lines.nth(2).locator("td").nth(1).click(modifiers=["Shift"])
    book.page.wait_for_function(
        "() => document.querySelectorAll('tr[data-line][aria-selected=true]').length === 3"
    )
    grid.locator("tr .fold").first.click()
    grid.locator("td.inside").first.wait_for()
    book.shoot("03-selected-and-unfolded")
    grid.locator("tr .fold").first.click()
    # What a filter hides is counted, and not repaired.
    search = grid.locator('input[data-key="text text"]')
    search.fill("no such text")
    grid.get_by_text("of them hidden by the filters: not repaired").wait_for()
    book.wait_for_text("0 findings chosen")
    book.shoot("04-hidden-selection")
    search.fill("")
    grid.locator('[data-key="none"]').click()
    grid.get_by_text("0 selected").wait_for()


def type_letters(book):
    """Type the notebook's shortcuts into everything that takes the focus."""
    page, grid = book.page, book.explorer
    book.lines().nth(0).locator("td").nth(1).click()
    type_shortcuts(page)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    grid.get_by_role("grid").get_attribute("aria-activedescendant")
    page.keyboard.press("Escape")
    grid.get_by_text("0 selected").wait_for()
    for key in ("menu severity", "columns", "reset", "sort rule", "group"):
        grid.locator(f'[data-key="{key}"]').first.focus()
        type_shortcuts(page)
    book.lines().nth(0).locator("input").click()
    type_shortcuts(page)
    book.lines().nth(0).locator("input").click()
    for label in ("delete orphans", "writes"):
        page.get_by_label(label, exact=True).focus()
        type_shortcuts(page)
    # A letter chooses from the list, as it should.
    assert page.get_by_label("writes", exact=True).input_value() == "manifests only"
    page.get_by_label("writes", exact=True).select_option("rows and manifests: repairs last")
    book.button("1 plan").focus()
    type_shortcuts(page)
    search = grid.locator('input[data-key="text text"]')
    search.click()
    page.keyboard.type("mxdd00", delay=30)
    assert search.input_value() == "mxdd00"
    search.fill("")
    book.page.wait_for_timeout(600)


def type_shortcuts(page):
    for key in ("m", "x", "d", "d", "0", "0", "a", "b"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)


def export(book):
    grid = book.explorer
    for format_name, file in (("csv", "findings.csv"), ("parquet", "findings.parquet")):
        grid.locator('summary[data-key="export"]').click()
        with book.page.expect_download() as download:
            grid.locator(f'[data-key="export {format_name}"]').click()
        assert download.value.suggested_filename == file
        content = download.value.path().read_bytes()
        assert content.startswith(b"rule,severity" if format_name == "csv" else b"PAR1")


def plan_and_untick(book):
    grid, page = book.changes, book.page
    book.press("1 plan", "Planned: review the changes")
    book.wait_for_text("backup and journal in")
    book.show(grid)
    book.lines(grid).nth(0).locator("td").nth(2).click()
    grid.get_by_text("untick all").wait_for()
    page.get_by_text("before → after").first.wait_for()
    book.shoot("05-planned")
    book.lines(grid).nth(0).locator("input").click()
    grid.get_by_text("unticked: not written").wait_for()
    book.wait_for_text("the ticked changes in code")
    book.shoot("05-unticked")
    page.locator("button.copy").last.click()
    page.get_by_text("copied").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "panel.plan"


def cancel_an_apply(book):
    book.press("1 plan", "Planned: review the changes")
    book.press("2 rehearse", "Rehearsed and rolled back")
    book.button("3 apply").click()
    book.button("cancel").click()
    book.page.get_by_text("cancelled after 0 of").first.wait_for()
    assert not book.page.locator(".tag.error", has_text="cancelled").count()
    book.shoot("08-cancelled")
    book.show(book.explorer)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_saved_notebook_reopened_without_a_kernel_shows_static_tables(
    sample_home, tmp_path, theme
):
    folder = tmp_path / "work"
    path = write_notebook(folder, sample_home, tmp_path / "runs")
    with opened(folder, tmp_path / "state", theme, "reopened") as book:
        book.run_all()
        book.page.wait_for_timeout(500)
        assert book.page.get_by_text("Explorer of findings: run this cell").is_hidden()
        book.page.keyboard.press("Control+s")
        for _ in range(60):
            book.page.wait_for_timeout(250)
            if any(cell.get("outputs") for cell in nbformat.read(path, 4).cells):
                break
        book.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        book.page.get_by_text("Shut Down Kernel", exact=True).click()
        book.page.wait_for_timeout(1500)
        book.page.reload()
        book.page.get_by_text("Explorer of findings: run this cell").wait_for()
        book.page.get_by_text("Repair panel: run this cell").wait_for()
        book.page.wait_for_timeout(2000)
        for text in ("model not found", "Loading widget"):
            assert all(each.is_hidden() for each in book.page.get_by_text(text).all())
        book.shoot("1-reopened")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_narrow_window_loses_no_column(sample_home, tmp_path, theme):
    folder = tmp_path / "work"
    write_notebook(folder, sample_home, tmp_path / "runs")
    with opened(folder, tmp_path / "state", theme, "narrow", width=1000) as book:
        book.run_all()
        book.press("1 plan", "Planned: review the changes")
        for name, grid in (("explorer", book.explorer), ("changes", book.changes)):
            book.show(grid)
            book.shoot(name)
            overflow = grid.locator(".scroll").evaluate("box => box.scrollWidth - box.clientWidth")
            assert overflow <= 0
            right = grid.locator("thead th").last.evaluate("th => th.getBoundingClientRect().right")
            assert right <= 1000
