"""L and X: what could not be read, and what is wrong with the database itself."""

import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.registry import FOUND, NOTHING, rule
from skillmeat_audit.diff.rules.select import entry_findings, problem_findings
from skillmeat_audit.model.findings import Disposition, Severity


@rule("L001", Severity.ERROR)
def L001(comparison: Comparison) -> pd.DataFrame:
    """Manifest is unreadable to SkillMeat.

    One entry that its validation refuses hides the whole collection: the server's start skips it,
    and every refresh of its artifacts fails without a word. The detail names file, line, entry, key
    and reason. Entries of the same file that are valid are still audited; rows are not called
    orphans while a manifest hides which entries it has.
    """
    return problem_findings(comparison, "manifest")


@rule("L002", Severity.WARNING)
def L002(comparison: Comparison) -> pd.DataFrame:
    """Manifest loads but cannot be saved: an entry has ``linked_artifacts``.

    Any change SkillMeat makes to the collection then fails (§7.52). Take the key out of the entry.
    """
    manifest = comparison.snapshot.manifest
    if not is_true(manifest["linked"]).any():
        return NOTHING
    place = (
        "collections/" + manifest["file_collection"] + "/collection.toml: metadata.linked_artifacts"
    )
    return entry_findings(comparison, manifest["linked"], detail=place)


@rule("L003", Severity.WARNING)
def L003(comparison: Comparison) -> pd.DataFrame:
    """SkillMeat's settings are unreadable, so the active collection is a guess.

    Where several file collections declare the same artifact, the active one is preferred; without
    ``config.toml`` that is taken to be ``default``.
    """
    reason = comparison.snapshot.home.settings_problem
    if reason is None:
        return NOTHING
    return FOUND.from_records([{"detail": reason, "disposition": Disposition.NONE}])


@rule("X001", Severity.ERROR)
def X001(comparison: Comparison) -> pd.DataFrame:
    """Schema is of no single release: a migration stopped half way, or a newer release opened it.

    SkillMeat creates tables that are missing and never alters those that exist (§7.15, 7.54), so
    caches mix eras. Rows are audited all the same, by the columns that are there.
    """
    return problem_findings(comparison, "schema")


@rule("X002", Severity.ERROR)
def X002(comparison: Comparison) -> pd.DataFrame:
    """SQLite's integrity or foreign-key check fails.

    Copy the database before anything else. Foreign keys break where a tool wrote without
    ``PRAGMA foreign_keys``; the cache itself can be rebuilt by SkillMeat from the manifests.
    """
    return problem_findings(comparison, "integrity")
