"""Times the real SkillMeat's refresh-cache over a home; runs in the conformance environment.

``python benchmarks/refresh.py HOME KEPT``: its server is started over an empty home in a scratch
HOME, files and rows are put there, and it is asked to refresh its cache. What it leaves is copied
to KEPT, to be audited. Prints JSON.
"""

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

TESTS = Path(__file__).parent.parent / "tests"
TABLES = (
    "artifacts", "marketplace_sources", "marketplace_catalog_entries", "collection_artifacts",
)  # fmt: skip


def main() -> None:
    """Refresh, and say how long it took."""
    home, kept = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HOME"] = scratch  # SkillMeat asks for it when it is imported
        sys.path.insert(0, str(TESTS))
        from conformance.app import Application
        from conformance.boundary import GitHub

        github = GitHub(Path(scratch) / "github")
        with github.served(Path(scratch)):
            app = Application(github)
            app.install()
            app.start()
            _fill(app, home)
            wall, cpu = time.perf_counter(), time.process_time()
            answer = _refreshed(app)
            took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            app.keep(kept)
    json.dump({**took, "done": answer}, sys.stdout)


def _refreshed(app: object) -> str:
    """Ask for the refresh, and return what came of it: a large home's ends in a time-out."""
    try:
        answer = app.ask("POST", "/user-collections/refresh-cache")
    except AssertionError as exc:
        return str(exc)
    return f"{answer['total_updated']} rows refreshed"


def _fill(app: object, home: Path) -> None:
    """Put the files of *home* in place, and its rows into the tables of the real schema."""
    shutil.copytree(home / "collections", app.home / "collections", dirs_exist_ok=True)
    with closing(sqlite3.connect(app.database)) as cache:
        cache.execute("ATTACH ? AS theirs", [str(home / "cache" / "cache.db")])
        with cache:
            for table in TABLES:
                _copy(cache, table)


def _copy(cache: sqlite3.Connection, table: str) -> None:
    own = {row[1]: row for row in cache.execute(f"PRAGMA main.table_info({table})")}
    there = [row[1] for row in cache.execute(f"PRAGMA theirs.table_info({table})") if row[1] in own]
    names = ", ".join(there)
    cache.execute(
        f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM theirs.{table}"
    )


if __name__ == "__main__":
    main()
