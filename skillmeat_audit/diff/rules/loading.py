"""L and X: what could not be read, and what is wrong with the database itself."""

from skillmeat_audit.base.columns import join_texts
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.problems import problem_findings
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts, findings_of
from skillmeat_audit.model.findings import Disposition, Severity


@check("L001", Severity.ERROR)
def manifest_unreadable(comparison: Comparison) -> Parts:
    """Manifest is unreadable to SkillMeat.

    One entry that its validation refuses hides the whole collection: the server's start skips it,
    and every refresh of its artifacts fails without a message. The detail names file, line, entry,
    key and reason. Entries of the same file that are valid are still audited; rows are not reported
    as orphans while a manifest hides which entries it has. An ``origin_source`` that is a URL, or
    belongs to no marketplace artifact, is mended by a plan; plan once more after it is applied.

    See docs/skillmeat.md#one-entry-hides-a-collection.

    Do: skillmeat-audit plan HOME --select L001 -o plan.json, where a plan mends the entry; else
    correct the key that the detail names.
    """
    return problem_findings(comparison, "manifest")


@check("L002", Severity.WARNING)
def manifest_unsavable(comparison: Comparison) -> Parts:
    """Manifest loads but cannot be saved: an entry has ``linked_artifacts``.

    Any change SkillMeat makes to the collection then fails. Remove the key from the entry.

    See docs/skillmeat.md#manifest-cannot-be-saved.

    Do: remove the key linked_artifacts from the entry that the detail names.
    """
    linked = is_true(comparison.snapshot.manifest["linked"]).to_numpy()
    if not linked.any():
        return NO_FINDINGS
    collection = comparison.entry_texts["file_collection"]
    where = "/collection.toml: metadata.linked_artifacts"
    return comparison.entry_findings(linked, detail=join_texts("collections/", collection, where))


@check("L003", Severity.WARNING)
def settings_unreadable(comparison: Comparison) -> Parts:
    """SkillMeat's settings are unreadable, so the active collection is a guess.

    Where several file collections declare the same artifact, the active one is preferred; without
    ``config.toml`` that is taken to be ``default``.

    Do: correct config.toml, or set the active collection anew: skillmeat active-collection NAME.
    """
    reason = comparison.snapshot.home.settings_problem
    if reason is None:
        return NO_FINDINGS
    return findings_of([{"detail": reason, "disposition": Disposition.NONE}])


@check("L004", Severity.ERROR)
def manifest_value_mistyped(comparison: Comparison) -> Parts:
    """Manifest value has a type that SkillMeat loads and then fails on.

    TOML reads ``version = 1.10`` as a number, and an ``author`` copied from front matter may be a
    table; SkillMeat takes only text there, and lists of text for tags and dependencies. Numbers and
    dates make its answers fail with error 500; lists and tables stop the refresh of the whole
    collection too. The detail names line, entry, key and consequence. A plan writes the value as
    text, ``version = "1.10"``, where nothing is lost by it.

    See docs/skillmeat.md#values-of-a-wrong-type.

    Do: skillmeat-audit plan HOME --select L004 -o plan.json, where nothing is lost; else write the
    value as text, as the detail shows.
    """
    unrefreshable = problem_findings(comparison, "unrefreshable")
    return problem_findings(comparison, "mistyped") + unrefreshable


@check("X001", Severity.ERROR)
def schema_mixed(comparison: Comparison) -> Parts:
    """Schema belongs to no single release: a migration stopped, or a newer release opened it.

    SkillMeat creates tables that are missing and never alters those that exist, so caches mix eras.
    Rows are audited all the same, by the columns that exist.

    See docs/skillmeat.md#half-migrated-schemas.

    Do: finish the migration with the newest release that has opened the database, or let SkillMeat
    build a new cache.
    """
    return problem_findings(comparison, "schema")


@check("X002", Severity.ERROR)
def database_damaged(comparison: Comparison) -> Parts:
    """SQLite's integrity or foreign-key check fails.

    Copy the database before anything else. Foreign keys break where a tool wrote without
    ``PRAGMA foreign_keys``; the cache itself can be rebuilt by SkillMeat from the manifests.

    Do: copy cache.db, move it aside, and let SkillMeat build a new one from the manifests.
    """
    return problem_findings(comparison, "integrity")


@check("X003", Severity.ERROR)
def schema_lacks_columns(comparison: Comparison) -> Parts:
    """Pages will answer error 500 once you upgrade to SkillMeat 0.74.0: columns are missing.

    SkillMeat adds no column to a table that exists, so a database of an older release stays as it
    was made: under 0.74.0 almost all pages fail, and the server's start copies no manifest into the
    cache. The release that made the database can use it: nothing fails before the upgrade, and it
    is an error because nothing warns of it. Accept it in a baseline, or ignore the rule, where no
    upgrade is planned. Before an upgrade, move ``cache.db`` aside
    and let the new release build one from the manifests; groups, user collections and marketplace
    sources are in the old one only.

    See docs/skillmeat.md#half-migrated-schemas.

    Do: before an upgrade, move cache.db aside and let the new release build one; else accept the
    finding in a baseline.
    """
    prefix = "the release that made the database can use it; "
    return problem_findings(comparison, "older", prefix)


@check("X004", Severity.INFO)
def enterprise_lacks_columns(comparison: Comparison) -> Parts:
    """Enterprise database stores less than the cache of a home.

    SkillMeat enterprise stores description, source and tags of an artifact. Origin, author,
    license, version, tools and resolved versions have no columns in any release; older releases
    lack descriptions in the catalogue, stored files, or the catalogue itself. That is no fault of
    the database: the finding says what an audit without findings does not tell.

    See docs/skillmeat.md#enterprise.

    Do: nothing; an upgrade of SkillMeat adds what the detail says that a newer release has.
    """
    return problem_findings(comparison, "absent")


@check("X005", Severity.WARNING)
def tenants_not_separated(comparison: Comparison) -> Parts:
    """Row-level security of an enterprise database does not hold for the role of this audit.

    The role is a superuser or has BYPASSRLS, it owns tables on which security is not forced, or a
    table has none. The audit chose the rows of its tenant by ``tenant_id``, so that it saw no
    others; whatever else connects as this role is kept back by nothing. Audit as a role that may
    only read, and let SkillMeat's migrations force row-level security (since 0.31).

    See docs/skillmeat.md#enterprise.

    Do: audit as a role that may only read.
    """
    return problem_findings(comparison, "unsecured")
