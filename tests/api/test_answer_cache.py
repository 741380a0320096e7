import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from skillmeat_audit.api import answer_cache, sample
from skillmeat_audit.api.audit import audit
from skillmeat_audit.loaders.watched_paths import watched_paths
from skillmeat_audit.reports.files.check_json import check_json
from skillmeat_audit.ui.cli import check as verb

WEEK_NS = 7 * 86_400_000_000_000


@pytest.fixture(autouse=True)
def everything_is_cached(monkeypatch):
    """However lately the files were written."""
    monkeypatch.setattr(answer_cache, "_UNSETTLED_NS", 0)


@pytest.fixture
def audits(monkeypatch):
    """Count the audits that checks carried out."""
    count = []
    real = verb.audit_home

    def counting(*arguments, **options):
        count.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(verb, "audit_home", counting)
    return count


@pytest.fixture
def check(cli, audits, monkeypatch):
    """Run a check as a new process would: without a connection, and so without sqlite3."""

    def run(*arguments):
        monkeypatch.delitem(sys.modules, "sqlite3", raising=False)
        before = len(audits)
        code, out, err = cli("check", *arguments)
        assert not err
        return (code, out), len(audits) > before

    return run


def rewrite_with_old_mtime(home, _):
    file = home / "collections" / "default" / "skills" / "1password" / "SKILL.md"
    facts = file.stat()
    file.write_text(file.read_text().replace("Use when", "Use wenn"))
    os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (facts.st_size, facts.st_mtime_ns)


def add_undeclared_artifact(home, _):
    (home / "collections" / "default" / "skills" / "undeclared").mkdir()


def delete_artifact(home, _):
    shutil.rmtree(home / "collections" / "default" / "skills" / "1password")


def add_collection(home, _):
    (home / "collections" / "another").mkdir()
    (home / "collections" / "another" / "collection.toml").write_text("[collection]\n")


def change_active_collection(home, _):
    (home / "config.toml").write_text('[settings]\ndefault-collection = "another"\n')


def update_row(home, _):
    with closing(sqlite3.connect(home / "cache" / "cache.db")) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET description = 'Changed.'")


def append_to_log(home, _):
    """Commit into a write-ahead log, and leave it as a killed program does."""
    program = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA journal_mode = WAL');"
        "c.execute('UPDATE collection_artifacts SET description = 42'); c.commit(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, home / "cache" / "cache.db"], check=True)
    assert (home / "cache" / "cache.db-wal").stat().st_size


def change_setting(_, folder):
    settings = folder / "no-config" / "skillmeat-audit" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[ignore]\nM001 = "a reason"\n')


def add_run(home, _):
    run = _state_folder(home) / "20260101T000000Z-abcdef"
    run.mkdir()
    (run / "journal.json").write_text("{}")


CHANGES = (
    rewrite_with_old_mtime,
    update_row,
    change_setting,
    *(
        pytest.param(change, marks=pytest.mark.slow)
        for change in (
            add_undeclared_artifact,
            delete_artifact,
            add_collection,
            change_active_collection,
            append_to_log,
            add_run,
        )
    ),
)


def _state_folder(home):
    return next(Path(os.environ["XDG_STATE_HOME"]).glob(f"skillmeat-audit/{home.parent.name}-*"))


def _answer_file(home):
    return next(_state_folder(home).glob("check-*.answer"))


@pytest.mark.parametrize("arguments", [(), ("--format", "json"), ("-v", "--fail-on", "error")])
def test_an_unchanged_home_gets_the_same_answer_without_an_audit(check, make_home, arguments):
    home = make_home()
    first, was_audited = check(home, *arguments)
    again, was_audited_again = check(home, *arguments)
    fresh, _ = check(home, *arguments, "--no-parse-cache")

    assert (was_audited, was_audited_again) == (True, False)
    assert again == first == fresh


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_changed_home_is_audited(check, make_home, tmp_path, change):
    home = make_home()
    check(home, "--format", "json")  # all findings, without the plans that a text drafts
    change(home, tmp_path)
    answer, was_audited = check(home, "--format", "json")
    fresh, _ = check(home, "--format", "json", "--no-parse-cache")

    assert was_audited
    assert answer == fresh


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("-v",), ("--select", "D"), ("--exit-zero",), ("--format", "csv"), ("-q",)]
)
def test_another_option_is_another_question(check, make_home, arguments):
    home = make_home()
    check(home)

    assert check(home, *arguments)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("variable", "value"), [("COLUMNS", "80"), ("NO_COLOR", "1")])
def test_another_terminal_is_another_question(check, make_home, monkeypatch, variable, value):
    home = make_home()
    check(home)
    monkeypatch.setenv(variable, value)

    assert check(home)[1]


@pytest.mark.slow
def test_an_answer_lasts_a_week(check, make_home, monkeypatch):
    home, now_ns = make_home(), time.time_ns
    check(home)
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() + WEEK_NS - 60_000_000_000)
    assert not check(home)[1]
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() + WEEK_NS)
    assert check(home)[1]
    monkeypatch.setattr(time, "time_ns", lambda: now_ns() - WEEK_NS)
    assert check(home)[1]


@pytest.mark.slow
def test_other_code_is_not_trusted(check, make_home, monkeypatch, tmp_path):
    package = tmp_path / "package"
    (package / "api").mkdir(parents=True)
    (package / "rule.py").write_text("LIMIT = 1\n")
    monkeypatch.setattr(answer_cache, "__file__", str(package / "api" / "answer_cache.py"))
    home = make_home()
    check(home)
    assert not check(home)[1]
    (package / "rule.py").write_text("LIMIT = 2\n")

    assert check(home)[1]


