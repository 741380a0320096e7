"""Whatever is in the state folder, every verb answers with a result or with one clear line."""

import hashlib
import json
import os
import random
import shutil
import sqlite3
from contextlib import closing, suppress

import pytest

from skillmeat_audit.api.sample import build_home
from skillmeat_audit.loaders import parse_cache as indexes
from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("DAMAGED_STATE_ROUNDS", "1"))
ODD = (None, "", "x", "\udce9", b"\xff\xfe", -1, 2**62, 1e308, 0.5, b"", "2026-13-99", "null")
WORDS = (
    b"\x00",
    b"\xff",
    b"null",
    b"[]",
    b"{}",
    b"-1",
    b"1e999",
    b'"',
    b"[" * 5000,
    b"\xed\xa0\x80",
)


_AUDITED = []  # the runs take two seconds; each test damages a copy of what they left


@pytest.fixture
def audited(cli, tmp_path_factory, monkeypatch):
    """A home on which two reports and a repair were made; what they left, baseline and settings."""
    index_every_home(monkeypatch)
    if not _AUDITED:
        folder = tmp_path_factory.mktemp("audited")
        home = build_home("batch-import", folder / "home", "artifact_id") / ".skillmeat"
        kept = folder / "kept"
        kept.mkdir()
        cli("check", home, "--baseline", kept / "baseline.json", "--update-baseline")
        settings = 'fail-on = "error"\nkept-runs = 3\n[ignore]\nF002 = "é"\n'
        (kept / "config.toml").write_text(settings)
        cli("report", home, "--state-dir", kept / "state", "-q")
        cli("report", home, "--state-dir", kept / "state", "-q", "--apply-safe")
        for pattern, *_ in DAMAGES:
            assert [*kept.rglob(pattern)], pattern
        _AUDITED[:] = home, kept
    return _AUDITED


def index_every_home(monkeypatch):
    """Have the parse cache keep an index of homes as small and as young as those of tests."""
    monkeypatch.setattr(indexes, "LEAST_ROWS", 1)
    monkeypatch.setattr(indexes, "_UNSETTLED_NS", 0)


def flip(content, chance):
    place = chance.randrange(len(content))
    return (
        content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
    )


def damage_bytes(path, chance):
    """Flip, cut, replace or repeat a part of a file."""
    content = path.read_bytes() or b"x"
    first, last = sorted(chance.choices(range(len(content) + 1), k=2))
    for _ in range(chance.choice([1, 1, 8])):
        content = flip(content, chance)
    path.write_bytes(
        chance.choice(
            [
                content,
                content[:first],
                content[:first] + content[last:],
                chance.choice(WORDS),
                content[:first] + chance.choice(WORDS) + content[first:],
                b"",
            ]
        )
    )


def damage_rows(path, chance):
    """Put an odd value into a column of the history, or take a column or table away."""
    with closing(sqlite3.connect(path)) as connection, connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        table = chance.choice(tables)
        column = chance.choice(
            [each[1] for each in connection.execute(f"PRAGMA table_info({table})")]
        )
        with suppress(sqlite3.Error, UnicodeError):
            match chance.randrange(8):
                case 0:
                    connection.execute(f"DROP TABLE {table}")
                case 1:
                    connection.execute(f'ALTER TABLE {table} RENAME COLUMN "{column}" TO other')
                case 2:
                    odd = chance.choice(["x'ff'", "x'c328'"])
                    connection.execute(f'UPDATE {table} SET "{column}" = CAST({odd} AS TEXT)')
                case _:
                    connection.execute(f'UPDATE {table} SET "{column}" = ?', (chance.choice(ODD),))


def damage_payload(path, chance):
    """Damage what an index holds and make its digest right again."""
    head, _, payload = path.read_bytes().partition(b"\n")
    about = json.loads(head)
    if chance.random() < 0.3:
        about[chance.choice(list(about))] = chance.choice(
            [None, "x", -1, 10**40, 0.5, [], {}, True, float("inf"), float("nan")]
        )
    else:
        path.write_bytes(payload)
        damage_bytes(path, chance)
        payload = path.read_bytes()
        about["sha256"] = hashlib.sha256(payload).hexdigest()
    path.write_bytes(json.dumps(about).encode() + b"\n" + payload)


def damage_type(path, chance):
    """Put a folder, a link to itself, or nothing in the place of a file."""
    path.unlink()
    match chance.randrange(3):
        case 0:
            path.mkdir()
        case 1:
            path.symlink_to(path)


# Which file, how, and the verbs that read it.
DAMAGES = [
    ("history.db", damage_bytes, "history report"),
    ("history.db", damage_rows, "history report"),
    ("history.db", damage_type, "history report"),
    ("*.index", damage_bytes, "check"),
    ("*.index", damage_payload, "check"),
    ("*.index", damage_type, "check show"),
    ("baseline.json", damage_bytes, "check schedule"),
    ("baseline.json", damage_type, "check report"),
    ("config.toml", damage_bytes, "schedule show"),
    ("config.toml", damage_type, "check report"),
    ("journal.json", damage_bytes, "history report"),
    ("state", damage_bytes, "report"),
]


@pytest.mark.parametrize("number", range(len(DAMAGES)))
def test_every_verb_answers_whatever_is_damaged(audited, cli, tmp_path, monkeypatch, number):
    home, kept = audited
    folder = tmp_path / "state"
    pattern, damage, readers = DAMAGES[number]
    # check and show take the state folder from the environment.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    (tmp_path / "xdg").mkdir()
    (tmp_path / "xdg" / "skillmeat-audit").symlink_to(folder / "state")
    baseline, config = folder / "baseline.json", ("--config", folder / "config.toml")
    state = ("--state-dir", folder / "state")
    verbs = [
        ("check", home, "--baseline", baseline, *config),
        ("check", home, "--baseline", baseline, "--update-baseline"),
        ("show", "1password", home, *config),
        ("history", home, *state),
        ("history", home, *state, "--format", "json"),
        ("report", home, "-q", *state, "--baseline", baseline, *config),
        ("report", home, "-q", *state, "-o", folder / "r.html", "-o", folder / "r.json"),
        ("history", home, *state),
        ("schedule", home, "--kind", "cron", "--baseline", baseline, *config, *state),
    ]
    for round_number in range(ROUNDS):
        chance = random.Random(f"{number} {round_number}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder)
        damage(
            chance.choice([path for path in sorted(folder.rglob(pattern)) if path.is_file()]),
            chance,
        )
        for verb in (each for each in verbs if each[0] in readers.split()):
            code, _, err = cli(*verb)

            said = (number, round_number, verb[0], code, err)
            assert code in (0, 1, ExitCode.FAILED, ExitCode.UNDELIVERED), said
            lines = [line for line in err.splitlines() if not line.startswith("  ")]
            assert len(lines) <= 2, said
            if code in (ExitCode.FAILED, ExitCode.UNDELIVERED):
                assert lines[-1].startswith("skillmeat-audit: "), said
                assert len(lines[-1]) < 1000, said
