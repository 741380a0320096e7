"""Finding a home: where it is, its cache, its active collection, and what is said without one."""

import errno
import os
import shutil
import sqlite3

import pytest

from skillmeat_audit.base.errors import HomeError, UsageError
from skillmeat_audit.base.urls import sqlite_path, sqlite_url
from skillmeat_audit.loaders.cache import load_cache
from skillmeat_audit.loaders.home import file_collections, find_home


@pytest.fixture
def root(tmp_path):
    """An empty home: a .skillmeat folder with its collections folder."""
    (tmp_path / ".skillmeat" / "collections").mkdir(parents=True)
    return tmp_path / ".skillmeat"


def touch(*parts):
    path = parts[0].joinpath(*parts[1:])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@pytest.mark.parametrize("part", ["collections/x", "cache/cache.db", "config.toml"])
def test_a_home_is_found_by_any_of_its_parts(tmp_path, part):
    root = tmp_path / ".skillmeat"
    touch(root, part)

    assert find_home(root).root == find_home(tmp_path).root == root
    assert find_home(str(tmp_path)).collections == root / "collections"


def test_the_folder_within_comes_before_the_folder_itself(root):
    (root.parent / "collections").mkdir()

    assert find_home(root.parent).root == root


def test_the_tilde_is_the_users_own_folder(root, monkeypatch):
    monkeypatch.setenv("HOME", str(root.parent))
    other = touch(root.parent, "other.db")

    assert find_home().root == find_home("~").root == root
    assert find_home("~", "~/other.db").database == sqlite_url(other)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none", "there is no such folder"),
        ("none/.skillmeat", "there is no such folder"),
        ("x" * 300, "there is no such folder"),
        ("~no-such-user-here/x", "there is no such folder"),
        ("a\0b", "there is no such folder"),
        (".", "holds neither collections/ nor cache/cache.db"),
        ("file", "it is not a folder; give a .skillmeat folder"),
    ],
)
def test_a_missing_home_is_reported(tmp_path, monkeypatch, path, reason):
    monkeypatch.chdir(tmp_path)
    touch(tmp_path, "file")

    with pytest.raises(HomeError, match=reason):
        find_home(path)


def test_a_home_without_permission_is_reported(root, monkeypatch):
    def stat(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "stat", stat)

    with pytest.raises(HomeError, match=r"cannot reach the home at .*: Permission denied; repair"):
        find_home(root)


def test_a_working_folder_that_was_deleted_holds_no_home(root, monkeypatch):
    gone = root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert find_home(root).root == root
    with pytest.raises(HomeError, match=r"cannot reach the home at \.\."):
        find_home("..")


def test_a_database_may_be_given_as_a_path(root):
    other = touch(root, "other.db")

    assert find_home(root, other).database == sqlite_url(other)


def test_the_database_is_the_homes_cache_where_it_has_one(root):
    without = find_home(root)
    cache = touch(root, "cache", "cache.db")

    assert without.database is None
    assert find_home(root).database == sqlite_url(cache)
    assert sqlite_path(sqlite_url(cache)) == cache


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_another_database_is_a_file_or_its_url(root, form):
    other = touch(root, "other.db")

    assert find_home(root, form.format(other)).database == sqlite_url(other)


@pytest.mark.parametrize("form", ["other.db", "sqlite:///other.db"])
def test_another_database_counts_from_the_working_folder(root, monkeypatch, form):
    other = touch(root, "other.db")
    monkeypatch.chdir(root)

    assert find_home(root, form).database == sqlite_url(other)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_server_is_reached_by_psycopg(root, scheme):
    found = find_home(root, f"{scheme}://me:secret@host/db")

    assert found.database == "postgresql+psycopg://me:secret@host/db"


@pytest.mark.parametrize(
    "given",
    ["none.db", "sqlite:///none.db", "sqlite://", ".", "x" * 300, "~no-such-user-here/x", ""],
)
def test_a_database_that_is_not_a_file_is_reported(root, monkeypatch, given):
    monkeypatch.chdir(root)

    with pytest.raises(HomeError, match=r"no database at .*: there is no such file"):
        find_home(root, given)


