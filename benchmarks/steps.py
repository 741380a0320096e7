"""Measures one step in its own process: ``python benchmarks/steps.py STEP HOME``.

Inputs are prepared before the clock starts, and the step runs once on a small home first, so that
no import is measured. Prints JSON: seconds of wall and CPU time, child processes included, and the
number of items processed.
"""

import argparse
import gc
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from operator import itemgetter
from pathlib import Path

import frames
import homes
import sqlalchemy as sa
from floor import floor
from sqlalchemy.orm import DeclarativeBase, Session

import skillmeat_audit as sma
from skillmeat_audit.api.outputs import outputs_of
from skillmeat_audit.api.report import ReportRequest, report
from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.model.changes import Change

Step = Callable[[], object]
WARM_UP = 300  # artifacts
_ROWS_OF_DEFAULT = (
    "collection_artifacts c JOIN artifacts a ON a.uuid = c.artifact_uuid "
    "WHERE c.collection_id = 'default'"
)


def check(home: Path, _: Path) -> Step:
    """Audit a home without a parse cache."""
    return lambda: len(sma.audit(home, parse_cache=False, progress=False).findings)


def unchanged(home: Path, scratch: Path) -> Step:
    """Audit a home in which no file changed since the last audit."""
    sma.audit(home, state_dir=scratch, progress=False)
    return lambda: len(sma.audit(home, state_dir=scratch, progress=False).findings)


def plan(home: Path, _: Path) -> Step:
    """Plan the repair of an audited home."""
    audited = sma.audit(home, progress=False)
    return lambda: len(audited.plan().document.changes)


def apply(home: Path, scratch: Path) -> Step:
    """Apply a plan: preconditions, backup and journal, the rows, one commit."""
    planned, options = _plan_copy(home, scratch)
    return lambda: len(sma.apply(planned, options=options, recheck=False).outcome.applied)


def undo(home: Path, scratch: Path) -> Step:
    """Undo a run: preconditions and journal, the rows, one commit."""
    planned, options = _plan_copy(home, scratch)
    run = sma.apply(planned, options=options, recheck=False)
    return lambda: len(run.undo().outcome.applied)


def bare(home: Path, scratch: Path) -> Step:
    """Write the rows of a plan by one sorted executemany for each set of columns, nothing else."""
    planned, _ = _plan_copy(home, scratch)
    database = scratch / "cache.db"
    with closing(sqlite3.connect(database)) as connection:
        uuids = dict(connection.execute("SELECT id, uuid FROM artifacts"))
    changes = [change for change in planned.document.changes if change.op == "update"]
    return lambda: _write(database, changes, uuids)


def by_rowid(home: Path, scratch: Path) -> Step:
    """Write the rows of a plan by one executemany of UPDATE by rowid for each set of columns."""
    planned, _ = _plan_copy(home, scratch)
    database = scratch / "cache.db"
    with closing(sqlite3.connect(database)) as connection:
        rowids = dict(connection.execute(f"SELECT a.id, c.rowid FROM {_ROWS_OF_DEFAULT}"))
    changes = [change for change in planned.document.changes if change.op == "update"]
    return lambda: _update(database, changes, rowids)


def orm(home: Path, scratch: Path) -> Step:
    """Write the rows of a plan one by one through an ORM, with a commit each."""
    planned, _ = _plan_copy(home, scratch)
    engine = sa.create_engine(f"sqlite:///{scratch / 'cache.db'}")
    row_type, uuids = _map_cache_rows(engine)
    changes = [change for change in planned.document.changes if change.op == "update"]

    def work() -> int:
        with Session(engine) as session:
            for change in changes:
                key = {"collection_id": change.collection_id}
                key["artifact_uuid"] = uuids[change.artifact_id]
                session.merge(row_type(**key, **change.after))
                session.commit()
        return len(changes)

    return work


def repair(home: Path, scratch: Path) -> Step:
    """Audit, plan and apply: the counterpart of SkillMeat's refresh."""
    copy = _copy_database(home, scratch)
    options = sma.Options(state_dir=scratch / "state")

    def work() -> int:
        planned = sma.audit(home, database=copy, parse_cache=False, progress=False).plan()
        return len(sma.apply(planned, options=options, recheck=False).outcome.applied)

    return work


def audit_and_report(home: Path, scratch: Path) -> Step:
    """Audit, and report as HTML, JSON, SARIF and metrics."""
    files = [str(scratch / f"report.{suffix}") for suffix in ("html", "json", "sarif", "prom")]
    request = ReportRequest(
        outputs=outputs_of(files, None, github=False), parse_cache=False, progress=False
    )
    return lambda: len(report(home, request).delivery.files)


def diff(home: Path, _: Path) -> Step:
    """Compare two frames: pair their rows, and list the cells that differ.

    They are compared once before, as the other tools have, whose figures are medians of five.
    """
    snapshot = frames.snapshot(home)
    compare(snapshot)
    return lambda: len(compare(snapshot).cells)


def show(home: Path, _: Path) -> Step:
    """Show the layers of one artifact of an audited home, as a notebook does."""
    audited, artifact = _audit_with_artifact(home)
    return lambda: len(audited.show(artifact)._repr_html_())


