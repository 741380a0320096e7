"""Manifests on disk: replaced whole where nobody else wrote; mode, owner and links stay."""

import hashlib
import os
import stat
import threading
import time

import pytest

from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.model.manifest_edits import ManifestChanges, ManifestEdit, value_at
from skillmeat_audit.repair.manifest_copies import journaled, keep_copies
from skillmeat_audit.repair.manifests import (
    overwritten,
    prepare_manifest,
    prepare_undo,
    write_manifest,
)
from skillmeat_audit.repair.toml_edits import entries_of

CONTENT = (
    b'# mine\n[[artifacts]]\nname = "a"\ntype = "skill"\n\n'
    b'[[artifacts]]\nname = "b"\ntype = "skill"\n'
)


def edit(artifact_id="skill:a", after="A", before=None):
    return ManifestEdit(
        artifact_id, "metadata.description", before, after, ["D001"], "frontmatter", "fill"
    )


def changes(*edits):
    path = "collections/default/collection.toml"
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return ManifestChanges("default", path, sha256, list(edits or [edit()]))


@pytest.fixture
def collections(tmp_path):
    folder = tmp_path / "collections" / "default"
    folder.mkdir(parents=True)
    (folder / "collection.toml").write_bytes(CONTENT)
    return folder.parent


@pytest.fixture
def file(collections):
    return collections / "default" / "collection.toml"


def test_nothing_is_written_before_it_is_asked_for(collections, file):
    prepared = prepare_manifest(collections, changes())

    assert file.read_bytes() == prepared.before == CONTENT
    assert b'description = "A"' in prepared.after


def test_mode_and_comments_stay_and_the_time_changes(collections, file):
    file.chmod(0o640)
    before = file.stat()

    assert write_manifest(prepare_manifest(collections, changes()))

    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.stat().st_mtime != before.st_mtime
    assert file.read_bytes().startswith(b"# mine\n")
    assert os.listdir(file.parent) == ["collection.toml"]


def test_the_time_changes_even_if_the_clock_stands_still(collections, file):
    future = time.time_ns() + 3_600_000_000_000
    os.utime(file, ns=(future, future))
    before = file.stat().st_mtime

    assert write_manifest(prepare_manifest(collections, changes()))
    assert file.stat().st_mtime != before


def test_the_owner_stays(collections, file):
    if os.geteuid():
        pytest.skip("only root may give a file away")
    os.chown(file, 12345, 23456)

    assert write_manifest(prepare_manifest(collections, changes()))
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_a_link_inside_the_collection_stays_a_link(collections, file):
    real = file.with_name("real.toml")
    file.rename(real)
    file.symlink_to("real.toml")

    assert write_manifest(prepare_manifest(collections, changes()))
    assert file.is_symlink()
    assert b'description = "A"' in real.read_bytes()


def test_a_link_out_of_the_collection_is_neither_read_nor_written(collections, file, tmp_path):
    outside = tmp_path / "outside.toml"
    outside.write_bytes(CONTENT)
    file.unlink()
    file.symlink_to(outside)

    prepared = prepare_manifest(collections, changes())

    assert prepared.edits == ()
    assert "is a link out of the collection folder" in prepared.skipped[0].reason
    assert outside.read_bytes() == CONTENT


def test_an_edit_whose_value_moved_is_skipped_and_the_others_are_made(collections, file):
    prepared = prepare_manifest(
        collections, changes(edit(), edit("skill:b", before="was", after="B"))
    )

    assert [skipped.edit.artifact_id for skipped in prepared.skipped] == ["skill:b"]
    assert [made.artifact_id for made in prepared.edits] == ["skill:a"]


def test_a_file_that_somebody_saved_meanwhile_is_left_to_them(collections, file):
    prepared = prepare_manifest(collections, changes())
    theirs = CONTENT + b"# theirs\n"
    file.write_bytes(theirs)

    assert not write_manifest(prepared)
    assert file.read_bytes() == theirs
    assert os.listdir(file.parent) == ["collection.toml"]


def test_an_edit_that_somebody_saves_over_is_reported(collections, file):
    prepared = prepare_manifest(collections, changes(edit(), edit("skill:b", after="B")))
    write_manifest(prepared)
    assert overwritten(prepared) == ()

    file.write_bytes(prepared.after.replace(b'description = "A"\n', b""))
    assert [skipped.edit.artifact_id for skipped in overwritten(prepared)] == ["skill:a"]

    file.unlink()
    assert len(overwritten(prepared)) == 2


def test_an_undo_puts_the_file_back_byte_for_byte(collections, file, tmp_path):
    prepared = prepare_manifest(collections, changes())
    keep_copies(tmp_path, [prepared])
    write_manifest(prepared)
    (undone,) = journaled([prepared])

    assert write_manifest(prepare_undo(collections, undone, tmp_path))
    assert file.read_bytes() == CONTENT


def test_an_undo_whose_copy_is_damaged_takes_back_key_by_key(collections, file, tmp_path):
    prepared = prepare_manifest(collections, changes())
    keep_copies(tmp_path, [prepared])
    write_manifest(prepared)
    (undone,) = journaled([prepared])
    (tmp_path / "manifests" / "0.toml").write_bytes(b"# not mine\n")

    assert write_manifest(prepare_undo(collections, undone, tmp_path))
    assert parse_toml(file.read_text()) == parse_toml(CONTENT.decode()) | {
        "artifacts": [
            {"name": "a", "type": "skill", "metadata": {}},
            {"name": "b", "type": "skill"},
        ]
    }


def test_an_undo_after_somebody_saved_takes_back_only_our_values(collections, file, tmp_path):
    both = changes(edit(), edit("skill:b", after="B"))
    prepared = prepare_manifest(collections, both)
    write_manifest(prepared)
    theirs = prepared.after.replace(b'"B"', b'"theirs"').replace(b"# mine\n", b"")
    file.write_bytes(theirs)

    (undone,) = journaled([prepared])
    undo = prepare_undo(collections, undone, tmp_path)
    assert write_manifest(undo)

    assert [skipped.edit.artifact_id for skipped in undo.skipped] == ["skill:b"]
    assert b'"A"' not in file.read_bytes()
    assert b'"theirs"' in file.read_bytes()
    assert b"# mine" not in file.read_bytes()


def test_beside_a_program_that_saves_all_the_time_no_save_of_theirs_is_lost(collections, file):
    """Each save of theirs adds a line to what it read, as SkillMeat loads, changes and saves."""
    stop, saves = threading.Event(), [0]

    def save():
        while not stop.is_set():
            content = file.read_bytes()
            saves[0] += 1
            temporary = file.with_name("theirs.tmp")
            temporary.write_bytes(content + b"# save %d\n" % saves[0])
            os.replace(temporary, file)
            time.sleep(0.002)

    thread = threading.Thread(target=save)
    thread.start()
    written, current = 0, None
    for number in range(40):
        change = edit(before=current, after=f"A{number}")
        prepared = prepare_manifest(collections, changes(change))
        if prepared.edits and write_manifest(prepared):
            written += 1
        current = value_at(entries_of(parse_toml(file.read_text()))[0], "metadata.description")
    stop.set()
    thread.join()

    lines = [line for line in file.read_bytes().splitlines() if line.startswith(b"# save")]
    assert written > 0
    assert len(lines) >= saves[0] - 1  # the last one may have been read and not yet written
