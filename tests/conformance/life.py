"""One life of a home, in steps: what each does, and which path of SkillMeat writes by it.

The truth is kept without the audit's help: a row was written by the last step that changed it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from conformance.app import DEFAULT, Application
from conformance.kit import LATER, MINE, REPOSITORY, URL, write

import skillmeat_audit as sma
from skillmeat_audit.model.contracts import records

Key = tuple[str, str]
Rows = dict[Key, dict[str, object]]
# SkillMeat takes a file beside a skill for a skill of its own, and writes it as a composite's part.
PART = "skill:get-started.md"
TEAM = "Team"
# What an author wrote and no manifest holds, by the number of the reason: we would fill it in, and
# SkillMeat's refreshes blank it again.
AUTHORS_WORD = {
    ("agent:code-critic", "tools_json"): "44",
    ("skill:odd", "tags_json"): "44",
    ("skill:odd", "version"): "44",
    ("skill:late", "license"): "44",
} | {
    ("skill:1password", column): "44"
    for column in ("tags_json", "author", "license", "tools_json", "version")
}

# The manifest holds the repr of a list, no author's words: SkillMeat writes it, we never propose it
# (D006).
ACCIDENTS = {("skill:odd", "description")}


@dataclass(frozen=True)
class Step:
    """One step of a life; ``writer`` is the path it writes by, "" where it writes no row."""

    name: str
    writer: str
    deed: Callable[["Life"], object]


@dataclass
class Life:
    """A home under way: ``real`` holds, for every row, which writers would be right to name."""

    app: Application
    folder: Path
    source: str = ""
    team: str = ""
    rows: Rows = field(default_factory=dict)
    real: dict[Key, set[str]] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)

    def take(self, step: Step) -> set[Key]:
        """Do one step; return the rows whose values it wrote."""
        step.deed(self)
        before, self.rows = self.rows, self.app.rows()
        written = {key: _changed(before.get(key), row) for key, row in self.rows.items()}
        written = {key: columns for key, columns in written.items() if columns}
        self.real = {key: self.real[key] for key in self.real.keys() & self.rows.keys()}
        for key, columns in written.items():
            self.real[key] = _writers(step.writer, key, columns, self.real.get(key, set()))
        return set(written)

    def run(self, *, until: str = "") -> None:
        """Take the steps, to the one named *until* or to the end."""
        for step in STEPS:
            self.take(step)
            if step.name == until:
                break

    def name(self, key: Key) -> Key:
        """Return *key* with the name of the team's collection, whose id is random."""
        return (TEAM if key[0] == self.team else key[0]), key[1]

    def findings(self) -> dict[tuple[Key, str], dict[str, object]]:
        """Return what the audit finds in the cells of rows, not on pages, by row and column."""
        found = records(sma.audit(self.app.home, progress=False).findings)
        return {
            (self.name((each["collection_id"], each["artifact_id"])), each["column"]): each
            for each in found
            if each["collection_id"] and each["column"] and not each["rule"].startswith("V")
        }

    def shown(self) -> dict[Key, dict[str, object]]:
        """Return what the application shows, by collection and artifact."""
        return {
            (collection, item["id"]): item
            for collection in filter(None, (DEFAULT, self.team))
            for item in self.app.ask("GET", f"/user-collections/{collection}/artifacts?limit=100")[
                "items"
            ]
        }

    def add(self, path: str, kind: str, **more: str) -> None:
        """Add an artifact that the user wrote."""
        body = {"source_type": "local", "source": str(self.folder / path), "artifact_type": kind}
        self.app.ask("POST", "/artifacts", body | {"name": Path(path).stem} | more)

    def bring(self, *names: str) -> dict[str, object]:
        """Import from the catalogue, leaving alone what the home has already."""
        body = {"entry_ids": [self.entries[name] for name in names], "conflict_strategy": "skip"}
        return self.app.ask("POST", f"/marketplace/sources/{self.source}/import", body)

    def bring_again(self, name: str) -> None:
        """Reimport one artifact."""
        place = f"/marketplace/sources/{self.source}/entries/{self.entries[name]}/reimport"
        assert self.app.ask("POST", place, {})["success"]


def _changed(before: dict[str, object] | None, after: dict[str, object]) -> set[str]:
    """Return the columns a step wrote; a blanked ``synced_at`` alone says nothing of values."""
    if before is None:
        return set(after)
    changed = {column for column, value in after.items() if value != before[column]}
    return set() if changed == {"synced_at"} and after["synced_at"] is None else changed


