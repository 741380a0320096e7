"""Draws report.png, the picture in the README: the report of a small home on its fifth night."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from skillmeat_audit.api.audit import audit
from skillmeat_audit.api.compose import make_report
from skillmeat_audit.api.history import HistorySettings, location_of
from skillmeat_audit.api.recording import record_audit
from skillmeat_audit.api.sample import build_home
from skillmeat_audit.api.scope import Scope
from skillmeat_audit.api.values import Audit
from skillmeat_audit.history.store import RecordedRun, mark_delivered
from skillmeat_audit.reports.facts.report import RunContext
from skillmeat_audit.reports.files.html_page import html_page

FOLDER = Path(".build/picture")
TARGET = Path(__file__).parent / "report.png"
SHOWN_AS = Path("/home/jane/.skillmeat")
WIDTH, HEIGHT = 1080, 1056
EARLIER = """
    INSERT INTO collection_artifacts (collection_id, artifact_id, added_at)
        VALUES ('default', 'skill:old', '2026-02-10 09:00:00.000000');
    UPDATE collection_artifacts SET description = 'Reads secrets.'
        WHERE collection_id = 'default' AND artifact_id = 'skill:1password';
"""


def main() -> None:
    """Record four nights of a home, then change it, and draw the report of the fifth."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    home = build_home("batch-import", FOLDER) / ".skillmeat"
    database = home / "cache" / "cache.db"
    final = database.read_bytes()
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(EARLIER)
    for day in range(11, 15):
        record_night(home, day)
    database.write_bytes(final)
    audited, last = record_night(home, 15)
    context = RunContext(last.changes, last.trend)
    page = html_page(make_report(audited, findings=last.findings, past=context, made_at=night(15)))
    (FOLDER / "report.html").write_bytes(page)
    draw(FOLDER / "report.html")


def night(day: int) -> str:
    """Return the time of a run."""
    return f"2026-02-{day}T03:17:00Z"


def record_night(home: Path, day: int) -> tuple[Audit, RecordedRun]:
    """Audit *home* and record the run in the history, as an audit of `SHOWN_AS`."""
    audited = audit(home, progress=False)
    shown_home = replace(audited.snapshot.home, root=SHOWN_AS)
    audited = replace(audited, snapshot=replace(audited.snapshot, home=shown_home))
    location = location_of(
        audited.snapshot.home, Scope(), HistorySettings(str(FOLDER / "history.db"))
    )
    recorded = record_audit(audited, location, night(day))
    mark_delivered(location.url, recorded.run)
    return audited, recorded


def draw(page: Path) -> None:
    """Write the top of *page* as a picture."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page_view = chromium.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
        )
        page_view.goto(page.resolve().as_uri())
        page_view.screenshot(path=TARGET)
        chromium.close()
    Image.open(TARGET).quantize(128).save(TARGET, optimize=True)  # a third of the size


if __name__ == "__main__":
    main()
