"""Opening without following links, and the descriptors that it takes."""

import errno
import os

import pytest

from skillmeat_audit.base.confined import Confined, Descent

LIMIT_BYTES = 100


@pytest.fixture
def folder(tmp_path):
    """Folders with a file each, and a link to one of them; as bytes."""
    for name in ("a", "b", "a/deep"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a" / "link").symlink_to("file")
    return os.fsencode(tmp_path)


def test_files_in_the_same_and_in_other_folders_are_opened_in_any_order(folder):
    before = len(os.listdir("/dev/fd"))
    with Descent() as descent:
        read = [
            descent.read(folder + b"/" + path, LIMIT_BYTES).data
            for path in (b"a/deep/file", b"a/file", b"b/file", b"a/deep/file")
        ]

    assert read == [b"a/deep", b"a", b"b", b"a/deep"]
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize("path", [b"link/file", b"link/deep/file", b"a/link", b"link"])
def test_a_link_is_refused_wherever_it_is_in_a_path(folder, path):
    before = len(os.listdir("/dev/fd"))
    with Descent() as descent, pytest.raises(OSError, match="symbolic links") as caught:
        descent.read(folder + b"/" + path, LIMIT_BYTES)

    assert caught.value.errno == errno.ELOOP
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize("path", [b"link", b"link/deep"])
def test_a_folder_reached_by_a_link_is_not_listed(folder, path):
    with Descent() as descent, pytest.raises(OSError, match="symbolic links"):
        descent.entries(folder + b"/" + path)


@pytest.mark.parametrize("path", [b"none", b"none/file", b"a/file/file", b"x" * 300])
def test_a_missing_file_has_no_status(folder, path):
    with Descent() as descent:
        assert descent.stat(folder + b"/" + path) is None
        assert descent.stat(folder + b"/a/file").st_size == 1


def test_a_failed_open_does_not_affect_the_next_one(folder):
    with Descent() as descent:
        assert descent.stat(folder + b"/a/none/file") is None
        assert descent.read(folder + b"/a/deep/file", LIMIT_BYTES).data == b"a/deep"


def test_many_collections_need_few_descriptors(tmp_path):
    before = len(os.listdir("/dev/fd"))
    with Descent() as descent:
        for number in range(50):
            (tmp_path / f"c{number}").mkdir()
            Confined(tmp_path, f"c{number}", descent).names("")
        during = len(os.listdir("/dev/fd"))

    assert during - before <= len(tmp_path.parts) + 1


def test_a_link_that_vanishes_while_it_is_resolved_is_refused_or_absent(tmp_path, monkeypatch):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "link").symlink_to("elsewhere")
    with Descent() as descent:
        folder = Confined(tmp_path, "c", descent)

        def vanished(path):
            raise FileNotFoundError(2, "No such file or directory", path)

        monkeypatch.setattr("os.path.realpath", vanished)

        assert folder.resolve_inside("link") == bytes(tmp_path / "c" / "link")
