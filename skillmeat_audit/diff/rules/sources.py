"""S: source linkage, that is where an artifact came from and whether its source can be clicked."""

import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import from_arrow, to_arrow, to_mask
from skillmeat_audit.base.columns import (
    choose,
    equals,
    is_among,
    is_present,
    join_texts,
    matches,
    unequal,
)
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.links import is_url, joined_key, look_up_last, repository_of, same_type
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts
from skillmeat_audit.model.fields import HOSTLESS_ORIGINS
from skillmeat_audit.model.findings import Disposition, Severity

SOURCE, ORIGIN, ORIGIN_SOURCE = "source", "origin", "origin_source"
_PROVENANCE = (SOURCE, ORIGIN, ORIGIN_SOURCE)
# Statuses of catalogue entries that a search of the pages does not list.
_UNLISTED = ("removed", "excluded")
_ABSENT = "no catalogue entry of this name and type"


@check("S007", Severity.ERROR, explains=True)
def origin_pair_impossible(comparison: Comparison) -> Parts:
    """Impossible pair of origin and origin source.

    Only marketplace artifacts have an origin source, and it is a host's name, never a URL. The
    server's start since 0.9.0 corrects one of the two and keeps the other; so would a repair of an
    origin alone, hence a pair that its origin makes impossible counts as well. Safe: what the
    manifest says is written, NULL where it says nothing.

    See docs/skillmeat.md#impossible-origin-pairs and docs/skillmeat.md#leftovers-of-older-homes.
    """
    origin, origin_source = comparison.row_value(ORIGIN), comparison.row_value(ORIGIN_SOURCE)
    repaired_origin = comparison.manifest_value(ORIGIN).take(pa.array(comparison.cell_rows))
    # After the repair of an origin alone, the origin source beside it would be the impossible one.
    hostless = is_among(origin, HOSTLESS_ORIGINS) | (
        is_among(repaired_origin, HOSTLESS_ORIGINS) & ~equals(origin, "marketplace")
    )
    is_address = to_mask(pc.match_substring(origin_source, "://"))
    wrong = (hostless & is_present(origin_source)) | is_address
    in_column = comparison.is_in_column(ORIGIN_SOURCE)
    return comparison.cell_findings_where(wrong & in_column, disposition=Disposition.SAFE)


@check("S008", Severity.ERROR, explains=True)
def provenance_false(comparison: Comparison) -> Parts:
    """False provenance: the row says marketplace, the manifest says otherwise.

    Since 2026-03-03 a *skipped* import writes source, origin and origin source of the catalogue's
    entry over whatever artifact of that name existed. Safe: what the manifest says is written, NULL
    where it says nothing. A description and tags that came with it are found by their own rules.

    See docs/skillmeat.md#skipped-imports-rewrite-provenance.

    Do: skillmeat-audit plan HOME --select S008 --disposition safe,review -o plan.json
    """
    imported = equals(comparison.row_texts[ORIGIN], "marketplace")
    false = imported & unequal(comparison.manifest_value(ORIGIN), "marketplace")
    disputed = equals(comparison.cell_texts["disposition"], Disposition.REVIEW)
    return comparison.cell_findings_where(
        false[comparison.cell_rows] & comparison.is_in_column(*_PROVENANCE),
        disposition=choose(disputed, Disposition.REVIEW, Disposition.SAFE),
    )


@check("S009", Severity.WARNING, explains=True)
def source_not_url(comparison: Comparison) -> Parts:
    """Source is not a URL: ``type:name``, or ``owner/repo/path``.

    Older releases answered ``type:name`` where they knew no source, and some paths stored it; old
    adds stored their argument. Nothing can link to it. Safe where the manifest has the URL.

    See docs/skillmeat.md#type-and-name-as-source.

    Do: skillmeat-audit plan HOME --select S009 --disposition safe,review -o plan.json
    """
    row = comparison.row_texts[SOURCE]
    not_url = unequal(row, "") & ~is_url(row)
    if not not_url.any():
        return NO_FINDINGS
    in_manifest_too = comparison.row_findings(
        comparison.agreeing(SOURCE, not_url),
        column=SOURCE,
        actual=row,
        disposition=Disposition.REVIEW,
        detail="the manifest says the same: correct it there",
    )
    return comparison.cell_findings_in(SOURCE, not_url) + in_manifest_too