def view(home: Path, _: Path) -> Step:
    """Show what the pages show of one artifact of an audited home, as a notebook does."""
    audited, artifact = _audit_with_artifact(home)
    return lambda: len(audited.view(artifact)._repr_html_())


def pandas_compare(home: Path, _: Path) -> Step:
    """Compare the same frames by `DataFrame.compare`, on the rows that both have."""
    expected, actual = frames.pair(home)
    frames.compare_with_pandas(expected, actual)
    return lambda: len(frames.compare_with_pandas(expected, actual))


STEPS: dict[str, Callable[[Path, Path], Step]] = {
    "floor": lambda home, _: lambda: floor(home),
    "check": check,
    "unchanged": unchanged,
    "plan": plan,
    "apply": apply,
    "undo": undo,
    "bare": bare,
    "rowid": by_rowid,
    "orm": orm,
    "repair": repair,
    "report": audit_and_report,
    "diff": diff,
    "show": show,
    "view": view,
    "pandas": pandas_compare,
}


def _audit_with_artifact(home: Path) -> tuple[sma.Audit, str]:
    audited = sma.audit(home, progress=False)
    return audited, audited.rows["artifact_id"].iloc[-1]


def _copy_database(home: Path, scratch: Path) -> Path:
    return Path(shutil.copy(home / "cache" / "cache.db", scratch / "cache.db"))


def _plan_copy(home: Path, scratch: Path) -> tuple[sma.Plan, sma.Options]:
    # Rows alone: a bare statement edits no manifest, and neither does the next step's home change.
    audit = sma.audit(home, database=_copy_database(home, scratch), progress=False)
    planned = audit.plan(targets=("rows",))
    limit = len(planned.document.changes)
    return planned, sma.Options(state_dir=scratch / "state", max_overwrites=limit)


def _write(database: Path, changes: list[Change], uuids: dict[str, str]) -> int:
    by_columns: dict[tuple[str, ...], list[tuple[str | None, ...]]] = {}
    for change in changes:
        row = (change.collection_id, uuids[change.artifact_id], *change.after.values())
        by_columns.setdefault(tuple(change.after), []).append(row)
    with closing(sqlite3.connect(database)) as connection, connection:
        for columns, rows in by_columns.items():
            assignments = ", ".join(f"{name} = excluded.{name}" for name in columns)
            connection.executemany(
                f"INSERT INTO collection_artifacts "
                f"(collection_id, artifact_uuid, added_at, synced_at, {', '.join(columns)}) "
                f"VALUES (?, ?, '-', '-'{', ?' * len(columns)}) "
                f"ON CONFLICT DO UPDATE SET synced_at = excluded.synced_at, {assignments}",
                sorted(rows),
            )
    return len(changes)


def _update(database: Path, changes: list[Change], rowids: dict[str, int]) -> int:
    by_columns: dict[tuple[str, ...], list[tuple[str | int | None, ...]]] = {}
    for change in changes:
        row = (*change.after.values(), rowids[change.artifact_id])
        by_columns.setdefault(tuple(change.after), []).append(row)
    with closing(sqlite3.connect(database)) as connection, connection:
        for columns, rows in by_columns.items():
            assignments = ", ".join(f"{name} = ?" for name in columns)
            connection.executemany(
                f"UPDATE collection_artifacts SET synced_at = '-', {assignments} WHERE rowid = ?",
                sorted(rows, key=itemgetter(-1)),
            )
    return len(changes)


def _map_cache_rows(engine: sa.Engine) -> tuple[type, dict[str, str]]:
    """Return an ORM class of the cache rows, and the uuid of each artifact."""

    class Base(DeclarativeBase):
        pass

    class CacheRow(Base):
        __table__ = sa.Table("collection_artifacts", Base.metadata, autoload_with=engine)

    with engine.connect() as connection:
        uuids = dict(connection.execute(sa.text("SELECT id, uuid FROM artifacts")).all())
    return CacheRow, uuids


def measure(step: str, home: Path) -> dict[str, object]:
    """Run *step* on a small home, then on *home*, and return its durations."""
    make = STEPS[step]
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as scratch:
        (Path(small) / "scratch").mkdir()
        make(homes.build(Path(small), WARM_UP), Path(small) / "scratch")()
        with unchanged_manifests(home):
            work = make(home, Path(scratch))
            # Else the preparation's garbage is collected in some steps, at up to their own time.
            gc.collect()
            wall, cpu = time.perf_counter(), _cpu()
            done = work()
            return {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu, "done": done}


@contextmanager
def unchanged_manifests(home: Path) -> Iterator[None]:
    """Put the manifests of *home* back at the end: the next step has to measure the same home.

    A run writes rows to a copy of the database; a copy of the files would take a minute.
    """
    manifests = {file: file.read_bytes() for file in home.glob("collections/*/collection.toml")}
    yield
    for file, content in manifests.items():
        if file.read_bytes() != content:
            file.write_bytes(content)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("home", type=Path, help="a .skillmeat folder")
    parser.add_argument("--one-core", action="store_true", help="use one core only")
    options = parser.parse_args()
    if options.one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    json.dump(measure(options.step, options.home), sys.stdout)


if __name__ == "__main__":
    main()