@pytest.mark.slow
def test_an_acceptance_counts_by_content_and_date(check, cli, make_home, monkeypatch, tmp_path):
    home, baseline = make_home(), tmp_path / "baseline.json"
    cli("check", home, "--baseline", baseline, "--update-baseline", "--reason", "known")
    check(home, "--baseline", baseline)
    assert not check(home, "--baseline", baseline)[1]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    assert check(home, "--baseline", baseline)[1]
    assert not check(home, "--baseline", baseline)[1]
    baseline.write_text(baseline.read_text() + "\n")
    assert check(home, "--baseline", baseline)[1]


@pytest.mark.slow
def test_a_file_that_just_changed_is_not_trusted(check, make_home, monkeypatch):
    monkeypatch.setattr(answer_cache, "_UNSETTLED_NS", 3_000_000_000)
    home = make_home()
    check(home)

    assert check(home)[1]


@pytest.mark.slow
def test_a_process_with_a_connection_reads_no_header(cli, audits, make_home):
    home = make_home()
    assert sqlite3 is sys.modules["sqlite3"]
    cli("check", home)
    cli("check", home)

    assert len(audits) == 2


def test_a_pipe_in_the_place_of_the_database_is_not_waited_for(cli, make_home, monkeypatch):
    database = make_home() / "cache" / "cache.db"
    database.unlink()
    os.mkfifo(database)
    monkeypatch.delitem(sys.modules, "sqlite3", raising=False)

    code, _, err = cli("check", database.parent.parent)

    assert code == 2 and "is not a regular file" in err


def damage(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def truncate(file):
    file.write_bytes(file.read_bytes()[:-7])


def replace_by_link(file):
    target = file.with_name("elsewhere")
    file.rename(target)
    file.symlink_to(target)


def open_to_the_group(file):
    file.chmod(0o660)


def answer_in_another_form(file):
    content = json.dumps({"question": [], "since_ns": "yesterday"}).encode()
    file.write_bytes(answer_cache._digest(content) + b"\n" + content)


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil",
    [damage, truncate, replace_by_link, open_to_the_group, answer_in_another_form],
    ids=lambda spoil: spoil.__name__,
)
def test_a_spoilt_answer_is_ignored_and_replaced(check, make_home, spoil):
    home = make_home()
    first, _ = check(home)
    assert _answer_file(home).stat().st_mode & 0o777 == 0o600
    spoil(_answer_file(home))
    answer, was_audited = check(home)

    assert was_audited
    assert answer == first
    assert not check(home)[1]


@pytest.mark.slow
def test_the_answer_of_another_user_is_ignored(check, make_home, monkeypatch):
    home, read = make_home(), answer_cache.read_descriptor
    check(home)

    def read_as_foreign(descriptor, limit_bytes):
        data, facts = read(descriptor, limit_bytes)
        values = list(facts)
        values[4] += 1  # the owner
        return data, os.stat_result(values)

    monkeypatch.setattr(answer_cache, "read_descriptor", read_as_foreign)

    assert check(home)[1]


@pytest.mark.slow
def test_a_home_with_a_link_is_always_audited(check, make_home):
    home = make_home()
    skill = home / "collections" / "default" / "skills" / "1password"
    skill.rename(home / "moved")
    skill.symlink_to(home / "moved")
    check(home)

    assert check(home)[1]


@pytest.mark.slow
def test_answering_again_takes_no_pandas(make_home):
    home = make_home()
    past = time.time() - 60
    for path in (home, *home.rglob("*")):
        os.utime(path, (past, past))
    time.sleep(3.1)  # a change time cannot be put back
    command = [sys.executable, "-X", "importtime", "-m", "skillmeat_audit", "check", home]
    first, again = (subprocess.run(command, capture_output=True, check=False) for _ in range(2))

    assert (first.returncode, first.stdout) == (again.returncode, again.stdout)
    assert b"pandas" in first.stderr
    assert b"pandas" not in again.stderr
    assert b"sqlite3" not in again.stderr


@contextmanager
def moved_away(path):
    """Move *path* away for a moment."""
    hidden = path.with_name(f"{path.name}-moved")
    path.rename(hidden)
    yield
    hidden.rename(path)


@contextmanager
def written_to(path):
    """Change the content of the file *path*, or add a file to the folder, for a moment."""
    file = path / "added.md" if path.is_dir() else path
    before = None if path.is_dir() else path.read_bytes()
    file.write_bytes((before or b"").replace(b"a", b"e"))
    yield
    file.unlink() if before is None else file.write_bytes(before)


@pytest.mark.slow
@pytest.mark.parametrize("change", [moved_away, written_to], ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", sample.HOMES)
def test_every_change_that_an_audit_sees_is_on_a_watched_path(make_home, name, change):
    home = make_home(name)
    audited = audit(home, parse_cache=False, progress=False)
    before, paths = check_json(audited, ""), watched_paths(audited.snapshot)
    visible = 0
    for path in sorted((home / "collections").rglob("*")):
        states = answer_cache._observe(paths).digest
        with change(path):
            after = check_json(audit(home, parse_cache=False, progress=False), "")
            is_seen = answer_cache._observe(paths).digest != states
        assert is_seen or after == before, path
        visible += after != before

    assert visible
