"""What conformance tests stand on: a scratch HOME, the application, the tally printed last.

Loaded only where SkillMeat is installed. SkillMeat takes its home from ``HOME`` when it is first
imported, so this happens before anything imports it.
"""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from conformance.app import Application
from conformance.boundary import GitHub
from conformance.kit import KIT, REPOSITORY
from conformance.life import Life

SCRATCH = Path(tempfile.mkdtemp(prefix="conformance-"))
# What would lead SkillMeat, git or our own settings out of the scratch HOME.
_FOREIGN = ("DATABASE_URL", "GITHUB_TOKEN", "GH_TOKEN", "SKILLMEAT_", "XDG_", "GIT_")
_TALLY = pytest.StashKey[Counter]()


def pytest_configure(config):
    for name in [*os.environ]:
        if name.startswith(_FOREIGN):
            del os.environ[name]
    os.environ["HOME"] = str(SCRATCH / "home")
    (SCRATCH / "home").mkdir()
    config.stash[_TALLY] = Counter()


def pytest_unconfigure():
    shutil.rmtree(SCRATCH, ignore_errors=True)


def pytest_terminal_summary(terminalreporter, config):
    counts = config.stash[_TALLY]
    if counts:
        terminalreporter.section("compared with SkillMeat")
        for what, number in counts.items():
            terminalreporter.line(f"{number:7,}  {what}")


@pytest.fixture(scope="session")
def tally(pytestconfig):
    """What was compared so far, by name; printed at the end of the session."""
    return pytestconfig.stash[_TALLY]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The application, not started, and GitHub for it."""
    github = GitHub(tmp_path_factory.mktemp("github"))
    with github.served(Path.home()):
        app = Application(github)
        yield app
        app.stop()


@pytest.fixture
def unlimited(server, monkeypatch):
    """The application, not started; it answers any number of requests."""
    from skillmeat.api.middleware.rate_limit import RateLimitMiddleware

    async def answer(_self, request, call_next):
        return await call_next(request)

    monkeypatch.setattr(RateLimitMiddleware, "dispatch", answer)
    yield server
    server.stop()


def _begin(server: Application) -> None:
    """Start the application over an empty home, with the repository as it was at first."""
    server.github.push(REPOSITORY, KIT)
    server.install()
    server.start()


@pytest.fixture(scope="module")
def application(server):
    """The application, started over an empty home."""
    _begin(server)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def lived(server, tmp_path_factory):
    """A life led until an artifact came back after its deletion, and the copy of its home."""
    life, kept = Life(server, tmp_path_factory.mktemp("user")), tmp_path_factory.mktemp("kept")
    _begin(server)
    life.run(until="import after deletion")
    server.keep(kept / "home")
    return life, kept / "home"


@pytest.fixture(scope="module")
def life(lived):
    """The application, started over a home that was lived in."""
    life, kept = lived
    life.app.bring_back(kept)
    yield life
    life.app.stop()
