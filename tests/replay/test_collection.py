"""What imports write beside the files, and what is read back of it."""

import dataclasses

import pytest

from skillmeat_audit.loaders.home import find_home
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.model.contracts import records
from skillmeat_audit.replay.collection import CollectionWithFrontMatter, FileCollection
from skillmeat_audit.replay.costs import Costs
from skillmeat_audit.replay.source import BUNDLED_SOURCE, scan_source
from skillmeat_audit.service.cache_service import utc_now

OWN = {
    "description": "own",
    "author": "Jane",
    "license": "MIT",
    "version": "1.0",
    "tags_json": '["a"]',
    "tools_json": '["Bash"]',
}


@pytest.fixture
def collection(tmp_path):
    folder = tmp_path / "collections" / "default"
    folder.mkdir(parents=True)
    return FileCollection(folder, Costs())


@pytest.fixture
def entries():
    return {
        entry.artifact_id: entry
        for entry in scan_source(BUNDLED_SOURCE, lambda text: {"description": "said"})
    }


def test_an_import_writes_files_and_a_manifest_that_loads(collection, entries, tmp_path):
    for entry in entries.values():
        collection.add(entry, BUNDLED_SOURCE, utc_now())

    loaded = load_manifests(find_home(tmp_path))
    assert loaded.problems.empty
    listed = {row["artifact_id"]: row for row in records(loaded.entries)}
    assert listed.keys() == entries.keys()
    assert listed["skill:1password"]["description"] == "said"
    assert listed["skill:1password"]["author"] is None
    assert (collection.folder / "agents" / "scribe").is_file()


@pytest.mark.parametrize("text", ['"quoted"', "back\\slash", "two\nlines", "\x7f", "ünïcode 🎉"])
def test_whatever_a_description_holds_is_read_back(collection, entries, text):
    entry = dataclasses.replace(entries["skill:1password"], description=text)

    collection.add(entry, BUNDLED_SOURCE, utc_now())

    assert collection.show("1password", "skill").metadata.description == text


def test_an_import_over_an_entry_replaces_it(collection, entries):
    entry = entries["skill:1password"]
    collection.add(entry, BUNDLED_SOURCE, utc_now())

    collection.add(dataclasses.replace(entry, description="newer"), BUNDLED_SOURCE, utc_now())

    assert (collection.folder / "collection.toml").read_text().count("[[artifacts]]") == 1
    assert collection.show("1password").metadata.description == "newer"


def test_an_unknown_artifact_is_a_value_error_as_in_skillmeat(collection):
    with pytest.raises(ValueError, match="not found"):
        collection.show("nothing", "skill")


def test_files_complete_what_the_manifest_leaves_out(collection, entries):
    entry = dataclasses.replace(entries["skill:1password"], description=None)
    collection.add(entry, BUNDLED_SOURCE, utc_now())

    found = CollectionWithFrontMatter(collection, lambda text: OWN).show("1password", "skill")

    assert (found.metadata.description, found.metadata.author) == ("own", "Jane")
    assert (found.tags, found.metadata.tools) == (["a"], ["Bash"])


def test_only_reads_inside_spent_are_counted(collection, entries):
    collection.add(entries["skill:1password"], BUNDLED_SOURCE, utc_now())
    collection.show("1password")

    with collection.costs.counting():
        collection.show("1password")
        collection.show("1password")

    assert collection.costs.reads == 2
    assert collection.costs.seconds > 0
