"""Manifests of real shapes on disk: edited and undone byte for byte, or refused and untouched."""

import hashlib
import os
import random
import tomllib

import pytest
from test_toml_edits import edits_of, expected, manifest

from skillmeat_audit.model.manifest_edits import ManifestChanges
from skillmeat_audit.repair.manifest_copies import journaled, keep_copies
from skillmeat_audit.repair.manifests import (
    prepare_manifest,
    prepare_undo,
    write_manifest,
)

pytestmark = pytest.mark.slow

# Manifests of a run; the long form: MANIFESTS=5000
ROUNDS = int(os.environ.get("MANIFESTS", "40"))
PATH = "collections/default/collection.toml"

MORE = (
    '[[linked_artifacts]]\nartifact_id = "x"\n',
    '[settings]\n"odd key" = { a = [1, 2], b.c = 1979-05-27T07:32:00-08:00 }\n[settings."é".x]\n',
    "# a line\n\n\n#another [[artifacts]]\n",
    '[[groups]]\nname = "g"\n[[groups.members]]\nid = "[[artifacts]]"\n',
    '[[artifacts]]\n"name" = "quoted"\n\'type\' = "skill"\nunknown = [\n  [1], # one\n  [],\n]\n',
    '[[ artifacts ]]\nname = "spaced"\ntype = "agent"\n[ artifacts . metadata ]\n'
    'x = """\n[a]\\\n"""\n',
    '[[artifacts]]\nname = "n0"\ntype = "skill"\n',
    "\t[[artifacts]] # indented\n\tname='tab'\n\ttype='hook'\n",
)


def real_manifest(choose):
    """Return a manifest with more behind it, now and then 2 MB or what breaks it, and edits."""
    content = manifest(choose)
    edits = edits_of(parsed(content), choose)
    end = b"\r\n" if b"\r\n" in content else b"\n"
    for text in choose.sample(MORE, choose.randint(0, 3)):
        content += end + text.encode().replace(b"\n", end)
    if choose.random() < 0.01:
        content += end + b"".join(b"# %d %s%s" % (n, b"x" * 90, end) for n in range(20_000))
    if choose.random() < 0.05:
        content = choose.choice([b"\xef\xbb\xbf" + content, content + b"\xff", content + b"\n["])
    if choose.random() < 0.1:
        content = content.replace(b"\r\n", b"\n", 3)
    return content.rstrip() if choose.random() < 0.3 else content, edits


def test_any_manifest_is_edited_and_undone_byte_for_byte_or_untouched(
    tmp_path, record_testsuite_property
):
    file = tmp_path / PATH
    file.parent.mkdir(parents=True)
    ends = {"written": 0, "refused": 0, "nothing to edit": 0, "undone key by key": 0}
    for seed in range(ROUNDS):
        choose = random.Random(seed)
        content, edits = real_manifest(choose)
        file.write_bytes(content)
        changes = ManifestChanges("default", PATH, hashlib.sha256(content).hexdigest(), edits)

        prepared = prepare_manifest(tmp_path / "collections", changes)

        assert file.read_bytes() == content
        assert len(prepared.edits) + len(prepared.skipped) == len(edits)
        if not prepared.is_changed:
            assert all(each.reason for each in prepared.skipped)
            ends["refused" if edits else "nothing to edit"] += 1
            continue
        run = tmp_path / "runs" / str(seed)
        run.mkdir(parents=True)
        keep_copies(run, [prepared])
        assert write_manifest(prepared)
        assert parsed(file.read_bytes()) == expected(parsed(content), prepared.edits), seed
        ends["written"] += 1

        (undone,) = journaled([prepared])
        if choose.random() < 0.3:
            (run / "manifests" / "0.toml").unlink()
            undo_by_key(tmp_path, file, undone, run, parsed(content), seed)
            ends["undone key by key"] += 1
            continue
        assert write_manifest(prepare_undo(tmp_path / "collections", undone, run))
        assert file.read_bytes() == content, seed

    record_testsuite_property("manifests", str(ends))
    assert ends["written"] > 0.7 * ROUNDS


def parsed(content):
    return tomllib.loads(content.decode())


def undo_by_key(folder, file, undone, run, start, seed):
    """Undo without the copy: what the manifest means comes back, whatever its layout."""
    undo = prepare_undo(folder / "collections", undone, run)
    assert undo.skipped == (), seed
    assert write_manifest(undo)
    now = parsed(file.read_bytes())
    for entry in (*now["artifacts"], *start["artifacts"]):  # a table made for an edit may stay
        if not entry.get("metadata"):
            entry.pop("metadata", None)
    assert now == start, seed
