"""S: source linkage, that is where an artifact came from and whether its source can be clicked."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.comparison import NO_FINDINGS, Comparison
from skillmeat_audit.diff.links import is_url, joined_key, look_up_last, repository_of, same_type
from skillmeat_audit.diff.registry import check
from skillmeat_audit.model.fields import HOSTLESS_ORIGINS
from skillmeat_audit.model.findings import Disposition, Severity

SOURCE, ORIGIN, ORIGIN_SOURCE = "source", "origin", "origin_source"
_PROVENANCE = (SOURCE, ORIGIN, ORIGIN_SOURCE)
# Statuses of catalogue entries that a search of the pages does not list.
_UNLISTED = ("removed", "excluded")


@check("S007", Severity.ERROR, explains=True)
def origin_pair_impossible(comparison: Comparison) -> pd.DataFrame:
    """Impossible pair of origin and origin source.

    Only marketplace artifacts have an origin source, and it is a host's name, never a URL. The
    server's start since 0.9.0 corrects one of the two and keeps the other; so would a repair of an
    origin alone, hence a pair that its origin makes impossible counts as well. Safe: what the
    manifest says is written, NULL where it says nothing.

    See docs/skillmeat.md#impossible-origin-pairs and docs/skillmeat.md#leftovers-of-older-homes.
    """
    origin, origin_source = comparison.row_value(ORIGIN), comparison.row_value(ORIGIN_SOURCE)
    repaired_origin = comparison.at_cells(comparison.manifest_value(ORIGIN))
    # After the repair of an origin alone, the origin source beside it would be the impossible one.
    hostless = is_in(origin, HOSTLESS_ORIGINS) | (
        is_in(repaired_origin, HOSTLESS_ORIGINS) & ~is_true(origin == "marketplace")
    )
    is_address = is_true(origin_source.str.contains("://", regex=False))
    wrong = (hostless & origin_source.notna()) | is_address
    in_column = is_true(comparison.cells["column"] == ORIGIN_SOURCE)
    findings = comparison.cell_findings_where(wrong & in_column)
    return findings.assign(disposition=Disposition.SAFE)


@check("S008", Severity.ERROR, explains=True)
def provenance_false(comparison: Comparison) -> pd.DataFrame:
    """False provenance: the row says marketplace, the manifest says otherwise.

    Since 2026-03-03 a *skipped* import writes source, origin and origin source of the catalogue's
    entry over whatever artifact of that name existed. Safe: what the manifest says is written, NULL
    where it says nothing. A description and tags that came with it are found by their own rules.

    See docs/skillmeat.md#skipped-imports-rewrite-provenance.

    Do: skillmeat-audit plan HOME --select S008 --disposition safe,review -o plan.json
    """
    manifest = comparison.at_cells(comparison.manifest_value(ORIGIN))
    imported = is_true(comparison.row_value(ORIGIN) == "marketplace")
    false = imported & is_true(manifest != "marketplace")
    in_columns = is_in(comparison.cells["column"], _PROVENANCE)
    findings = comparison.cell_findings_where(false & in_columns)
    disputed = findings["disposition"] == Disposition.REVIEW
    return findings.assign(disposition=findings["disposition"].where(disputed, Disposition.SAFE))


@check("S009", Severity.WARNING, explains=True)
def source_not_url(comparison: Comparison) -> pd.DataFrame:
    """Source is not a URL: ``type:name``, or ``owner/repo/path``.

    Older releases answered ``type:name`` where they knew no source, and some paths stored it; old
    adds stored their argument. Nothing can link to it. Safe where the manifest has the URL.

    See docs/skillmeat.md#type-and-name-as-source.

    Do: skillmeat-audit plan HOME --select S009 --disposition safe,review -o plan.json
    """
    row = comparison.snapshot.rows[SOURCE]
    not_url = is_true(row != "") & ~is_url(row)
    if not not_url.any():
        return NO_FINDINGS
    in_manifest_too = comparison.row_findings(
        comparison.agreeing(SOURCE, not_url),
        column=SOURCE,
        actual=row,
        disposition=Disposition.REVIEW,
        detail="the manifest says the same: correct it there",
    )
    return pd.concat([comparison.cell_findings_in(SOURCE, not_url), in_manifest_too])


@check("S010", Severity.WARNING)
def source_unregistered(comparison: Comparison) -> pd.DataFrame:
    """Source matches no registered marketplace source: not clickable.

    SkillMeat's pages link a source only if its repository is among the registered sources. Register
    it, and scan it once.

    See docs/skillmeat.md#what-pages-show.

    Do: register the repository as a marketplace source in SkillMeat, and scan it.
    """
    if not comparison.snapshot.cache.catalog_known:
        return NO_FINDINGS
    repository = comparison.repository
    registered = is_in(repository, _registered_sources(comparison)["repository"])
    return comparison.row_findings(
        repository.notna() & ~registered,
        column=SOURCE,
        actual=comparison.snapshot.rows[SOURCE],
        detail="no registered source is " + repository,
    )


@check("S011", Severity.WARNING)
def source_not_in_catalog(comparison: Comparison) -> pd.DataFrame:
    """Repository is registered, its catalogue has no such artifact: not clickable.

    The pages look for an entry of the same name and type in the source's catalogue. It was removed
    upstream, excluded, renamed on import (``name-1``), or is listed under another type.

    See docs/skillmeat.md#what-pages-show.

    Do: scan the source again; where the entry was renamed or excluded, import the artifact anew
    under its name.
    """
    if not comparison.snapshot.cache.catalog_known:
        return NO_FINDINGS
    repository = comparison.repository
    registered = is_in(repository, _registered_sources(comparison)["repository"])
    if not registered.any():
        return NO_FINDINGS
    entries = _catalog_with_repositories(comparison)
    status = look_up_last(
        joined_key(repository, comparison.snapshot.rows["artifact_id"]),
        joined_key(entries["repository"], entries["artifact_id"]),
        entries["status"].fillna(""),
    )
    detail = ("the catalogue marks it " + status).fillna("no catalogue entry of this name and type")
    return comparison.row_findings(
        registered & (status.isna() | is_in(status, _UNLISTED)),
        column=SOURCE,
        actual=comparison.snapshot.rows[SOURCE],
        detail=detail + " in " + repository,
    )


@check("S012", Severity.WARNING)
def catalog_link_broken(comparison: Comparison) -> pd.DataFrame:
    """Catalogue link is broken: the import id leads nowhere, or to another artifact.

    Rescans and resets forget import ids; a link script wrote ``type:name`` in their place, on which
    SkillMeat's pages fail. Import the artifact again from its source.

    See docs/skillmeat.md#import-ids-in-one-place and docs/skillmeat.md#broken-catalogue-links.

    Do: import the artifact again from its source.
    """
    snapshot = comparison.snapshot
    manifest, catalog = snapshot.manifest, snapshot.catalog
    if not snapshot.cache.catalog_known:
        return NO_FINDINGS
    import_id, ids = manifest["import_id"], same_type(manifest["artifact_id"])
    catalog_ids = same_type(catalog["artifact_id"])
    linked = is_in(joined_key(ids, import_id), joined_key(catalog_ids, catalog["import_id"]))
    unlinked = import_id.notna() & ~linked
    poisoned = catalog_ids[is_true(catalog["import_id"].str.contains(":"))]
    detail = pd.Series(pd.NA, index=ids.index, dtype="string")
    detail = detail.mask(unlinked, "no catalogue entry has import id " + import_id)
    foreign = unlinked & is_in(import_id, catalog["import_id"])
    detail = detail.mask(foreign, "import id " + import_id + " belongs to other catalogue entries")
    detail = detail.mask(is_in(ids, poisoned), "its catalogue entry has a type:name as import id")
    return comparison.entry_findings(detail.notna(), detail=detail)


def _registered_sources(comparison: Comparison) -> pd.DataFrame:
    """Return the registered sources with their ``repository``."""
    sources = comparison.snapshot.cache.sources
    named = sources["owner"] + "/" + sources["repo_name"]
    return sources.assign(repository=named.fillna(repository_of(sources["repo_url"])))


def _catalog_with_repositories(comparison: Comparison) -> pd.DataFrame:
    """Return ``artifact_id``, ``status`` and ``repository`` of each entry of the catalogue.

    Entries that pages show are the last.
    """
    sources = _registered_sources(comparison)
    source_ids = comparison.snapshot.catalog["source_id"]
    repositories = look_up_last(source_ids, sources["id"], sources["repository"])
    catalog = comparison.snapshot.catalog[["artifact_id", "status"]]
    catalog = catalog.assign(repository=repositories)
    unlisted = is_in(catalog["status"], _UNLISTED)
    # `look_up_last` takes the last occurrence: an entry that is listed counts more.
    return pd.concat([catalog[unlisted], catalog[~unlisted]], ignore_index=True)
