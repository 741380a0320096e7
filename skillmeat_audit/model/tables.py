"""The contracts of the DataFrames that pass between rooms; `model.contracts` says what one is."""

from skillmeat_audit.model.contracts import Table, flag, number, text
from skillmeat_audit.model.fields import COLUMNS

# The same in both eras: where rows refer to artifacts by uuid, the loader looks the id up.
KEY = ("collection_id", "artifact_id")

_COLLECTION = text("id of the collection in the cache")
ARTIFACT_ID = text("the artifact as type:name")
# A refresh writes NULL for no tags, the server's start "[]": both are null here when compared.
_EMPTY_LIST = "JSON text of a list, null for an empty one"
ROW_KEY = {"collection_id": _COLLECTION, "artifact_id": ARTIFACT_ID}
CELL_COLUMNS = {
    "description": text("what the artifact is for"),
    "source": text("where it comes from: the URL of its upstream"),
    "origin": text("local, github or marketplace"),
    "origin_source": text("the host of a marketplace artifact: github, gitlab or bitbucket"),
    "tags_json": text(f"tags in their order; {_EMPTY_LIST}"),
    "author": text("who wrote it"),
    "license": text("its license as written, unchecked"),
    "tools_json": text(f"names of the tools it may use; {_EMPTY_LIST}"),
    "version": text("its version as written"),
    "resolved_sha": text("the upstream commit that was imported"),
    "resolved_version": text("the upstream version that was imported"),
}
assert tuple(CELL_COLUMNS) == COLUMNS

MANIFEST = Table(
    "manifest",
    "One row per [[artifacts]] entry of every readable manifest, by file collection, then position."
    " List columns are in the manifest's order.",
    {
        "entry": number("the row's position in this table, from 0"),
        "file_collection": text("name of the folder that holds the manifest"),
        "position": number("the entry's position in its manifest, from 0"),
        "artifact_id": ARTIFACT_ID,
        "stem": text("artifact_id without a suffix that SkillMeat ignores (.md, .json, …)"),
        "name": text("the entry's name"),
        "type": text("the entry's type"),
        "path": text("where the files are, as written: relative to the collection's folder"),
        "added": text("when it was added, as written"),
        "import_id": text("id of the marketplace import that added it, null for other entries"),
        "linked": flag("True where its metadata names linked artifacts"),
        **CELL_COLUMNS,
    },
)

FRONTMATTER = Table(
    "frontmatter",
    "One row per manifest entry, in the same order: what its file says of the artifact.",
    {
        "entry": number("the entry's number in manifest"),
        "state": text(
            "read; absent (its files hold no front matter to read); missing (no file, or a skill"
            " without SKILL.md); outside the collection's folder; or unreadable"
        ),
        "reason": text(
            "why the file is missing, outside or unreadable, or why its front matter is not valid"
            " YAML; else null"
        ),
        "file": text("path of the file below the collection's folder, null without one"),
        "modified_at": text("when the file was last modified, UTC to microseconds"),
        "fenced": flag("True where the file opens with a front matter between --- lines"),
        "name": text("the name in the front matter"),
        **CELL_COLUMNS,
    },
)

ROWS = Table(
    "rows",
    "One row per row of collection_artifacts, by key.",
    {
        "collection_id": _COLLECTION,
        "artifact_id": text("as type:name; without an artifacts row, what the row itself holds"),
        "stem": text("artifact_id without a suffix that SkillMeat ignores"),
        "artifact_uuid": text("the key of newer caches, null in older ones"),
        "has_artifact": flag("False where the row refers to an artifacts row that does not exist"),
        "added_at": text("when the row was inserted, UTC"),
        "synced_at": text("when it was last synchronised, UTC; null: never"),
        "deployments_json": text("where the artifact is deployed, as JSON text; never compared"),
        "artifact_content_hash": text("SkillMeat's hash of the files; never compared"),
        "held_description": text("the description in the artifacts row"),
        "held_source": text("the source in the artifacts row"),
        **CELL_COLUMNS,
    },
)

COLLECTIONS = Table(
    "collections",
    "One row per collection of the cache, by id.",
    {
        "id": _COLLECTION,
        "name": text("its name in SkillMeat's pages"),
        "collection_type": text("its type as stored, null for ordinary collections"),
    },
)

CATALOG = Table(
    "catalog",
    "One row per marketplace catalogue entry, by type and name, then upstream_url.",
    {
        "artifact_id": ARTIFACT_ID,
        "source_id": text("id of the marketplace source that lists it"),
        "artifact_type": text("the entry's type"),
        "name": text("the entry's name"),
        "path": text("where it is in the source's repository"),
        "upstream_url": text("URL of its folder upstream"),
        "description": text("what the catalogue says of it"),
        "status": text("new, imported, updated, removed or excluded, as stored"),
        "import_id": text("id of the import that took it, null where it was not imported"),
        "import_date": text("when it was imported, UTC"),
        "confidence_score": text("how sure SkillMeat's scan is that it is an artifact, 0 to 100"),
    },
)

SOURCES = Table(
    "sources",
    "One row per registered marketplace source, by id.",
    {
        "id": text("id of the source"),
        "repo_url": text("URL of its repository"),
        "owner": text("owner of the repository"),
        "repo_name": text("name of the repository"),
    },
)

GROUPS = Table(
    "groups",
    "One row per artifact in a group, by collection, artifact, name.",
    {
        "collection_id": text("id of the collection that the group belongs to"),
        "artifact_id": ARTIFACT_ID,
        "name": text("the group's name"),
    },
)