def _writers(writer: str, key: Key, columns: set[str], before: set[str]) -> set[str]:
    """Return the names that are right for a row of which *columns* were just written."""
    if writer == "import-populate" and (key[1] == PART or key[1].startswith("composite:")):
        return {"import-composite"}
    if columns == {"deployments_json"}:  # the values are older than the deployment
        return before
    if columns == {"tags_json"}:  # and here all values but one
        return before | {writer}
    if writer == "import-skipped" and columns == {"synced_at"}:  # by the import's own function
        return {"import-skipped", "import-populate"}
    return {writer}


def _write_artifacts(life: Life) -> None:
    from skillmeat.core.collection import CollectionManager

    for name in (DEFAULT, "work"):
        CollectionManager().init(name)
    write(life.folder, MINE)
    for path in ("mine", "quiet", "review"):
        life.add(path, "skill")
    life.add("scribe.md", "agent")
    life.add("other", "skill", collection="work")
    spec = {"source_type": "github", "source": f"{REPOSITORY}/skills/1password"}
    life.app.ask("POST", "/artifacts", spec | {"artifact_type": "skill", "name": "by-hand"})


def _scan(life: Life) -> None:
    body = {"repo_url": URL, "ref": "main", "indexing_enabled": True, "trust_level": "basic"}
    life.source = life.app.ask("POST", "/marketplace/sources", body)["id"]
    catalog = life.app.ask("GET", f"/marketplace/sources/{life.source}/artifacts?limit=50")
    life.entries = {item["name"]: item["id"] for item in catalog["items"]}


def _update_upstream(life: Life) -> None:
    life.app.github.push(REPOSITORY, LATER)
    life.app.ask("POST", f"/marketplace/sources/{life.source}/rescan", {})
    life.bring_again("plain")


def _gather(life: Life) -> None:
    body = {"name": TEAM, "description": "Of the team"}
    life.team = life.app.ask("POST", "/user-collections", body)["id"]
    ids = ["skill:1password", "agent:code-critic", "skill:mine"]
    life.app.ask("POST", f"/user-collections/{life.team}/artifacts", {"artifact_ids": ids})


def _add_known(life: Life) -> None:
    ids = ["skill:odd", "skill:late"]
    life.app.ask("POST", f"/user-collections/{DEFAULT}/artifacts", {"artifact_ids": ids})


def _refresh(life: Life) -> None:
    assert life.app.ask("POST", "/user-collections/refresh-cache")["errors"] == []


def _delete(life: Life) -> None:
    life.app.ask("DELETE", f"/artifacts/skill:1password?collection={DEFAULT}")


def _edit_tags(life: Life) -> None:
    life.app.ask("PUT", f"/artifacts/skill:mine?collection={DEFAULT}", {"tags": ["z"]})


def _tag(life: Life) -> None:
    tag = life.app.ask("POST", "/tags", {"name": "Kept", "slug": "kept"})["id"]
    life.app.ask("POST", f"/artifacts/skill:late/tags/{tag}")


def _deploy(life: Life) -> None:
    project = life.folder / "project"
    (project / ".claude").mkdir(parents=True)
    body = {"project_path": str(project)}
    life.app.ask("POST", f"/artifacts/skill:odd/deploy?collection={DEFAULT}", body)


STEPS = (
    Step("write artifacts", "", _write_artifacts),
    Step("restart with them", "startup-lossy", lambda life: life.app.restart()),
    Step("scan a source", "", _scan),
    Step(
        "import in batch",
        "import-populate",
        lambda life: life.bring("1password", "plain", "code-critic", "review", "lint"),
    ),
    Step("import one", "import-populate", lambda life: life.bring("odd")),
    Step("import another", "import-populate", lambda life: life.bring("late")),
    Step("import a composite", "import-populate", lambda life: life.bring("toolbox")),
    Step("import what is there", "import-skipped", lambda life: life.bring("quiet", "1password")),
    Step("reimport", "import-populate", lambda life: life.bring_again("1password")),
    Step("reimport what changed", "import-populate", _update_upstream),
    Step("gather in a collection", "membership-add", _gather),
    Step("add what is in default", "", _add_known),
    Step("restart", "startup-lossy", lambda life: life.app.restart()),
    Step("refresh", "refresh", _refresh),
    Step("delete", "", _delete),
    Step("import after deletion", "import-populate", lambda life: life.bring("1password")),
    Step("refresh again", "refresh", _refresh),
    Step("edit tags", "refresh", _edit_tags),
    Step("tag", "tag-write", _tag),
    Step("deploy", "refresh", _deploy),
    Step("restart once more", "startup-lossy", lambda life: life.app.restart()),
)
