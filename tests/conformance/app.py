"""The real application, in this process, on a scratch home: requests go in, a database comes out.

SkillMeat takes its home from `Path.home()` when it is first imported, so all worlds of a process
share one address; each starts with nothing there.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.boundary import GitHub

API = "/api/v1"
DEFAULT = "default"


class Application:
    """SkillMeat's server over ``home``; started and stopped, its singletons with it."""

    def __init__(self, github: "GitHub") -> None:
        self.home = Path.home() / ".skillmeat"
        self.github = github
        self._client = None

    @property
    def database(self) -> Path:
        """The cache."""
        return self.home / "cache" / "cache.db"

    def install(self) -> None:
        """Make an empty home with a cache.

        A server started without one migrates from nothing, and leaves tables that it cannot read.
        """
        from skillmeat.cache.manager import CacheManager

        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        assert CacheManager(str(self.database)).initialize_cache()

    def keep(self, place: Path) -> None:
        """Stop the server and keep a copy of its home at *place*."""
        self.stop()
        shutil.copytree(self.home, place, symlinks=True)

    def put_back(self, place: Path) -> None:
        """Stop the server and make its home a copy of the one that was kept at *place*."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(place, self.home, symlinks=True)

    def bring_back(self, place: Path) -> None:
        """Start the server over the home that was kept at *place*."""
        self.put_back(place)
        self.start()

    def start(self) -> None:
        """Start the server: its lifespan runs, which copies manifests into the cache."""
        from fastapi.testclient import TestClient
        from skillmeat.api.server import create_app

        self._client = TestClient(create_app())
        self._client.__enter__()

    def stop(self) -> None:
        """Stop the server, and forget what only the end of a process would make it forget."""
        from skillmeat.cache import models
        from skillmeat.core.github_client import clear_client_cache

        if self._client is not None:
            self._client.__exit__(None, None, None)
        if models._engine_singleton is not None:
            models._engine_singleton.dispose()
        self._client = models._engine_singleton = models.SessionLocal = None
        clear_client_cache()

    def restart(self) -> None:
        """Stop the server and start it again."""
        self.stop()
        self.start()

    def ask(self, method: str, path: str, body: object = None) -> object:
        """Return what the server answers; anything but success fails the test."""
        response = self._client.request(method, API + path, json=body)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:500]}"
        return response.json() if response.content else None

    def status(self, path: str, method: str = "GET", body: object = None) -> int:
        """Return the status of the server's answer, 500 where it raises."""
        from fastapi.testclient import TestClient

        client = TestClient(self._client.app, raise_server_exceptions=False)
        return client.request(method, API + path, json=body).status_code

    def rows(self) -> dict[tuple[str, str], dict[str, object]]:
        """Return the cache rows by collection and artifact, read from the file."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            query = (
                "SELECT a.id AS artifact, c.* FROM collection_artifacts c "
                "JOIN artifacts a ON a.uuid = c.artifact_uuid"
            )
            return {
                (row["collection_id"], row["artifact"]): dict(row)
                for row in connection.execute(query)
            }

    def execute(self, statement: str, *values: object) -> None:
        """Change the cache behind the server's back."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement, values)
