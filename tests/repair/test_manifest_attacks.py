"""Plans and runs that somebody tampered with: nothing else is written, no traceback."""

import copy
import json
import os
import random
import shutil

import pytest
from conftest import digest
from damage import damage
from manifest_homes import two_manifests

from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.model.exits import ExitCode

pytestmark = pytest.mark.slow

# The long forms: PLAN_MUTANTS=2000 STATE_MUTANTS=1000
PLAN_MUTANTS = int(os.environ.get("PLAN_MUTANTS", "40"))
STATE_MUTANTS = int(os.environ.get("STATE_MUTANTS", "12"))

NAMES = (
    "..", ".", "", "/etc", "../outside", "team/../../outside", "link", "team\0", "x" * 300, "é",
    "\udcff", "team", "default", "missing", "team/", "~", "file", "loop", "a\nb",
)  # fmt: skip
KEYS = (
    "", "name", "type", "metadata", "tags", "metadata.tags", "path", "uuid", "metadata.description",
    "metadata.author.name", "..", "a" * 5000, ".", "metadata.", "origin_source", "\0", "added",
)  # fmt: skip
VALUES = (
    None, "", "x", 5, True, 1.5, [], ["a"], [1], ["a", None], {}, {"toml": "1"}, {"toml": "]["},
    {"toml": 5}, [["a"]], "x" * 100_000, ["t"] * 10_000, "\0\x7f", "../../etc", "/etc/passwd",
    "C:\\x", "\U0001f3a7", "\ud800", 10**400, {"toml": "nan", "x": 1}, "skills/deploy",
)  # fmt: skip
ARTIFACTS = ("skill:twice", "skill:deploy", "skill:", ":", "", "None:None", "skill:n\0", "x" * 9999)


@pytest.fixture
def case(planned):
    case = two_manifests(planned)
    collections, outside = case.home / "collections", case.home.parent / "outside"
    outside.mkdir()
    for folder in (outside, case.home.parent, case.home, collections):
        (folder / "collection.toml").write_bytes(case.manifests[1].read_bytes())
    (collections / "link").symlink_to(outside)
    (collections / "loop").symlink_to("loop")
    (collections / "file").write_text("no folder")
    (collections / "swapped").mkdir()
    (collections / "swapped" / "collection.toml").symlink_to(outside / "collection.toml")
    return case


def outside_of(case):
    """The files that no plan may write."""
    parent, own = case.home.parent, {*case.manifests, case.database}
    files = (path for path in parent.rglob("*") if path.is_file() and path not in own)
    return {
        path: path.read_bytes()
        for path in files
        if case.state not in path.parents and path != case.file
    }


def answered(answer):
    """Assert that a verb ended with a result or with one clear line; return its exit code."""
    code, out, err = answer
    assert code in (ExitCode.CLEAN, ExitCode.CONFLICT, ExitCode.FAILED)
    assert "Traceback" not in err
    if code == ExitCode.FAILED:
        settled = (" is damaged (", " was interrupted; ")  # said of another run, before the line
        lines = [line for line in err.splitlines() if not any(words in line for words in settled)]
        assert (out, len(lines)) == ("", 1)
    else:
        assert out
    return code


def move_manifest(_document, manifest, _edit, choose):
    name = choose.choice([*NAMES, "swapped"])
    manifest["file_collection"] = name
    if choose.random() < 0.8:
        manifest["path"] = f"collections/{name}/collection.toml"


def replace_key(_document, _manifest, edit, choose):
    edit["key"] = choose.choice(KEYS)


def replace_value(_document, _manifest, edit, choose):
    edit[choose.choice(["after", "after", "before"])] = choose.choice(VALUES)


def replace_artifact(_document, _manifest, edit, choose):
    edit["artifact_id"] = choose.choice(ARTIFACTS)


def repeat(document, manifest, edit, choose):
    if choose.random() < 0.5:
        manifest["edits"].append(copy.deepcopy(edit))
    else:
        document["manifests"].append(copy.deepcopy(manifest))


def drop_entry(_document, _manifest, edit, choose):
    edit |= {"key": "", "before": None, "after": choose.choice([None, None, "x", []])}


def replace_member(document, manifest, edit, choose):
    place = choose.choice([document, manifest, edit])
    place[choose.choice(list(place))] = choose.choice([*VALUES, "review", "catalog"])


def remove_member(document, manifest, edit, choose):
    place = choose.choice([document, manifest, edit])
    del place[choose.choice(list(place))]
    place |= {"more": 1} if choose.random() < 0.3 else {}


WAYS = (
    move_manifest, move_manifest, replace_key, replace_value, replace_value, replace_artifact,
    repeat, drop_entry, replace_member, remove_member,
)  # fmt: skip


def mutate(document, choose):
    """Change a plan in one way or two."""
    chosen = choose.sample(WAYS, choose.choice([1, 1, 2]))
    manifest = choose.choice(document["manifests"])
    edit = choose.choice(manifest["edits"])
    for way in sorted(chosen, key=WAYS.index):  # what takes the plan's shape away comes last
        way(document, manifest, edit, choose)


def test_mutated_plans_write_nothing_outside_and_nothing_when_refused(case):
    valid = json.loads(case.file.read_text())
    start, outside = case.everything(), outside_of(case)
    ends = []
    for seed in range(PLAN_MUTANTS):
        document = copy.deepcopy(valid)
        mutate(document, random.Random(seed))
        case.file.write_text(json.dumps(document))
        try:
            run = case.apply()
        except AuditError as exc:
            ends.append("refused")
            assert "\n" not in str(exc), seed
            assert (case.everything(), outside_of(case)) == (start, outside), seed
            continue
        ends.append("conflict" if run.has_conflicts else "applied")
        assert outside_of(case) == outside, seed
        if run.run:
            case.undo()
        assert case.everything() == start, seed
    assert {"refused", "conflict", "applied"} == set(ends)


def test_journals_and_copies_damaged_at_random_never_end_in_a_traceback(cli, case):
    case.apply()
    (run,) = case.runs()
    intact = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    written, outside = case.everything(), outside_of(case)
    for seed in range(STATE_MUTANTS):
        choose = random.Random(seed)
        damage(
            choose.choice([*intact, *(path for path in intact if path.suffix == ".toml")]), choose
        )

        for verb in (("runs",), ("undo", "--rehearse"), ("undo",)):
            answered(cli(verb[0], case.home, *verb[1:], "--state-dir", case.state))
        assert outside_of(case) == outside, seed

        restore(case, written, intact, run.folder)


def restore(case, written, intact, folder):
    """Put back run folder, manifests and cache by what they were."""
    for other in folder.parent.iterdir():
        shutil.rmtree(other)
    for path, content in intact.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if case.everything() != written:
        for path, content in zip(case.manifests, written[0], strict=True):
            path.write_bytes(content)
        case.apply()
        for other in folder.parent.iterdir():
            if other != folder:
                shutil.rmtree(other)


def test_a_manifest_that_is_a_link_out_of_the_home_is_left_alone(cli, case):
    outside = case.home.parent / "outside" / "collection.toml"
    case.manifests[1].unlink()
    case.manifests[1].symlink_to(outside)
    before = outside.read_bytes()

    code, out, _ = cli("apply", case.file, "--state-dir", case.state)

    assert code == ExitCode.CONFLICT
    assert out.count("is a link out of the collection folder; it is not written") == 2
    assert outside.read_bytes() == before
    assert digest(outside.parent)