PROBLEMS = Table(
    "problems",
    "One row per thing that a loader could not use, in the order of the loaders.",
    {
        "kind": text(
            "manifest, mistyped, unrefreshable (values that SkillMeat loads and then fails on),"
            " repeated (an entry that the manifest holds twice), schema, older (a schema that"
            " lacks columns), integrity, undeclared, absolute or elsewhere (absolute paths: below"
            " the home, or outside of it)"
        ),
        "artifact_id": text("the artifact concerned, null where none is known"),
        "place": text("file (and line) below the home, null for the database"),
        "detail": text("what is wrong, in words"),
        "file_collection": text("the file collection whose manifest an edit would mend"),
        "key": text("the key to edit, a dotted path below the entry; empty for the entry itself"),
        "mend": text("what the key should hold, as JSON; null where nothing mends it safely"),
    },
)

CANDIDATES = Table(
    "candidates",
    "One row per manifest entry that may describe a cache row, the preferred entry first.",
    {
        "row": number("position in rows"),
        "entry": number("number in manifest"),
        "rank": number("0 for the preferred entry of the row"),
    },
)

_STATUS = text("missing, differs, extra, row-missing or row-orphan")
EVIDENCE = text("the layer that expected rests on: manifest, frontmatter or catalog")
_DISPOSITION = text("how safe the repair is: safe, fill, review or none")

CELLS = Table(
    "cells",
    "One row per disagreeing cell, in row order, then column order.",
    {
        "row": number("position in rows"),
        **ROW_KEY,
        "column": text("the column that disagrees"),
        "status": _STATUS,
        "expected": text("the value that the cell should hold, null for NULL"),
        "actual": text("the value that it holds, null for NULL"),
        "evidence": EVIDENCE,
        "disposition": _DISPOSITION,
        "detail": text("more about it in words, null where there is nothing to add"),
    },
)

REPAIRED = Table(
    "repaired",
    "One row per cell that a repair of this project wrote, synced_at included, whatever became of"
    " the cell since. The source is the journals in the state folder.",
    {
        "entry": number("numbers the written rows, from 0"),
        "run": text("id of the run that wrote it"),
        "committed": flag("False for a run that was interrupted"),
        "op": text("insert, update or delete"),
        **ROW_KEY,
        "written_at": text("the time that the run stamped on the row, UTC"),
        "column": text("the column written"),
        "before": text("what the cell held before, null for NULL"),
        "after": text("what the run wrote, null for NULL"),
    },
)

WRITER_COLUMNS = {
    "writer": text("the code path that last wrote the row"),
    "writer_confidence": text("how sure that is: certain, likely or unknown"),
}

WRITERS = Table(
    "writers",
    "One row per cache row, in the order of rows: which code path last wrote its values.",
    {
        **ROW_KEY,
        **WRITER_COLUMNS,
        "explanation": text("what shows it, in a sentence"),
        "run": text("id of the repair's run, null for other writers"),
    },
)

PAGES = Table(
    "pages",
    "One row per cache row, in the order of rows: what SkillMeat's pages show of it.",
    {
        **ROW_KEY,
        "tier": text("where the texts come from: row, manifest or reconstructed (artifacts table)"),
        "description": text("the description shown, null for none"),
        "source": text("the source shown; never null"),
        "origin": text("the origin shown"),
        "origin_source": text("the host shown"),
        "clickable": flag("True where the source is a link"),
        "obstacle": text("why the source is not clickable, null where it is"),
    },
)

PAGE_FACTS = Table(
    "page_facts",
    "One row per cache row, in the order of rows: what is wrong with its page, who knows better.",
    {
        **ROW_KEY,
        "state": text("blank (no description), not clickable (a known source), or right"),
        "blank": flag("True where the page shows no description"),
        "dead_link": flag("True where a known source cannot be clicked"),
        "in_manifest": flag("True where a manifest knows the description"),
        "in_file": flag("True where a front matter knows the description"),
        "in_catalog": flag("True where the catalogue knows the description"),
        "in_row": flag("True where any row of the artifact holds a description"),
        "has_entry": flag("False for a row without a manifest entry: an orphan"),
        "files_missing": flag("True where the files of the artifact's entry are missing"),
        "file": text("name of the artifact's own file, null without one"),
        "shows_wrong": flag("True where the page shows a wrong description, source or origin"),
        "wrong_but_right": flag("True where the row holds a wrong value that its page shows right"),
        "lacks_details": flag("True where tags, author, version … of the row are missing or wrong"),
        "blanked_next": number("values of the row that SkillMeat's next start or refresh blanks"),
    },
)

FINDINGS = Table(
    "findings",
    "One row per disagreement, by collection, artifact, rule, column.",
    {
        "rule": text("code of the rule, such as D001"),
        "severity": text("error, warning or info"),
        "collection_id": text("id of the collection, null for a finding about the whole cache"),
        "artifact_id": text("the artifact as type:name, null for a finding without one"),
        "column": text("the column that disagrees, null for a finding about a row or a file"),
        "status": _STATUS,
        "expected": text("the value that the cell should hold, null for NULL or where unknown"),
        "actual": text("the value that it holds, null for NULL"),
        "evidence": EVIDENCE,
        "disposition": _DISPOSITION,
        **WRITER_COLUMNS,
        "detail": text("more about it in words, null where there is nothing to add"),
    },
)
