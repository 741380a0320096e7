"""Builds the bundled sample homes: files and a cache."""

import hashlib
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from skillmeat_audit.base.bundled import bundled_folder
from skillmeat_audit.base.errors import HomeError, UsageError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.text import printable
from skillmeat_audit.replay.scratch import SCHEMAS
from skillmeat_audit.schema.shape import ERAS
from skillmeat_audit.schema.tables import SENTINEL

DATA = bundled_folder("data")
HOMES = tuple(sorted(path.name for path in (DATA / "homes").iterdir()))
# Older than every row: a file newer than its row is a finding of its own.
_WRITTEN_AT = datetime(2026, 1, 5, 7, tzinfo=UTC).timestamp()


def sample(name: str = "batch-import", folder: PathLike = "scratch") -> Path:
    """Build a bundled home to try things on, and return its path.

    Parameters
    ----------
    name : str
        Name of the home, such as ``batch-import`` or ``clean``.
    folder : path
        Folder in which the home is built; an earlier one of this name is replaced.

    Returns
    -------
    Path
        The ``.skillmeat`` folder.

    Raises
    ------
    UsageError
        If no home of this name is bundled.
    HomeError
        If the home cannot be built in *folder*.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> home = sma.sample("clean", "examples")
    >>> str(home)
    'examples/clean/.skillmeat'
    >>> len(sma.audit(home, progress=False).findings)
    0
    """
    if name not in HOMES:
        raise UsageError(
            f"no home called {printable(name)} is bundled; choose one of {', '.join(HOMES)}"
        )
    try:
        return build_home(name, Path(folder) / name) / ".skillmeat"
    except OSError as exc:
        raise HomeError(f"cannot build {printable(name)}: {exc.strerror or exc}") from exc


def build_home(name: str, target: Path, era: str = ERAS[0]) -> Path:
    """Build home *name* as *target*/.skillmeat with a cache of *era*; return *target*.

    An earlier *target*/.skillmeat is replaced.
    """
    home = target / ".skillmeat"
    shutil.rmtree(home, ignore_errors=True)
    ignored = shutil.ignore_patterns("rows.sql", "README.md")
    shutil.copytree(DATA / "homes" / name, home, ignore=ignored)
    for path in home.rglob("*"):
        os.utime(path, (_WRITTEN_AT, _WRITTEN_AT))
    (home / "cache").mkdir()
    build_cache((DATA / "homes" / name / "rows.sql").read_text(), home / "cache" / "cache.db", era)
    return target


def build_cache(rows: str, database: Path, era: str) -> None:
    """Write *database* on the schema of *era*, filled by the SQL *rows* (keyed by artifact_id)."""
    connection = sqlite3.connect(database)
    # Tests and notebooks build dozens of these homes; a half-written one is built again.
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript((SCHEMAS / f"{era}.sql").read_text())
    if era == "artifact_id":
        connection.executescript(rows)
    else:
        _fill_by_uuid(connection, rows)
    connection.commit()
    connection.close()


def _fill_by_uuid(connection: sqlite3.Connection, rows: str) -> None:
    """Run *rows* on the older schema, then move everything over, a uuid for every artifact."""
    older = sqlite3.connect(":memory:")
    older.executescript((SCHEMAS / "artifact_id.sql").read_text())
    older.executescript(rows)
    # Their columns are nearly the same in both eras; artifacts are made from the rows below.
    for table in ("collections", "projects", "marketplace_sources", "marketplace_catalog_entries"):
        for row in _rows(older, table):
            _insert(connection, table, row)
    for row in _rows(older, "collection_artifacts"):
        artifact_id = str(row.pop("artifact_id"))
        # Not random: the same home has the same bytes each time. SkillMeat's uuids are 32 hex
        # digits.
        row["artifact_uuid"] = hashlib.md5(artifact_id.encode()).hexdigest()
        kind, _, name = artifact_id.partition(":")
        connection.execute(
            "INSERT OR IGNORE INTO artifacts "
            "(id, uuid, project_id, name, type, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                artifact_id,
                row["artifact_uuid"],
                SENTINEL,
                name,
                kind,
                row["added_at"],
                row["added_at"],
            ),
        )
        _insert(connection, "collection_artifacts", row)
    older.close()


def _rows(connection: sqlite3.Connection, table: str) -> list[dict[str, object]]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    # Columns that one era has and the other lacks are left out.
    columns = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
    values = {name: value for name, value in row.items() if name in columns}
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values())
    )
