"""Repairs last: the real application restarts, refreshes and saves, and nothing is blank again."""

import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import tomli
from conftest import SHARED, build

import skillmeat_audit as sma
from skillmeat_audit.model.fields import LIST_COLUMNS
from skillmeat_audit.model.manifest_edits import WHOLE_ENTRY, ManifestDocument, value_at

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

SMALL = ("batch-import", "reimport", "clean")
REAL = (
    "D-0.9.0/home",
    "D-0.9.0/home-mid",
    "F-0.74.0/home",
    "F-0.74.0/home-mid",
    "F-0.74.0/home-wal",
)
REFRESH = "/user-collections/refresh-cache"


@dataclass
class Repaired:
    """The application over a home, and what a plan wrote there; ``rows`` are those before."""

    app: object
    plan: sma.Plan
    run: sma.Run
    rows: dict

    @property
    def cells(self):
        """What was written into rows, by row and column."""
        return {
            (change.key, column): value
            for change in self.plan.document.changes
            for column, value in change.after.items()
            if column != "synced_at"
        }

    def lost_cells(self):
        """Return the cells that do not hold what was written, with what they hold."""
        rows = self.app.rows()
        held = {cell: rows.get(cell[0], {}).get(cell[1]) for cell in self.cells}
        return {
            cell: held[cell]
            for cell, value in self.cells.items()
            if comparable(cell[1], held[cell]) != comparable(cell[1], value)
        }

    @property
    def edits(self):
        """The edits of keys, by file collection."""
        return [
            (manifest.file_collection, edit)
            for manifest in self.plan.document.manifests
            for edit in manifest.edits
            if edit.key != WHOLE_ENTRY
        ]

    def held_by(self, file_collection, edit):
        """Return what the manifest holds now where *edit* was made."""
        path = self.app.home / "collections" / file_collection / "collection.toml"
        document = ManifestDocument("", "", "", tomli.loads(path.read_text()))
        return value_at(document.entries[edit.artifact_id], edit.key)

    def lost_keys(self):
        """Return the edits whose key does not hold what was written."""
        return [(name, edit) for name, edit in self.edits if self.held_by(name, edit) != edit.after]

    def live_on(self):
        """Restart and refresh, twice; return what the last refresh answered."""
        for _ in range(2):
            self.app.restart()
            status = self.app.status(REFRESH, "POST")
        return status

    def save_manifests(self):
        """Let the application save every manifest, by a request where it answers any."""
        from skillmeat.core.collection import CollectionManager

        for path in sorted(self.app.home.glob("collections/*/collection.toml")):
            before = path.read_bytes()
            for page, tags in pages_of_entries(path):
                if path.read_bytes() == before:
                    self.app.status(page, "PUT", {"tags": tags})
            if path.read_bytes() == before:  # a release that cannot read the database
                manager = CollectionManager()
                manager.save_collection(manager.load_collection(path.parent.name))
            assert path.read_bytes() != before


def pages_of_entries(manifest):
    """Yield the page of each entry of the file *manifest*, and the tags of the entry."""
    for entry in tomli.loads(manifest.read_text())["artifacts"]:
        page = f"/artifacts/{quote(entry['type'] + ':' + entry['name'])}"
        yield f"{page}?collection={manifest.parent.name}", entry.get("tags", [])


def comparable(column, value):
    """Return *value* with nothing in it told apart that SkillMeat shows alike."""
    if value in (None, "", "[]"):
        return None
    return sorted(json.loads(value)) if column in LIST_COLUMNS else value


def repair(app, home, folder):
    """Put a copy of *home* in place, stopped, and repair it."""
    app.put_back(home)
    rows = app.rows()
    plan = sma.audit(app.home, progress=False).plan()
    options = sma.Options(folder / "state", max_overwrites=1000)
    return Repaired(app, plan, plan.apply(options, recheck=False), rows)


def failing_pages(app):
    """Return the requests that the running application answers with an error of its own."""
    rows = sorted(app.rows())
    collections = sorted({collection for collection, _ in rows})
    pages = ["/artifacts?limit=100", "/user-collections"]
    pages += [f"/artifacts/{quote(artifact)}" for artifact in sorted({each for _, each in rows})]
    for collection in collections:
        pages += [f"/user-collections/{collection}", f"/user-collections/{collection}/artifacts"]
    return {page for page in pages if app.status(page) >= 500}


@pytest.fixture
def home(request, lived, tmp_path):
    """A home by its name: one of data/, one that a release wrote, or one led through the API."""
    if request.param == "life":
        return lived[1]
    if request.param in SMALL:
        return build.build_home(request.param, tmp_path / "small", "artifact_uuid") / ".skillmeat"
    path = SHARED / "homes" / request.param / ".skillmeat"
    if not path.is_dir():
        pytest.skip(f"needs the home at {SHARED.name}/homes/{request.param}")
    return path


@pytest.mark.parametrize("home", [*SMALL, *REAL, "life"], indirect=True)
def test_no_repaired_cell_is_lost(home, unlimited, tmp_path, tally):
    unlimited.bring_back(home)
    failed_before = failing_pages(unlimited)
    case = repair(unlimited, home, tmp_path)
    assert not case.run.outcome.has_conflicts
    assert (case.lost_cells(), case.lost_keys()) == ({}, [])

    is_readable = case.live_on() == 200
    what = "" if is_readable else " of homes that 0.74.0 cannot refresh"
    count(tally, f"cells{what}, after two restarts and refreshes", case.cells, case.lost_cells())
    # Over a cache that lacks columns the page of every row fails, so that of a new row too.
    assert failing_pages(case.app) <= failed_before or not is_readable

    case.save_manifests()
    count(tally, f"keys{what}, after SkillMeat saved them", case.edits, case.lost_keys())
    assert case.lost_cells() == {}
    assert len(case.cells) > 0 or home.parent.name == "small"
    if case.run.outcome.run:
        assert_undone(case, case.run.undo())


def count(tally, what, repaired, lost):
    """Count in *tally* the *repaired* that were compared, and see that none is *lost*."""
    tally[f"repaired {what}"] += len(repaired)
    tally[f"lost {what}"] += len(lost)
    assert not lost


def assert_undone(case, undo):
    """See that every row and key is as it was before *case*: SkillMeat kept all of them ours."""
    from skillmeat.storage.manifest import ManifestManager

    assert (undo.outcome.conflicts, undo.outcome.edit_conflicts) == ((), ())
    assert len(undo.outcome.edits) == len(case.edits)
    assert [edit.key for name, edit in case.edits if case.held_by(name, edit) != edit.before] == []
    rows = case.app.rows()
    for change in case.plan.document.changes:
        held = rows.get(change.key)
        if change.op == "insert":
            assert held is None
        else:
            columns = change.before.keys() - {"synced_at"}
            assert [held[name] for name in columns] == [change.before[name] for name in columns]
    for path in case.app.home.glob("collections/*/collection.toml"):
        ManifestManager().read(path.parent)