def test_a_database_of_an_unsupported_kind_is_a_usage_error(root):
    with pytest.raises(UsageError, match="cannot read a database of the kind mysql; give a file"):
        find_home(root, "mysql://host/db")


@pytest.mark.parametrize(
    ("settings", "active"),
    [
        (None, "default"),
        ("", "default"),
        ('[settings]\ndefault-collection = "work"', "work"),
        ('[settings]\ndefault-collection = ""', "default"),
        ("[settings]\ndefault-collection = 5", "default"),
        ("settings = 5", "default"),
    ],
)
def test_the_active_collection_is_the_one_of_the_settings(root, settings, active):
    if settings is not None:
        (root / "config.toml").write_text(settings)
    found = find_home(root)

    assert (found.active_collection, found.settings_problem) == (active, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[settings", ""),
        (b"\xff", "is not UTF-8 (byte 0))"),
        (b"\xef\xbb\xbf[settings]", ""),
        (b"x = " + b"[" * 100_000, ""),
    ],
)
def test_settings_that_cannot_be_read_are_reported(root, content, said):
    (root / "config.toml").write_bytes(content)
    found = find_home(root)

    assert found.active_collection == "default"
    assert found.settings_problem.startswith(f"config.toml cannot be read ({said}")


@pytest.mark.parametrize("other", [os.mkdir, os.mkfifo])
def test_a_pipe_in_place_of_the_settings_is_reported_without_waiting(root, other):
    other(root / "config.toml")
    found = find_home(root)

    assert found.settings_problem == "config.toml cannot be read (is not a regular file)"


def test_file_collections_are_the_folders_with_a_manifest_by_name(root):
    for name in ("b", "a", "c.txt"):
        touch(root, "collections", name, "collection.toml")
    touch(root, "collections", "empty", "other.toml")
    touch(root, "collections", "file")

    assert file_collections(find_home(root)) == ["a", "b", "c.txt"]


def test_a_home_without_a_collections_folder_has_none(tmp_path):
    touch(tmp_path, "config.toml")

    assert file_collections(find_home(tmp_path)) == []


def test_collections_that_cannot_be_listed_are_reported(tmp_path):
    touch(tmp_path, "collections")

    with pytest.raises(
        HomeError, match=r"cannot list .*: Not a directory; repair the link or the permissions"
    ):
        file_collections(find_home(tmp_path))


def test_a_linked_cache_is_read_with_the_log_beside_its_target(make_home, tmp_path):
    cache = make_home("clean") / "cache" / "cache.db"
    target = tmp_path / "elsewhere.db"
    cache.rename(target)
    cache.symlink_to(target)
    writer = sqlite3.connect(target, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE collection_artifacts SET description = 'only in the log'")

    rows = load_cache(find_home(cache.parent.parent).database).rows
    writer.close()

    assert set(rows["description"]) == {"only in the log"}


@pytest.mark.parametrize("target", ["/nonexistent", "cache.db"], ids=["dangling", "looped"])
def test_an_unreachable_cache_is_not_taken_for_a_missing_one(make_home, target):
    cache = make_home("clean") / "cache" / "cache.db"
    cache.unlink()
    cache.symlink_to(target)

    with pytest.raises(HomeError, match="cannot reach the cache"):
        find_home(cache.parent.parent)


def test_a_cache_folder_that_leads_nowhere_is_reported(make_home):
    home = make_home("clean")
    shutil.rmtree(home / "cache")
    (home / "cache").symlink_to("/nonexistent")

    with pytest.raises(HomeError, match="cannot reach the cache"):
        find_home(home)


def test_a_dangling_link_to_the_collections_is_not_an_empty_home(make_home):
    home = make_home("clean")
    shutil.rmtree(home / "collections")
    (home / "collections").symlink_to("/nonexistent")

    with pytest.raises(HomeError, match="cannot list"):
        file_collections(find_home(home))


@pytest.mark.parametrize("verb", ["check", "report", "runs", "undo", "history", "plan"])
def test_a_home_that_is_a_link_to_itself_is_one_line(cli, tmp_path, verb):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    code, _, err = cli(verb, tmp_path / "loop")

    assert code == 2
    assert "Too many levels of symbolic links" in err
    assert err.splitlines()[-1].startswith("skillmeat-audit: cannot reach the home")