@check("S010", Severity.WARNING)
def source_unregistered(comparison: Comparison) -> Parts:
    """Source matches no registered marketplace source: not clickable.

    SkillMeat's pages link a source only if its repository is among the registered sources. Register
    it, and scan it once.

    See docs/skillmeat.md#what-pages-show.

    Do: register the repository as a marketplace source in SkillMeat, and scan it.
    """
    if not comparison.snapshot.cache.catalog_known:
        return NO_FINDINGS
    repository = comparison.repository
    registered = is_among(repository, _registered_repositories(comparison))
    return comparison.row_findings(
        is_present(repository) & ~registered,
        column=SOURCE,
        actual=comparison.row_texts[SOURCE],
        detail=join_texts("no registered source is ", repository),
    )


@check("S011", Severity.WARNING)
def source_not_in_catalog(comparison: Comparison) -> Parts:
    """Repository is registered, its catalogue has no such artifact: not clickable.

    The pages look for an entry of the same name and type in the source's catalogue. It was removed
    upstream, excluded, renamed on import (``name-1``), or is listed under another type.

    See docs/skillmeat.md#what-pages-show.

    Do: scan the source again; where the entry was renamed or excluded, import the artifact anew
    under its name.
    """
    if not comparison.snapshot.cache.catalog_known:
        return NO_FINDINGS
    repository, entries = comparison.repository, comparison.catalog_texts
    keys = join_texts(repository, "\0", comparison.row_texts["artifact_id"])
    catalog_keys = join_texts(_catalog_repositories(comparison), "\0", entries["artifact_id"])
    unlisted = is_among(entries["status"], _UNLISTED)
    listed_keys = catalog_keys.filter(pa.array(~unlisted))
    dead = is_among(repository, _registered_repositories(comparison)) & ~is_among(keys, listed_keys)
    if not dead.any():
        return NO_FINDINGS
    status = entries["status"].filter(pa.array(unlisted))
    unlisted_keys = from_arrow(catalog_keys.filter(pa.array(unlisted)))
    mark = to_arrow(look_up_last(from_arrow(keys), unlisted_keys, from_arrow(status)))
    reason = pc.fill_null(join_texts("the catalogue marks it ", mark), _ABSENT)
    return comparison.row_findings(
        dead,
        column=SOURCE,
        actual=comparison.row_texts[SOURCE],
        detail=join_texts(reason, " in ", repository),
    )


@check("S012", Severity.WARNING)
def catalog_link_broken(comparison: Comparison) -> Parts:
    """Catalogue link is broken: the import id leads nowhere, or to another artifact.

    Rescans and resets forget import ids; a link script wrote ``type:name`` in their place, on which
    SkillMeat's pages fail. Import the artifact again from its source.

    See docs/skillmeat.md#import-ids-in-one-place and docs/skillmeat.md#broken-catalogue-links.

    Do: import the artifact again from its source.
    """
    snapshot = comparison.snapshot
    if not snapshot.cache.catalog_known:
        return NO_FINDINGS
    ids, catalog_ids = (
        same_type(texts["artifact_id"])
        for texts in (comparison.entry_texts, comparison.catalog_texts)
    )
    import_id = comparison.entry_texts["import_id"]
    catalog_import_id = comparison.catalog_texts["import_id"]
    links = joined_key(catalog_ids, catalog_import_id)
    unlinked = is_present(import_id) & ~is_among(joined_key(ids, import_id), links)
    poisoned = is_among(ids, catalog_ids.filter(pa.array(matches(catalog_import_id, ":"))))
    if not (unlinked | poisoned).any():
        return NO_FINDINGS
    foreign = join_texts("import id ", import_id, " belongs to other catalogue entries")
    unknown = join_texts("no catalogue entry has import id ", import_id)
    detail = choose(is_among(import_id, catalog_import_id), foreign, unknown)
    detail = choose(poisoned, "its catalogue entry has a type:name as import id", detail)
    return comparison.entry_findings(unlinked | poisoned, detail=detail)


def _registered_repositories(comparison: Comparison) -> pa.Array:
    """Return the repository of each registered source."""
    sources = comparison.snapshot.cache.sources
    named = join_texts(to_arrow(sources["owner"]), "/", to_arrow(sources["repo_name"]))
    return pc.coalesce(named, repository_of(to_arrow(sources["repo_url"])))


def _catalog_repositories(comparison: Comparison) -> pa.Array:
    """Return the repository of the source of each entry of the catalogue."""
    sources = comparison.snapshot.cache.sources
    source_ids = comparison.catalog_texts["source_id"]
    of_source = pc.index_in(source_ids, value_set=to_arrow(sources["id"]), skip_nulls=True)
    return _registered_repositories(comparison).take(of_source)
