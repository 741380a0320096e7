"""Damaged journals: each is listed as that, with its path, and is in nobody's way."""

import hashlib
import json
import os
import random
import shutil
import sqlite3
from contextlib import closing

import msgspec
import pytest
from conftest import dump
from damage import CONTENTS, KINDS, damage, put_kind, remove

from skillmeat_audit.api import repair
from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

# The long form: JOURNAL_MUTANTS=300
MUTANTS = int(os.environ.get("JOURNAL_MUTANTS", "20"))


@pytest.fixture
def damaged(planned):
    """Apply a plan in two runs; return the case, the earlier run's folder, the later one's."""
    case = planned()
    plan = repair.Plan.load(case.file)
    for change in plan.document.changes[:2]:
        one = msgspec.structs.replace(plan.document, changes=[change])
        options = repair.Options(case.state)
        repair.apply(repair.Plan(one, plan.url), options=options, recheck=False)
    later, earlier = repair.runs(case.home, options=repair.Options(case.state))
    return case, earlier.folder, later.folder


def clear(told):
    """Tell whether a verb answered with a result or one clear line, besides those on damage."""
    code, out, err = told
    lines = [line for line in err.splitlines() if "is damaged (" not in line]
    assert "Traceback" not in err
    assert all(line.startswith("skillmeat-audit: ") for line in lines)
    assert code in (ExitCode.CLEAN, ExitCode.CONFLICT, ExitCode.FAILED)
    assert len(lines) == (code == ExitCode.FAILED) or "was interrupted" in err
    assert out or lines
    return True


def listing(cli, case):
    code, out, err = cli("runs", case.home, "--state-dir", case.state)
    assert (code, err) == (ExitCode.CLEAN, "")
    return out


@pytest.mark.parametrize("file", ["journal.json", "state"])
@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: repr(content[:12]))
def test_a_damaged_journal_does_not_affect_other_runs(cli, damaged, file, content):
    case, earlier, later = damaged
    if file == "state" and not content:
        content = b"?"  # empty: it was interrupted before its first line
    (later / file).write_bytes(content)

    out = listing(cli, case)
    undone = cli("undo", case.home, "--state-dir", case.state)
    named = cli("undo", case.home, "--run", later.name, "--state-dir", case.state)
    applied = cli("apply", case.file, "--rehearse", "--state-dir", case.state)

    assert f"run {later.name} is damaged (" in out
    assert str(later) in out
    assert f"the cache before it is {later}/backup.db" in " ".join(out.split())
    assert "delete that folder" in out
    assert "1 row (9 cells) and 6 keys of manifests undone" in undone[1]
    assert f"run {later.name} is damaged (" in undone[2]
    assert named[0] == ExitCode.FAILED
    assert "cannot be undone" in named[2]
    assert applied[0] == ExitCode.CLEAN
    assert f"{earlier.name} " in out


@pytest.mark.parametrize("file", ["journal.json", "state"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "unreadable"])
def test_another_kind_of_file_does_not_affect_other_runs(cli, damaged, file, kind):
    case, _, later = damaged
    put_kind(later / file, kind)

    assert f"run {later.name} is damaged (" in listing(cli, case)
    assert all(clear(cli(*arguments)) for arguments in commands(case))


def test_a_run_that_is_a_file_and_names_that_no_run_has(cli, damaged):
    case, earlier, later = damaged
    folder = later.parent
    (folder / "99999999T999999Z-abcdef").mkdir()
    (folder / "20260101T000000Z-abcdef").write_text("not a folder")
    (folder / "20260101T000001Z-abcdef").symlink_to("nowhere")
    os.mkdir(os.fsencode(folder) + b"/20260101T000001Z-\xff\xffcdef")
    for name in ("x\ny", "20260101T000000Z-abcdef.removed", "٢٠٢٦٠١٠١T000000Z-abcdef"):
        (folder / name).mkdir()

    out = listing(cli, case)

    assert {line.split()[0] for line in out.splitlines() if line[0] != " "} == {
        earlier.name,
        later.name,
        "99999999T999999Z-abcdef",
        "20260101T000000Z-abcdef",
        "20260101T000001Z-abcdef",
    }
    assert "run 20260101T000000Z-abcdef is damaged (Not a directory)" in out
    assert all(clear(cli(*arguments)) for arguments in commands(case))


def commands(case):
    traces = ("--state-dir", case.state)
    return [
        ("runs", case.home, *traces),
        ("runs", case.home, "--format", "json", *traces),
        ("undo", case.home, *traces),
        ("apply", case.file, "--rehearse", *traces),
    ]


