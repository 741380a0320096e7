"""Measures SkillMeat's own refresh-cache on a home; runs in the conformance environment.

``python benchmarks/refresh.py HOME RESULT`` starts SkillMeat's server on an empty home, copies the
files and rows of HOME into it, and requests a refresh of its cache. The refreshed home is copied to
RESULT for an audit. Prints JSON.
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
    "artifacts",
    "marketplace_sources",
    "marketplace_catalog_entries",
    "collection_artifacts",
)


def main() -> None:
    """Refresh, and print how long it took."""
    home, result = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HOME"] = scratch  # SkillMeat reads it at import
        sys.path.insert(0, str(TESTS))
        from conformance.app import Application
        from conformance.boundary import GitHub

        github = GitHub(Path(scratch) / "github")
        with github.served(Path(scratch)):
            app = Application(github)
            app.install()
            app.start()
            _copy_home(app, home)
            wall, cpu = time.perf_counter(), time.process_time()
            answer = _refresh(app)
            times = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            app.keep(result)
    json.dump({**times, "done": answer}, sys.stdout)


def _refresh(app: object) -> str:
    """Request the refresh and return its result; for a large home the server times out."""
    try:
        answer = app.ask("POST", "/user-collections/refresh-cache")
    except AssertionError as exc:
        return str(exc)
    return f"{answer['total_updated']} rows refreshed"


def _copy_home(app: object, home: Path) -> None:
    """Copy the files of *home*, and its rows into the tables of the real schema."""
    shutil.copytree(home / "collections", app.home / "collections", dirs_exist_ok=True)
    with closing(sqlite3.connect(app.database)) as cache:
        cache.execute("ATTACH ? AS benchmark", [str(home / "cache" / "cache.db")])
        with cache:
            for table in TABLES:
                _copy_table(cache, table)


def _copy_table(cache: sqlite3.Connection, table: str) -> None:
    """Copy the columns of *table* that both schemas have."""
    target, source = (
        [row[1] for row in cache.execute(f"PRAGMA {schema}.table_info({table})")]
        for schema in ("main", "benchmark")
    )
    names = ", ".join(name for name in source if name in target)
    cache.execute(
        f"INSERT OR IGNORE INTO main.{table} ({names}) SELECT {names} FROM benchmark.{table}"
    )


if __name__ == "__main__":
    main()
