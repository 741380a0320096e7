"""Small text builders for snapshots: say only what a test is about."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.values import Audit
from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.diff.provenance.verdicts import attribute
from skillmeat_audit.diff.registry import run_checks
from skillmeat_audit.diff.rules import CHECKS
from skillmeat_audit.model.changes import CellChange, Change
from skillmeat_audit.model.fields import COLUMNS, STAMP, stem_of
from skillmeat_audit.model.findings import Evidence
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.snapshot import Cache, Snapshot
from skillmeat_audit.model.tables import (
    CATALOG,
    COLLECTIONS,
    FRONTMATTER,
    GROUPS,
    KEY,
    MANIFEST,
    PROBLEMS,
    REPAIRED,
    ROWS,
    SOURCES,
)

Record = dict[str, object]
Records = list[Record] | tuple[()]

# A name that would do harm wherever it is shown raw.
HOSTILE = "skill:<b>\x1b[31m\u202eevil\nname\x9b"
UPSTREAM = "https://github.com/acme/kit/tree/main/skills/alpha"


def entry(artifact_id: str = "skill:alpha", place: str = "default", **values: object) -> Record:
    """Return a manifest entry of file collection *place*; origin is local unless said."""
    kind, _, name = artifact_id.partition(":")
    return {
        "artifact_id": artifact_id,
        "stem": stem_of(artifact_id),
        "name": name,
        "type": kind,
        "file_collection": place,
        "path": f"{kind}s/{name}",
        "added": "2026-01-01T00:00:00",
        "origin": "local",
        "linked": False,
    } | values


def imported(artifact_id: str = "skill:alpha", place: str = "default", **values: object) -> Record:
    """Return the entry of an artifact imported from the marketplace."""
    market = {"origin": "marketplace", "origin_source": "github", "source": UPSTREAM}
    return entry(artifact_id, place, **(market | values))


def row(
    artifact_id: str | None = "skill:alpha", collection: str = "default", **values: object
) -> Record:
    """Return a bare cache row."""
    return {
        "collection_id": collection,
        "artifact_id": artifact_id,
        "stem": None if artifact_id is None else stem_of(artifact_id),
        "has_artifact": True,
        "added_at": "2026-02-10 09:00:00.000000",
    } | values


def synced(said: Record, collection: str = "default", **values: object) -> Record:
    """Return the row that a refresh would leave for the manifest entry *said*."""
    columns = {name: said[name] for name in ROWS.columns if name in said}
    bare = row(str(said["artifact_id"]), collection, synced_at="2026-02-10 10:00:00.000000")
    return bare | columns | values


def snapshot(
    entries: Records = (),
    rows: Records = (),
    *,
    written: dict[str, Record] | None = None,
    catalog: Records = (),
    sources: Records = (),
    collections: tuple[tuple[str, str], ...] = (("default", "Default Collection"), ("t1", "Team")),
    groups: Records = (),
    problems: Records = (),
    era: str = "artifact_id",
    active: str = "default",
    **values: object,
) -> Snapshot:
    """Return a snapshot; *written* is the front matter by artifact id, else there is none."""
    entries = [{"entry": number} | each for number, each in enumerate(entries)]
    own = [
        {"entry": each["entry"], "state": "absent", "fenced": False}
        | (
            {"state": "read", "fenced": True} | written[str(each["artifact_id"])]
            if written and each["artifact_id"] in written
            else {}
        )
        for each in entries
    ]
    cache_fields = values.keys() & {"identity", "columns", "catalog_known"}
    of_cache = {name: values.pop(name) for name in cache_fields}
    cache = Cache(
        era=era,
        identity="x",
        columns=frozenset({*COLUMNS, STAMP}),
        rows=ROWS.from_records(rows).sort_values(list(KEY), ignore_index=True),
        collections=COLLECTIONS.from_records([{"id": id_, "name": n} for id_, n in collections]),
        catalog=CATALOG.from_records(catalog),
        sources=SOURCES.from_records(sources),
        groups=GROUPS.from_records(groups),
        catalog_known=bool(sources or catalog),
    )
    facts = {
        "home": Home(Path("/home/x/.skillmeat"), "sqlite:///x", active),
        "manifest": MANIFEST.from_records(entries),
        "frontmatter": FRONTMATTER.from_records(own),
        "problems": PROBLEMS.from_records(problems),
        "may_hide_entries": False,
    }
    return Snapshot(cache=replace(cache, **of_cache), **(facts | values))


def known(artifact_id: str = "skill:alpha", url: str = UPSTREAM, **values: object) -> Record:
    """Return a catalogue entry of source s1."""
    kind, _, name = artifact_id.partition(":")
    return {
        "artifact_id": artifact_id,
        "artifact_type": kind,
        "name": name,
        "source_id": "s1",
        "upstream_url": url,
        "status": "imported",
    } | values


def repaired(*writes: Record) -> pd.DataFrame:
    """Return what repairs wrote, each as `wrote` says it."""
    return REPAIRED.from_records(
        [
            {name: value for name, value in written.items() if name not in ("before", "after")}
            | {"entry": entry, "column": column, "after": after}
            | {"before": written["before"].get(column)}
            for entry, written in enumerate(writes)
            for column, after in written["after"].items()
        ]
    )


def wrote(before: Record, **after: object) -> Record:
    """Return what a run wrote over the row *before*; ``synced_at`` is the run's time."""
    return {
        "run": "r1",
        "committed": True,
        "op": "update",
        "written_at": after["synced_at"],
        "collection_id": before["collection_id"],
        "artifact_id": before["artifact_id"],
        "before": before,
        "after": after,
    }


SOURCE = {
    "id": "s1",
    "repo_url": "https://github.com/acme/kit",
    "owner": "acme",
    "repo_name": "kit",
}


def audited(snap: Snapshot) -> Audit:
    """Return the audit of a snapshot."""
    comparison = compare(snap)
    writers = attribute(comparison)
    found = run_checks(CHECKS, comparison, writers)
    return Audit(snap, comparison, writers, found, found.head(0))


# What would do harm in one format or another: markup, formulas, commands, labels, controls.
TRAPS = (
    '<img src=x onerror="alert(1)">',
    "a|b`c` [x](javascript:alert(1)) ![y](https://e.example/z)",
    "=HYPERLINK(1)",
    "::set-output name=a::b\n::error::c",
    '"} 1\nfake_metric 2',
    "]]><evil/>",
    "{{ 7*7 }}{% raw %}",
    "\x00\x08\x1b[31m\u202e\u2028\ufffe",
    "@everyone #1 www.e.example $x$",
)


def trapped() -> Snapshot:
    """Return a snapshot whose every text from outside is a trap."""
    entries, rows = [], []
    for number, trap in enumerate(TRAPS):
        artifact = f"skill:{number}{trap}"
        said = imported(artifact, name=trap, path=trap, description=trap, author=trap, source=trap)
        entries.append(said)
        rows.append(row(artifact, author=f"other {trap}"))
        rows.append(row(trap, "t1", description=trap))
    names = (("default", TRAPS[0]), ("t1", TRAPS[1]))
    return snapshot(entries, rows, collections=names, home=Home(Path(f"/h/{TRAPS[4]}"), None, ""))


def update_of(artifact_id, before, after, collection="default"):
    """Return an update of one row, whose cells are as safe as can be."""
    return Change(
        "update",
        collection,
        artifact_id,
        {
            column: CellChange(before[column], after[column], ["D001"], Evidence.MANIFEST, "safe")
            for column in after
        },
    )