def test_journals_damaged_at_random_never_end_in_a_traceback(cli, damaged, tmp_path):
    case, _, later = damaged
    template = shutil.copytree(case.state, tmp_path / "template")
    database = shutil.copy(case.database, tmp_path / "template.db")
    choices = random.Random(4)
    for _ in range(MUTANTS):
        for file in choices.sample(["journal.json", "state"], choices.choice([1, 1, 2])):
            damage(later / file, choices)

        assert all(clear(cli(*arguments)) for arguments in commands(case))

        remove(case.state)
        shutil.copytree(template, case.state, symlinks=True)
        shutil.copy(database, case.database)


# Values of a wrong type, or out of range, for any place in a journal.
WRONG = (
    None,
    True,
    -1,
    2**63,
    10**400,
    1.5,
    "",
    "\0",
    "x" * 10_000,
    "journal",
    [],
    [[]],
    {},
    {"a": 1},
    {"base64": "!"},
    {"base64": "AA=="},
    {"real": "inf"},
    {"real": "nan"},
    {},
    ["delete"],
)


def mutated(record, choices):
    """Return *record* with one value replaced, removed, or under another name."""
    record = json.loads(json.dumps(record))
    path = choices.choice([path for path in places_of(record) if path])
    parent = record
    for key in path[:-1]:
        parent = parent[key]
    way = choices.random()
    if way < 0.25:
        del parent[path[-1]]
    elif way < 0.4 and isinstance(parent, dict):
        parent[choices.choice(["x", "description", "synced_at", "after"])] = parent.pop(path[-1])
    elif way < 0.5 and isinstance(parent, list):
        parent.append(parent[path[-1]])
    else:
        parent[path[-1]] = choices.choice(WRONG)
    return record


def places_of(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places_of(each, (*path, key))
    elif isinstance(value, list):
        for key, each in enumerate(value):
            yield from places_of(each, (*path, key))


def signed(document, record):
    """Return *document* with *record* and its checksum, as a program could write it."""
    body = json.dumps(record).encode()
    schema = json.dumps(document["schema"]).encode()
    digest = hashlib.sha256(body).hexdigest().encode()
    return b'{"schema":%s,"sha256":"%s","journal":%s}' % (schema, digest, body)


@pytest.mark.parametrize("state", ["begun\nprepared\n", "begun\nprepared\ncommitted\n"])
def test_journals_of_another_meaning_never_end_in_a_traceback(cli, damaged, tmp_path, state):
    case, _, later = damaged
    document = json.loads((later / "journal.json").read_bytes())
    database = shutil.copy(case.database, tmp_path / "template.db")
    template = shutil.copytree(case.state, tmp_path / "template")
    choices = random.Random(state)
    for _ in range(MUTANTS):
        record = mutated(document["journal"], choices)
        (later / "journal.json").write_bytes(signed(document, record))
        (later / "state").write_text(state)

        assert all(clear(cli(*arguments)) for arguments in commands(case))

        remove(case.state)
        shutil.copytree(template, case.state)
        shutil.copy(database, case.database)


@pytest.mark.parametrize(
    ("migration", "column"),
    [
        ("RENAME COLUMN description TO summary", "description"),
        ("DROP COLUMN license", "license"),
    ],
)
def test_a_column_that_a_migration_took_away_is_one_sentence(cli, planned, migration, column):
    case = planned()
    options = repair.Options(case.state)
    run = repair.apply(repair.Plan.load(case.file), options=options, recheck=False).outcome.run
    with closing(sqlite3.connect(case.database)) as connection:
        connection.execute(f"ALTER TABLE collection_artifacts {migration}")
    start = dump(case.database)

    code, out, err = cli("undo", case.home, "--state-dir", case.state)

    assert (code, out) == (ExitCode.FAILED, "")
    assert len(err.splitlines()) == 1
    assert f"run {run} cannot be undone: it wrote {column}, which this cache no longer has" in err
    assert dump(case.database) == start
    assert "committed" in listing(cli, case)


@pytest.mark.parametrize("file", ["journal.json", "state"])
def test_a_file_of_any_size_is_listed_as_damaged_with_its_folder(cli, damaged, file):
    case, _, later = damaged
    os.truncate(later / file, 300 * 1024**3)  # sparse: it takes no room

    out = listing(cli, case)

    assert f"run {later.name} is damaged ({file} is larger than" in out
    assert str(later) in out
    assert all(clear(cli(*arguments)) for arguments in commands(case))
