import json
import mmap
import os
import shutil

import pytest
from conftest import digest

from skillmeat_audit.api.audit import audit
from skillmeat_audit.base.errors import HomeError
from skillmeat_audit.loaders import manifests
from skillmeat_audit.loaders import parse_cache as indexes
from skillmeat_audit.loaders.frontmatter import FILES, load_frontmatter
from skillmeat_audit.loaders.manifests import LISTED, load_manifests
from skillmeat_audit.loaders.parse_cache import ParseCache
from skillmeat_audit.loaders.snapshot import changed_evidence
from skillmeat_audit.model.home import Home
from skillmeat_audit.reports.files.check_json import check_json

SKILL = "---\nname: alpha\ndescription: {}\n---\n"


@pytest.fixture(autouse=True)
def everything_is_remembered(monkeypatch):
    """However few files there are, and however lately they were written."""
    monkeypatch.setattr(indexes, "LEAST_ROWS", 1)
    monkeypatch.setattr(indexes, "_UNSETTLED_NS", 0)


@pytest.fixture
def home(tmp_path):
    """A home of two skills and a command."""
    collection = tmp_path / "home" / "collections" / "default"
    for name in ("alpha", "beta"):
        (collection / "skills" / name).mkdir(parents=True)
        (collection / "skills" / name / "SKILL.md").write_text(SKILL.format("First."))
    (collection / "commands").mkdir()
    (collection / "commands" / "go.md").write_text(SKILL.format("Goes."))
    entries = [("skill", "skills/alpha"), ("skill", "skills/beta"), ("command", "commands/go.md")]
    head = '[collection]\nname = "default"\nversion = "1"\n'
    head += "".join(f'{key} = "2026-01-01T00:00:00"\n' for key in ("created", "updated"))
    (collection / "collection.toml").write_text(head + "".join(map(entry, entries)))
    return Home(tmp_path / "home", None, "default")


def entry(artifact):
    kind, path = artifact
    name = os.path.basename(path).removesuffix(".md")
    return (
        f'[[artifacts]]\nname = "{name}"\ntype = "{kind}"\npath = "{path}"\n'
        'origin = "local"\nadded = "2026-01-01T00:00:00"\n'
    )


def load(home, folder):
    """Return the descriptions in the files of *home*, and which of the files were read."""
    read = []
    frame = load_frontmatter(
        home,
        load_manifests(home).entries,
        ParseCache(folder),
        lambda tasks: read.extend(tasks) or tasks,
    )
    names = [os.path.relpath(os.fsdecode(task.file), home.collections / "default") for task in read]
    return frame["description"].fillna("-").tolist(), sorted(names)


def skill(home, name="alpha"):
    return home.collections / "default" / "skills" / name / "SKILL.md"


def test_an_unchanged_file_is_not_read_again(home, tmp_path):
    first = load(home, tmp_path / "state")
    again = load(home, tmp_path / "state")

    assert first == (
        ["First.", "First.", "Goes."],
        ["commands/go.md", "skills/alpha/SKILL.md", "skills/beta/SKILL.md"],
    )
    assert again == (first[0], [])


def test_the_frame_is_the_same_with_and_without_the_cache(home, tmp_path):
    entries = load_manifests(home).entries
    load_frontmatter(home, entries, ParseCache(tmp_path))
    skill(home, "beta").write_text(SKILL.format("Second."))
    mixed = load_frontmatter(home, entries, ParseCache(tmp_path))
    known = load_frontmatter(home, entries, ParseCache(tmp_path))
    fresh = load_frontmatter(home, entries)

    assert mixed.equals(fresh)
    assert known.equals(fresh)
    assert (known.dtypes == fresh.dtypes).all()


def test_a_change_with_a_restored_time_is_detected(home, tmp_path):
    load(home, tmp_path)
    before = skill(home).stat()
    skill(home).write_text(SKILL.format("Other."))
    os.utime(skill(home), ns=(before.st_atime_ns, before.st_mtime_ns))

    assert skill(home).stat().st_size == before.st_size
    assert load(home, tmp_path) == (["Other.", "First.", "Goes."], ["skills/alpha/SKILL.md"])


def test_a_replaced_file_is_read_again(home, tmp_path):
    load(home, tmp_path)
    other = home.root / "other"
    shutil.copy2(skill(home), other)
    os.replace(other, skill(home))

    assert load(home, tmp_path)[1] == ["skills/alpha/SKILL.md"]


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_file_replaced_by_a_link_is_not_taken_from_the_cache(home, tmp_path, link):
    load(home, tmp_path / "state")
    here = skill(home) if link == "file" else skill(home).parent
    shutil.move(here, tmp_path / "away")
    here.symlink_to(tmp_path / "away")
    entries = load_manifests(home).entries

    found = load_frontmatter(home, entries, ParseCache(tmp_path / "state"))
    assert found["state"].tolist() == ["outside", "read", "read"]
    assert found["description"].isna().tolist() == [True, False, False]


