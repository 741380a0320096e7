"""S: source linkage, that is where an artifact came from and whether its source can be clicked."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.links import is_url, joined_key, look_up_last, repository_of, same_type
from skillmeat_audit.diff.registry import NOTHING, rule
from skillmeat_audit.diff.rules.select import (
    at_cells,
    cell_findings,
    cell_findings_where,
    entry_findings,
    manifest_value,
    odd_cell_findings,
    row_findings,
    row_value,
    undisputed,
)
from skillmeat_audit.model.fields import HOSTLESS_ORIGINS
from skillmeat_audit.model.findings import Disposition, Severity, Status

SOURCE, ORIGIN, ORIGIN_SOURCE = "source", "origin", "origin_source"
_PROVENANCE = (SOURCE, ORIGIN, ORIGIN_SOURCE)
_GONE = ("removed", "excluded")


@rule("S001", Severity.ERROR)
def S001(comparison: Comparison) -> pd.DataFrame:
    """Source missing although the manifest or the catalogue knows it.

    The rows of batch import and reimport before 2026-02-10 (§7.1), of adds to user collections
    (§7.49) and of early bundle installs (§7.5) have none. Safe where the manifest has an upstream.
    """
    return cell_findings(comparison, SOURCE, Status.MISSING)


@rule("S002", Severity.ERROR)
def S002(comparison: Comparison) -> pd.DataFrame:
    """Source differs from the manifest's upstream.

    A reimport before 2026-02-10 kept the old value (§7.2); a rescan moved the manifest to another
    branch (§7.23). Safe.
    """
    return cell_findings(comparison, SOURCE, Status.DIFFERS)


@rule("S003", Severity.ERROR)
def S003(comparison: Comparison) -> pd.DataFrame:
    """Origin missing.

    Every manifest entry has one, so only paths that write no metadata leave it out. Safe.
    """
    return cell_findings(comparison, ORIGIN, Status.MISSING)


@rule("S004", Severity.ERROR)
def S004(comparison: Comparison) -> pd.DataFrame:
    """Origin differs from the manifest's.

    The artifact was added again from elsewhere and the row was not refreshed. Safe.
    """
    return cell_findings(comparison, ORIGIN, Status.DIFFERS)


@rule("S005", Severity.ERROR)
def S005(comparison: Comparison) -> pd.DataFrame:
    """Origin source missing.

    The server's start since 0.9.0 never writes it (§7.32). Safe where the manifest has it; else it
    is told by the host of the source, and filled.
    """
    return cell_findings(comparison, ORIGIN_SOURCE, Status.MISSING)


@rule("S006", Severity.ERROR)
def S006(comparison: Comparison) -> pd.DataFrame:
    """Origin source differs from the manifest's, or from the host of the source.

    Imports write ``github`` whatever the host is (§5 W6). Safe where the manifest has it.
    """
    return cell_findings(comparison, ORIGIN_SOURCE, Status.DIFFERS)


@rule("S007", Severity.ERROR, explains=True)
def S007(comparison: Comparison) -> pd.DataFrame:
    """Impossible pair of origin and origin source.

    Only marketplace artifacts have an origin source, and it is a host's name, never a URL (§7.38).
    The server's start since 0.9.0 corrects one of the two and keeps the other (§7.48); so would a
    repair of an origin alone, hence a pair that its origin makes impossible counts as well. Safe:
    what the manifest says is written, NULL where it says nothing.
    """
    origin, origin_source = row_value(comparison, ORIGIN), row_value(comparison, ORIGIN_SOURCE)
    mended = at_cells(comparison, manifest_value(comparison, ORIGIN))
    hostless = is_in(origin, HOSTLESS_ORIGINS) | (
        is_in(mended, HOSTLESS_ORIGINS) & ~is_true(origin == "marketplace")
    )
    foreign = hostless & origin_source.notna()
    column = comparison.cells["column"]
    wrong = (foreign | is_true(origin_source.str.contains("://", regex=False))) & is_true(
        column == ORIGIN_SOURCE
    )
    return cell_findings_where(comparison, wrong).assign(disposition=Disposition.SAFE)


@rule("S008", Severity.ERROR, explains=True)
def S008(comparison: Comparison) -> pd.DataFrame:
    """False provenance: the row says marketplace, the manifest says otherwise.

    Since 2026-03-03 a *skipped* import stamps source, origin and origin source of the catalogue's
    entry on whatever artifact of that name was there before (§7.28). Safe: what the manifest says
    is written, NULL where it says nothing. A description and tags that came with it are told by
    their own rules.
    """
    manifest = at_cells(comparison, manifest_value(comparison, ORIGIN))
    false = is_true(row_value(comparison, ORIGIN) == "marketplace") & is_true(
        manifest != "marketplace"
    )
    found = cell_findings_where(comparison, false & is_in(comparison.cells["column"], _PROVENANCE))
    disputed = found["disposition"] == Disposition.REVIEW
    return found.assign(disposition=found["disposition"].where(disputed, Disposition.SAFE))


@rule("S009", Severity.WARNING, explains=True)
def S009(comparison: Comparison) -> pd.DataFrame:
    """Source is not a URL: ``type:name``, or ``owner/repo/path``.

    Older releases answered ``type:name`` where they knew no source, and some paths stored it
    (§7.4); old adds stored their argument. Nothing can link to it. Safe where the manifest has the
    URL.
    """
    row = comparison.snapshot.rows[SOURCE]
    odd = is_true(row != "") & ~is_url(row)
    if not odd.any():
        return NOTHING
    elsewhere = row_findings(
        comparison, undisputed(comparison, SOURCE, odd), column=SOURCE, actual=row,
        disposition=Disposition.REVIEW, detail="the manifest says the same: mend it there",
    )  # fmt: skip
    return pd.concat([odd_cell_findings(comparison, SOURCE, odd), elsewhere])


@rule("S010", Severity.WARNING)
def S010(comparison: Comparison) -> pd.DataFrame:
    """Source matches no registered marketplace source: not clickable.

    SkillMeat's pages link a source only if its repository is among the registered sources. Register
    it, and scan it once.
    """
    if not comparison.snapshot.catalog_known:
        return NOTHING
    known = _known_repositories(comparison)["repository"]
    repository = comparison.repository
    detail = "no registered source is " + repository
    return row_findings(
        comparison, repository.notna() & ~is_in(repository, known), column=SOURCE,
        actual=comparison.snapshot.rows[SOURCE], detail=detail,
    )  # fmt: skip


@rule("S011", Severity.WARNING)
def S011(comparison: Comparison) -> pd.DataFrame:
    """Repository is registered, its catalogue has no such artifact: not clickable.

    The pages look for an entry of the same name and type in the source's catalogue. It was removed
    upstream, excluded, renamed on import (``name-1``), or is listed under another type.
    """
    if not comparison.snapshot.catalog_known:
        return NOTHING
    repository = comparison.repository
    registered = is_in(repository, _known_repositories(comparison)["repository"])
    if not registered.any():
        return NOTHING
    entries = _catalog_entries(comparison)
    key = joined_key(entries["repository"], entries["artifact_id"])
    asked = joined_key(repository, comparison.snapshot.rows["artifact_id"])
    status = look_up_last(asked, key, entries["status"].fillna(""))
    detail = ("the catalogue marks it " + status).fillna("no catalogue entry of this name and type")
    return row_findings(
        comparison, registered & (status.isna() | is_in(status, _GONE)), column=SOURCE,
        actual=comparison.snapshot.rows[SOURCE], detail=detail + " in " + repository,
    )  # fmt: skip


@rule("S012", Severity.WARNING)
def S012(comparison: Comparison) -> pd.DataFrame:
    """Catalogue link is broken: the import id leads nowhere, or to another artifact.

    Rescans and resets forget import ids; a link script wrote ``type:name`` in their place, on which
    SkillMeat's pages fail (§7.14, 7.51). Import the artifact again from its source.
    """
    snapshot = comparison.snapshot
    manifest, catalog = snapshot.manifest, snapshot.catalog
    if not snapshot.catalog_known:
        return NOTHING
    import_id, ids = manifest["import_id"], same_type(manifest["artifact_id"])
    own = is_in(
        joined_key(ids, import_id),
        joined_key(same_type(catalog["artifact_id"]), catalog["import_id"]),
    )
    odd = is_true(catalog["import_id"].str.contains(":"))
    poisoned = same_type(catalog.loc[odd, "artifact_id"])
    detail = pd.Series(pd.NA, index=ids.index, dtype="string")
    detail = detail.mask(import_id.notna() & ~own, "no catalogue entry has import id " + import_id)
    foreign = import_id.notna() & ~own & is_in(import_id, catalog["import_id"])
    detail = detail.mask(foreign, "import id " + import_id + " belongs to other catalogue entries")
    detail = detail.mask(is_in(ids, poisoned), "its catalogue entry has a type:name as import id")
    return entry_findings(comparison, detail.notna(), detail=detail)


@rule("S013", Severity.WARNING)
def S013(comparison: Comparison) -> pd.DataFrame:
    """Source in the row only: no other layer knows it.

    A bundle's repository, or left by an older entry of the same name (§7.5). Nothing is written.
    """
    return cell_findings(comparison, SOURCE, Status.EXTRA)


@rule("S014", Severity.WARNING)
def S014(comparison: Comparison) -> pd.DataFrame:
    """Origin source in the row only: the manifest has none.

    Imports write ``github`` whatever the manifest says (§5 W6). Nothing is written.
    """
    return cell_findings(comparison, ORIGIN_SOURCE, Status.EXTRA)


def _known_repositories(comparison: Comparison) -> pd.DataFrame:
    sources = comparison.snapshot.sources
    named = sources["owner"] + "/" + sources["repo_name"]
    return sources.assign(repository=named.fillna(repository_of(sources["repo_url"])))


def _catalog_entries(comparison: Comparison) -> pd.DataFrame:
    """Return the catalogue with each entry's repository, entries that can be shown last."""
    sources = _known_repositories(comparison)
    catalog = comparison.snapshot.catalog
    repositories = look_up_last(catalog["source_id"], sources["id"], sources["repository"])
    named = catalog.assign(repository=repositories)
    gone = is_in(catalog["status"], _GONE)
    return pd.concat([named[gone], named[~gone]], ignore_index=True)
