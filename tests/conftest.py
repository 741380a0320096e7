"""Fixtures: homes built from data/, the command line, and the real homes where they are at hand."""

import hashlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SHARED = PROJECT.parent / "shared"

_spec = importlib.util.spec_from_file_location("build", PROJECT / "data" / "build.py")
assert _spec is not None and _spec.loader is not None
build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(build)


@pytest.fixture(params=build.ERAS)
def era(request):
    """Each era of the cache's key."""
    return request.param


@pytest.fixture
def make_home(tmp_path) -> Callable[..., Path]:
    """Build a home of data/ and return its .skillmeat folder."""

    def make(name: str = "batch-import", era: str = "artifact_id", at: str = "home") -> Path:
        return build.build_home(name, tmp_path / at, era) / ".skillmeat"

    return make


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run the real main; return its exit code, what it printed, and what it said on stderr."""
    from skillmeat_audit.ui.cli import main

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def digest(folder: Path) -> str:
    """Return a digest of every file's name and bytes below *folder*."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        found.update(str(path.relative_to(folder)).encode())
        if path.is_file():
            found.update(path.read_bytes())
    return found.hexdigest()


def is_root() -> bool:
    """Tell whether permissions bind us."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