def test_a_deleted_file_is_missing(home, tmp_path):
    load(home, tmp_path)
    skill(home).unlink()
    frame = load_frontmatter(home, load_manifests(home).entries, ParseCache(tmp_path))

    assert frame["state"].tolist() == ["missing", "read", "read"]


def test_a_file_written_just_before_is_read_again(home, tmp_path, monkeypatch):
    monkeypatch.setattr(indexes, "_UNSETTLED_NS", 3_000_000_000)
    load(home, tmp_path)

    assert len(load(home, tmp_path)[1]) == 3


def test_few_files_are_not_cached(home, tmp_path, monkeypatch):
    monkeypatch.setattr(indexes, "LEAST_ROWS", 4)
    load(home, tmp_path / "state")

    assert not (tmp_path / "state").exists()


def test_everything_is_read_again_after_a_week(home, tmp_path, monkeypatch):
    load(home, tmp_path)
    day = 86_400 * 10**9
    now = indexes.time.time_ns()
    monkeypatch.setattr(indexes.time, "time_ns", lambda: now + 6 * day)
    fresh = load(home, tmp_path)[1]
    monkeypatch.setattr(indexes.time, "time_ns", lambda: now + 7 * day)
    stale = load(home, tmp_path)[1]
    renewed = load(home, tmp_path)[1]

    assert (len(fresh), len(stale), len(renewed)) == (0, 3, 0)


def test_changed_files_do_not_delay_the_full_read(home, tmp_path, monkeypatch):
    load(home, tmp_path)
    day = 86_400 * 10**9
    now = indexes.time.time_ns()
    monkeypatch.setattr(indexes.time, "time_ns", lambda: now + 6 * day)
    skill(home).write_text(SKILL.format("Second."))
    load(home, tmp_path)
    monkeypatch.setattr(indexes.time, "time_ns", lambda: now + 8 * day)

    assert len(load(home, tmp_path)[1]) == 3


def test_a_cache_from_the_future_is_ignored(home, tmp_path, monkeypatch):
    load(home, tmp_path)
    now = indexes.time.time_ns()
    monkeypatch.setattr(indexes.time, "time_ns", lambda: now - 86_400 * 10**9)

    assert len(load(home, tmp_path)[1]) == 3


def cut(content):
    return content[:-9]


def flipped(content):
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]


def by_another(content):
    head, _, payload = content.partition(b"\n")
    return json.dumps(json.loads(head) | {"code": "another release"}).encode() + b"\n" + payload


@pytest.mark.parametrize(
    "spoil",
    [cut, flipped, by_another, lambda _: b"", lambda _: b"[]\nx", lambda _: b"{}", os.urandom],
    ids=["cut", "flipped", "by another", "empty", "a list", "no key", "noise"],
)
def test_an_unusable_cache_is_ignored(home, tmp_path, spoil):
    expected = load(home, tmp_path)
    file = tmp_path / "files.index"
    file.write_bytes(spoil(200) if spoil is os.urandom else spoil(file.read_bytes()))

    assert load(home, tmp_path) == expected
    assert load(home, tmp_path)[1] == []


@pytest.mark.parametrize("other", [os.mkdir, os.mkfifo])
def test_a_pipe_in_place_of_the_cache_is_not_waited_for(home, tmp_path, other):
    expected = load(home, tmp_path)
    (tmp_path / "files.index").unlink()
    other(tmp_path / "files.index")

    assert load(home, tmp_path) == expected


