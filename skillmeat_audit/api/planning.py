"""Decides what a repair would write: makes the document of a plan from findings."""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, cast

import pandas as pd

from skillmeat_audit.base.atomic_write import write_whole
from skillmeat_audit.base.block_diff import block_diff
from skillmeat_audit.base.confined import name_bytes, name_text
from skillmeat_audit.base.errors import DatabaseError, HomeError, StateError, UsageError
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.garbage import without_gc
from skillmeat_audit.base.text import is_utf8, printable
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.manifest_repairs import (
    entries_of_rows,
    manifest_fills,
    manifest_mends,
)
from skillmeat_audit.loaders.home import find_home
from skillmeat_audit.loaders.manifest_files import load_manifest_documents
from skillmeat_audit.model.changes import Change, PlanDocument
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import PLANNABLE, WRITABLE
from skillmeat_audit.model.manifest_edits import (
    ManifestDiff,
    PreparedManifest,
)
from skillmeat_audit.repair.manifest_plan import (
    ManifestRepairs,
    PlannedEdit,
    chosen_edits,
    follow_edits,
    manifest_changes,
)
from skillmeat_audit.repair.manifests import prepare_manifest
from skillmeat_audit.repair.plan import changes_from, encode_plan, load_plan
from skillmeat_audit.schema.shape import Era

READ_ONLY = (
    "nothing can be planned for an enterprise database: it is only read, because SkillMeat "
    "enterprise stores no manifests from which a repair could be proved"
)
# What a plan may write.
TARGETS = ("manifests", "rows")


@dataclass(frozen=True)
class PlanScope:
    """What a plan may repair, and where.

    ``dispositions`` are those that it takes; orphaned rows are deleted only with ``deletes``;
    ``targets`` are `TARGETS` or one of them.
    """

    dispositions: Sequence[str] = WRITABLE
    deletes: bool = False
    targets: Collection[str] = TARGETS


class PlanDraft(NamedTuple):
    """What a plan would write, as far as that shows without reading a manifest again."""

    changes: list[Change]
    edits: list[PlannedEdit]

    @property
    def manifests(self) -> list[str]:
        """The file collections whose manifest is edited, by name."""
        return sorted({edit.file_collection for edit in self.edits})


@dataclass(frozen=True)
class PlanSources:
    """What all plans of one comparison are made from, computed once."""

    comparison: Comparison

    @cached_property
    def repairs(self) -> ManifestRepairs:
        """What may be edited in manifests."""
        fills, mends = manifest_fills(self.comparison), manifest_mends(self.comparison)
        return ManifestRepairs(fills, mends, entries_of_rows(self.comparison))


@without_gc()
def make_plan(
    sources: PlanSources, findings: pd.DataFrame, scope: PlanScope
) -> tuple[PlanDocument, str]:
    """Return the plan that repairs *findings*, and the cache's address with its credentials.

    Its preconditions are what the manifests hold now. Raises what `draft_plan` does.
    """
    draft, snapshot = draft_plan(sources, findings, scope), sources.comparison.snapshot
    url = str(snapshot.home.database)
    document = PlanDocument(
        schema_="skillmeat-audit/plan/2",
        # Resolved, because a plan may be applied from another folder.
        home=_portable_path(snapshot.home.root.resolve()),
        # A plan is a file that is mailed and reviewed.
        database=without_password(url),
        identity=str(snapshot.cache.identity),
        era=cast("Era", snapshot.era),
        manifests=manifest_changes(
            draft.edits, load_manifest_documents(snapshot.home, draft.manifests)
        ),
        changes=draft.changes,
    )
    return document, url


def draft_plan(sources: PlanSources, findings: pd.DataFrame, scope: PlanScope) -> PlanDraft:
    """Return what the plan that repairs *findings* would write; no manifest is read for it.

    Raises `UsageError` for a *scope* that does not exist, `DatabaseError` where nothing can be
    repaired.
    """
    if unknown := sorted(set(scope.targets) - set(TARGETS)):
        raise UsageError(f"a plan cannot write {printable(unknown[0])}: rows and manifests only")
    if unknown := sorted(set(scope.dispositions) - set(PLANNABLE)):
        choices = ", ".join(sorted(PLANNABLE))
        raise UsageError(
            f"disposition {printable(unknown[0])} cannot be planned; choose from {choices}"
        )
    snapshot = sources.comparison.snapshot
    if snapshot.home.tenant is not None:
        raise DatabaseError(READ_ONLY)
    if None in (snapshot.home.database, snapshot.cache.identity, snapshot.era):
        raise DatabaseError("there is no cache to repair: start SkillMeat once to build it")
    return planned_changes(sources, findings, scope)


@without_gc()
def planned_changes(sources: PlanSources, findings: pd.DataFrame, scope: PlanScope) -> PlanDraft:
    """Return the changes of rows that repair *findings*, and the edits that make them last.

    Without manifests as a target there are no edits, without rows no changes.
    """
    snapshot = sources.comparison.snapshot
    # An older schema lacks some columns: in ROWS they are null, in the database there is nothing to
    # write.
    rows = snapshot.rows.drop(
        columns=[name for name in COLUMNS if name not in snapshot.cache.columns]
    )
    changes = changes_from(
        findings, sources.comparison.inserts, rows, scope.dispositions, deletes=scope.deletes
    )
    if "manifests" not in scope.targets:
        return PlanDraft(changes, [])
    edits = chosen_edits(findings, changes, sources.repairs, set(scope.dispositions))
    if "rows" not in scope.targets:
        return PlanDraft([], edits)
    return PlanDraft(follow_edits(changes, edits, sources.repairs.entries, snapshot.rows), edits)


def manifest_diffs(document: PlanDocument) -> tuple[ManifestDiff, ...]:
    """Return what a plan would change in each manifest, as it is now."""
    # From the files, not from the audit: a plan shows what applying it now would change.
    collections = Path(native_path(document.home)) / "collections"
    return tuple(_diff(prepare_manifest(collections, each)) for each in document.manifests)


def _diff(manifest: PreparedManifest) -> ManifestDiff:
    before, after = (
        content.decode("utf-8", "replace").splitlines()
        for content in (manifest.before, manifest.after)
    )
    lines = block_diff(before, after, manifest.path, "[[artifacts]]")
    return ManifestDiff(manifest.path, tuple(lines), manifest.skipped)


def open_plan(path: Path, database: PathLike | None) -> tuple[PlanDocument, str]:
    """Return the plan in *path* and the cache's address, that of *database* where it is given."""
    return locate_plan(load_plan(path), database)


def locate_plan(document: PlanDocument, database: PathLike | None) -> tuple[PlanDocument, str]:
    """Return *document* and the cache's address, that of *database* where it is given."""
    home = find_home(native_path(document.home), database or document.database)
    return document, str(home.database)


def save_plan(document: PlanDocument, path: Path) -> Path:
    """Write *document* as JSON to *path* and return that; raise `StateError`."""
    try:
        write_whole(path, encode_plan(document))
    except OSError as exc:
        raise StateError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
    return path


def _portable_path(path: os.PathLike[str]) -> str:
    """Return the bytes of *path* as UTF-8 text, whatever the locale; raise `HomeError`."""
    text = name_text(os.fspath(path))
    if not is_utf8(text):
        raise HomeError(
            f"a plan cannot hold the path {printable(path)}: it is not UTF-8; rename it"
        )
    return text


def native_path(text: str) -> str:
    """Return the path that a plan holds as *text*, decoded as Python does in this locale."""
    return os.fsdecode(name_bytes(text))
