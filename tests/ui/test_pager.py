"""Long output in a terminal goes through a pager; its width is that of a terminal."""

import os
import pty
import subprocess
import sys

import pytest

from skillmeat_audit.ui.cli import output, pager

LONG = "line\n" * 60


@pytest.fixture
def screen(monkeypatch, tmp_path):
    """A terminal of 24 lines, and a pager that stores what it gets."""
    monkeypatch.setattr(pager, "screen_lines", lambda: 24)
    monkeypatch.setenv("PAGER", f"cat > '{tmp_path}/paged'")
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path / "paged"


def test_text_longer_than_the_screen_is_paged(screen):
    assert pager.show_in_pager(LONG)
    assert screen.read_text() == LONG
    assert not pager.show_in_pager("one line\n")


@pytest.mark.parametrize("value", ["", "cat", "no-such-program -x", "'"])
def test_without_a_pager_text_is_written_as_it_is(screen, monkeypatch, value):
    monkeypatch.setenv("PAGER", value)

    assert not pager.show_in_pager(LONG)


def test_text_is_written_where_the_pager_cannot_be_started(screen, monkeypatch):
    monkeypatch.setenv("PAGER", "cat | no-such-program")

    assert not pager.show_in_pager(LONG)


def test_no_pager_is_an_option_of_the_verbs_that_print_much(cli, screen, built_home, monkeypatch):
    monkeypatch.setattr(output, "show_in_pager", pager.show_in_pager)
    for verb in ("check", "plan", "history", "rules", "show"):
        code, out, _ = cli(verb, "--help")
        assert code == 0
        assert "--no-pager" in out
    assert "Audit" not in cli("rules", "--no-pager")[1]
    assert not screen.exists()


def test_output_that_is_no_terminal_is_not_paged(monkeypatch):
    monkeypatch.setenv("PAGER", "false")

    assert pager.screen_lines() is None
    assert not pager.show_in_pager(LONG)


@pytest.mark.slow
def test_piped_output_has_the_width_of_the_terminal_that_it_is_piped_in(built_home):
    main, terminal = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    home = built_home("batch-import", "artifact_id")
    done = subprocess.run(
        [sys.executable, "-m", "skillmeat_audit", "check", home],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment,
        text=True,
        check=False,
    )
    os.close(terminal)
    os.close(main)

    lines = [line for line in done.stdout.splitlines() if "skillmeat-audit" not in line]
    assert done.returncode == 1
    assert 66 < max(len(line) for line in lines if "/.skillmeat" not in line) <= 72