def test_a_cache_that_cannot_be_written_is_not_an_error(home, tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")

    assert len(load(home, tmp_path / "state")[1]) == 3


def test_other_users_cannot_read_the_cache(home, tmp_path):
    load(home, tmp_path / "state")
    file = tmp_path / "state" / "files.index"

    assert [path.name for path in file.parent.iterdir()] == ["files.index"]
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def parsed(home, folder, monkeypatch):
    """Return the entries of the manifests of *home*, and how many manifests were parsed."""
    texts = []
    real = manifests.parse_in_parts
    monkeypatch.setattr(
        manifests, "parse_in_parts", lambda text, array: texts.append(text) or real(text, array)
    )
    found = load_manifests(home, ParseCache(folder))
    monkeypatch.setattr(manifests, "parse_in_parts", real)
    return found, len(texts)


def test_an_unchanged_manifest_is_not_parsed_again(home, tmp_path, monkeypatch):
    shutil.copytree(home.collections / "default", home.collections / "more")
    first, both = parsed(home, tmp_path, monkeypatch)
    (home.collections / "default" / "collection.toml").touch()
    second, one = parsed(home, tmp_path, monkeypatch)
    third, none = parsed(home, tmp_path, monkeypatch)

    assert (both, one, none) == (2, 1, 0)
    assert first.entries.equals(second.entries)
    assert first.entries.equals(third.entries)
    assert (first.entries.dtypes == third.entries.dtypes).all()


def test_a_manifest_with_a_problem_is_parsed_every_time(home, tmp_path, monkeypatch):
    manifest = home.collections / "default" / "collection.toml"
    manifest.write_text(manifest.read_text() + '[[artifacts]]\nname = "odd"\n')
    first, _ = parsed(home, tmp_path, monkeypatch)
    again, count = parsed(home, tmp_path, monkeypatch)

    assert count == 1
    assert len(first.problems) == 1
    assert again.problems.equals(first.problems)


def test_a_deleted_collection_is_not_taken_from_the_cache(home, tmp_path, monkeypatch):
    shutil.copytree(home.collections / "default", home.collections / "more")
    parsed(home, tmp_path, monkeypatch)
    shutil.rmtree(home.collections / "default")
    found, _ = parsed(home, tmp_path, monkeypatch)

    assert found.entries["file_collection"].tolist() == ["more"] * 3
    assert found.entries["entry"].tolist() == [0, 1, 2]


@pytest.mark.slow
def test_an_audit_is_the_same_with_the_cache_and_does_not_touch_the_home(make_home, tmp_path):
    home = make_home()
    before = digest(home)
    told = [
        check_json(each, "1")
        for parse_cache in (False, True, True)
        for each in [audit(home, parse_cache=parse_cache, state_dir=tmp_path / "state")]
    ]

    assert told[0] == told[1] == told[2]
    assert digest(home) == before
    assert {file.name for file in (tmp_path / "state").rglob("*.index")} == {
        f"{table.name}.index" for table in (FILES, LISTED)
    }


@pytest.mark.slow
def test_check_uses_the_cache_unless_disabled(cli, make_home, tmp_path, monkeypatch):
    home = make_home()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    without = cli("check", home, "--no-parse-cache", "--format", "json")
    kept_without = list(tmp_path.rglob("*.index"))
    first = cli("check", home, "--format", "json")
    again = cli("check", home, "--format", "json")

    assert kept_without == []
    assert len(list((tmp_path / "state").rglob("*.index"))) == 2
    assert without == first == again


@pytest.mark.slow
def test_a_report_keeps_the_cache_in_its_state_folder(cli, make_home, tmp_path):
    state = tmp_path / "own"
    cli("report", make_home(), "--state-dir", state, "-o", tmp_path / "r.json")

    assert len(list(state.rglob("*.index"))) == 2


MANIFEST, SKILL_MD = "collection.toml", "skills/1password/SKILL.md"


@pytest.fixture(params=[SKILL_MD])
def stored_unseen(make_home, tmp_path, request):
    """A home that is in the index, and of which a file was changed without a trace since.

    The second store through one mapping changes neither time: the page is writable already.
    """
    home = make_home()
    file = home / "collections" / "default" / request.param
    with file.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as mapping:
        at = mapping.find(b"Reads secrets")
        mapping[at : at + 1] = b"X"
        audit(home, state_dir=tmp_path / "state")
        before = file.stat()
        mapping[at : at + 1] = b"Y"
        after = file.stat()
        yield home

    assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)


def described(frame):
    return frame["description"].dropna().str[:1].tolist()


@pytest.mark.slow
def test_a_plan_does_not_rest_on_the_cache(stored_unseen, tmp_path):
    remembered = audit(stored_unseen, state_dir=tmp_path / "state")
    fresh = audit(stored_unseen, parse_cache=False)

    assert "X" in described(remembered.frontmatter)
    assert "Y" in described(fresh.frontmatter)
    assert changed_evidence(remembered.snapshot) == "skill:1password"
    with pytest.raises(HomeError, match=r"skill:1password differs .* with parse_cache=False"):
        remembered.plan()
    assert fresh.plan().document.changes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stored_unseen", "changed"),
    [(MANIFEST, "the manifests"), (SKILL_MD, "skill:1password")],
    indirect=["stored_unseen"],
)
def test_changed_evidence_is_detected_whatever_the_file_times(stored_unseen, tmp_path, changed):
    assert changed_evidence(audit(stored_unseen, state_dir=tmp_path / "state").snapshot) == changed


@pytest.mark.slow
@pytest.mark.parametrize("stored_unseen", [MANIFEST], indirect=True)
def test_the_verbs_that_write_read_every_file(stored_unseen, tmp_path, cli, monkeypatch):
    shutil.copytree(tmp_path / "state", tmp_path / "xdg" / "skillmeat-audit")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    _, remembered, _ = cli("show", "skill:1password", stored_unseen, "--format", "json")
    code, planned, _ = cli("plan", stored_unseen, "--format", "json")

    assert '"Xeads secrets' in remembered
    assert code == 0
    assert '"Yeads secrets' in planned
    assert '"Xeads secrets' not in planned


@pytest.mark.slow
def test_a_touched_file_is_unchanged_evidence(make_home, tmp_path):
    home = make_home()
    audit(home, parse_cache=tmp_path)
    remembered = audit(home, parse_cache=tmp_path)
    (home / "collections" / "default" / "skills" / "1password" / "SKILL.md").touch()

    assert remembered.snapshot.from_parse_cache
    assert changed_evidence(remembered.snapshot) is None
    assert remembered.plan().document.changes
