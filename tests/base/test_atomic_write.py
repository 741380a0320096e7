"""Files are written whole or not at all, whatever interrupts it, and nothing is left behind."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time

import pytest

from skillmeat_audit.base import atomic_write
from skillmeat_audit.base.atomic_write import make_folder, write_whole

ROUNDS = int(os.environ.get("ATOMIC_WRITE_ROUNDS", "15"))
# Writes one content, then the other, until it is interrupted; says on stdout when it has begun.
WRITER = """
import sys
from pathlib import Path
from skillmeat_audit.base.atomic_write import write_whole
contents = [b"a" * 300_000, b"b" * 300_000]
try:
    sys.stdout.write("begun"); sys.stdout.flush()
    while True:
        for content in contents:
            write_whole(Path(sys.argv[1]), content, durable=True)
except KeyboardInterrupt:
    pass
"""


@pytest.fixture
def target(tmp_path):
    """A file that holds something, alone in a folder."""
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.write_bytes(b"earlier")
    return path


def names(path):
    return [each.name for each in path.parent.iterdir()]


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_the_content_is_replaced_and_has_the_requested_mode(target, mode, durable):
    write_whole(target, b"later", mode=mode, durable=durable)

    assert target.read_bytes() == b"later"
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert names(target) == ["file"]


def test_a_link_is_replaced_and_its_target_stays(target, tmp_path):
    link = target.with_name("link")
    link.symlink_to(target)

    write_whole(link, b"later")

    assert target.read_bytes() == b"earlier"
    assert not link.is_symlink()


def test_the_longest_name_a_folder_can_hold(target):
    longest = target.with_name("n" * 255)

    write_whole(longest, b"later")

    assert longest.read_bytes() == b"later"


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "disk full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_earlier_content_and_no_other_file(
    target, monkeypatch, step, error
):
    def fail(*_):
        raise error

    monkeypatch.setattr(atomic_write.os, step, fail)

    with pytest.raises(type(error)):
        write_whole(target, b"later", durable=True)

    assert target.read_bytes() == b"earlier"
    assert names(target) == ["file"]


def test_a_file_larger_than_allowed_leaves_nothing_behind(target):
    """The kernel refuses the write half way, as a full disk does."""
    code = (
        "import sys; from pathlib import Path\n"
        "from skillmeat_audit.base.atomic_write import write_whole\n"
        "write_whole(Path(sys.argv[1]), b'x' * 1_000_000)"
    )

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    run = subprocess.run(
        [sys.executable, "-B", "-c", code, target], preexec_fn=limit, capture_output=True, text=True
    )

    assert "File too large" in run.stderr
    assert target.read_bytes() == b"earlier"
    assert names(target) == ["file"]


@pytest.mark.slow
def test_an_interruption_at_any_time_leaves_one_whole_file(target):
    for number in range(ROUNDS):
        process = subprocess.Popen([sys.executable, "-c", WRITER, target], stdout=subprocess.PIPE)
        assert process.stdout.read(5) == b"begun"
        time.sleep(0.003 * (number % 10))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

        assert process.returncode == 0
        content = target.read_bytes()
        assert content == b"earlier" or (len(content) == 300_000 and len(set(content)) == 1)
        assert names(target) == ["file"]


def test_missing_folders_are_made_with_the_mode_and_their_names_fsynced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(atomic_write, "fsync_folder", synced.append)

    make_folder(tmp_path / "a" / "b", mode=0o700, durable=True)
    make_folder(tmp_path / "a" / "b", mode=0o700, durable=True)

    assert synced == [tmp_path, tmp_path / "a"]
    assert {stat.S_IMODE((tmp_path / each).stat().st_mode) for each in ("a", "a/b")} == {0o700}


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_a_folder_cannot_be_made_in_place_of_a_file(tmp_path, kind):
    place = tmp_path / "x"
    place.write_text("") if kind == "file" else place.symlink_to("nowhere")

    with pytest.raises(OSError):
        make_folder(place)
