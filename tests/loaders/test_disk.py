"""The disk: artifacts that lie in a collection without an entry in its manifest."""

import os

import pytest

from skillmeat_audit.loaders.disk import FOLDERS, load_absolute_paths, load_undeclared
from skillmeat_audit.loaders.home import find_home
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.tables import MANIFEST, PROBLEMS


@pytest.fixture
def undeclared(tmp_path):
    """Return what is undeclared in a home of *files*, its entries given as (collection, path)."""

    def find(*files, entries=()):
        for file in files:
            path = tmp_path / "collections" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        manifest = [{"file_collection": name, "path": str(path)} for name, path in entries]
        return load_undeclared(find_home(tmp_path), MANIFEST.from_records(manifest))

    return find


MADE = "default/collection.toml"


def test_an_artifact_without_an_entry_is_reported(undeclared):
    (found,) = records(undeclared(MADE, "default/skills/a/SKILL.md"))

    assert {name: value for name, value in found.items() if value is not None} == {
        "kind": "undeclared",
        "artifact_id": "skill:a",
        "place": "collections/default/skills/a",
        "detail": "add it, or delete it",
    }


@pytest.mark.parametrize(
    "path",
    [
        "skills/a",
        "skills/a/",
        "./skills//a",
        "skills\\a",
        "/old/.skillmeat/collections/default/skills/a",
    ],
)
def test_an_artifact_with_an_entry_is_not_reported(undeclared, path):
    found = undeclared(MADE, "default/skills/a/SKILL.md", entries=[("default", path)])

    assert found.empty
    assert list(found.columns) == list(PROBLEMS.columns)


@pytest.mark.parametrize(
    "entry", [("other", "skills/a"), ("default", "/other/skills/a"), ("default", "skills/a.md")]
)
def test_an_entry_for_another_place_does_not_count(undeclared, entry):
    found = undeclared(MADE, "default/skills/a/SKILL.md", entries=[entry])

    assert found["artifact_id"].tolist() == ["skill:a"]


@pytest.mark.parametrize(("folder", "kind"), FOLDERS.items())
def test_the_type_follows_from_the_folder(undeclared, folder, kind):
    found = undeclared(MADE, f"default/{folder}/a.md")

    assert found["artifact_id"].item() == f"{kind}:a"
    assert found["place"].item() == f"collections/default/{folder}/a.md"


def test_hidden_files_other_folders_and_folders_without_a_manifest_do_not_count(undeclared):
    found = undeclared(MADE, "default/skills/.DS_Store", "default/docs/a.md", "loose/skills/a")

    assert found.empty


@pytest.mark.parametrize(
    "litter",
    ["Thumbs.db", "desktop.ini", "README.md", "readme.txt", "LICENSE", "._a", "a.md~", "a.swp"],
)
def test_files_of_systems_and_editors_are_not_artifacts(undeclared, litter):
    assert undeclared(MADE, f"default/skills/{litter}", f"default/commands/{litter}").empty


def test_a_folder_named_like_a_document_is_an_artifact(undeclared):
    found = undeclared(MADE, "default/skills/changelog/SKILL.md")

    assert found["artifact_id"].tolist() == ["skill:changelog"]


def test_undeclared_artifacts_are_reported_by_collection_folder_and_name(undeclared):
    files = ["b/skills/b", "b/skills/a", "a/commands/c", "a/skills/d"]
    found = undeclared("a/collection.toml", "b/collection.toml", *files)

    assert found["artifact_id"].tolist() == ["skill:d", "command:c", "skill:a", "skill:b"]


def test_a_file_in_place_of_a_folder_has_no_artifacts(undeclared):
    assert undeclared(MADE, "default/skills").empty


@pytest.mark.parametrize("place", [b"default/skills/\xff.md", b"\xff/skills/a.md"])
def test_a_name_that_is_not_utf8_is_spelled_out(undeclared, place):
    file = os.fsdecode(place)
    found = undeclared(f"{file.partition('/')[0]}/collection.toml", file)

    assert found["place"].item() == "collections/" + place.decode(errors="backslashreplace")


def test_a_folder_that_leads_out_of_the_collection_is_not_listed(make_home, tmp_path):
    home = make_home("clean")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "private").touch()
    (home / "collections" / "default" / "hooks").symlink_to(tmp_path / "outside")
    place = find_home(home)

    found = load_undeclared(place, load_manifests(place).entries)

    assert "hook:private" not in set(found["artifact_id"])


def test_a_linked_folder_in_an_allowed_root_is_listed(make_home, tmp_path):
    home = make_home("clean")
    (tmp_path / "dotfiles" / "stray").mkdir(parents=True)
    (home / "collections" / "default" / "hooks").symlink_to(tmp_path / "dotfiles")
    place = find_home(home, link_roots=[tmp_path / "dotfiles"])

    found = load_undeclared(place, load_manifests(place).entries)

    assert found["artifact_id"].tolist() == ["hook:stray"]


def absolute_paths(home, *paths):
    """Return kind, path and mend of the problems with entries at *paths*."""
    entries = [
        {"file_collection": "default", "path": str(path), "artifact_id": "skill:a"}
        for path in paths
    ]
    found = load_absolute_paths(find_home(home), MANIFEST.from_records(entries))
    return [(each["kind"], each["detail"], each["mend"]) for each in records(found)]


def test_an_absolute_path_that_exists_outside_of_the_home_is_found(tmp_path):
    home, outside = tmp_path / "home", tmp_path / "other" / "skills" / "a"
    inside = home / "collections" / "default" / "skills" / "a"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    link = inside.parent / "link"
    link.symlink_to(outside)
    gone = tmp_path / "gone" / "skills" / "a"

    found = absolute_paths(home, inside, outside, gone, link, "skills/a", "/a\0b")

    assert found == [
        ("absolute", str(inside), '"skills/a"'),
        ("elsewhere", str(outside), None),
        ("absolute", str(gone), None),
        ("elsewhere", str(link), None),
        ("absolute", "/a\0b", None),
    ]


@pytest.mark.parametrize("start", ["/home/ada/.skillmeat", "C:\\Users\\ada", "\\\\server\\x"])
def test_an_absolute_path_of_another_machine_is_rerooted_where_the_files_are_here(tmp_path, start):
    home = tmp_path / "home"
    (home / "collections" / "default" / "skills" / "a").mkdir(parents=True)

    (found,) = absolute_paths(home, f"{start}/collections/default/skills/a")

    assert found[2] == '"skills/a"'


def test_no_path_is_rerooted_out_of_the_collection(tmp_path):
    home = tmp_path / "home"
    (home / "collections" / "default").mkdir(parents=True)
    (home / "collections" / "other").mkdir()

    (found,) = absolute_paths(home, "/x/collections/default/../other")

    assert found[2] is None
