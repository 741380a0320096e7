"""The decision list of attribution: the first line that fits a row names its writer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skillmeat_audit.base.columns import equals, is_among, is_present, unequal
from skillmeat_audit.diff.compare import Bools
from skillmeat_audit.diff.provenance.clues import Clues
from skillmeat_audit.model.fields import HOSTLESS_ORIGINS

Confidence = Literal["certain", "likely", "unknown"]

# A merge that moved added_at came later than the sync by more than this.
_LATER_MS = 100


@dataclass(frozen=True)
class Verdict:
    """One line of the decision list: rows in ``mask`` were last written by ``writer``."""

    mask: Bools
    writer: str
    confidence: Confidence
    reason: str


def _certain(writer: str, mask: Bools, reason: str) -> Verdict:
    return Verdict(mask, writer, "certain", reason)


def _likely(writer: str, mask: Bools, reason: str) -> Verdict:
    return Verdict(mask, writer, "likely", reason)


def _unknown(mask: Bools, reason: str) -> Verdict:
    return Verdict(mask, "unknown", "unknown", reason)


def verdicts(clues: Clues) -> Iterator[Verdict]:
    """Yield the decision list; the first line that fits a row decides, the last fits all."""
    # From the most to the least specific: an origin that one path writes, a row without values,
    # rows with part of the columns, another artifact's provenance. What is left is told apart by
    # times.
    yield from _by_origin(clues)
    yield from _bare(clues)
    yield from _partial(clues)
    yield from _foreign(clues)
    yield from _unsynced(clues)
    yield from _edited_after_repair(clues)
    yield from _synced(clues)
    everything = np.ones(len(clues.bare), dtype=bool)
    yield _unknown(everything, "its columns and times fit no known path")


def _by_origin(c: Clues) -> Iterator[Verdict]:
    """Judge the rows whose origin no manifest may hold."""
    unique = "no other path writes this origin"
    yield _certain("bundle", equals(c.origin, "bundle_import"), unique)
    yield _certain("scaffold", equals(c.origin, "scaffold_import"), unique)
    packed = equals(c.origin, "import")
    portable = packed & equals(c.origin_source, "portable_bundle")
    yield _certain("portable-bundle", portable, "no other path writes this pair of origins")
    yield _unknown(packed, "ingesting a pack (since 0.54) leaves this origin alone")


def _bare(c: Clues) -> Iterator[Verdict]:
    """Judge the rows without any value."""
    # docs/skillmeat.md#composites-and-deployments
    part = c.bare & c.uuid_era & c.hashed & c.in_default
    yield _likely("import-composite", part, "it has a content hash and no other value")
    # docs/skillmeat.md#adding-writes-an-empty-row
    unique = "no other path leaves an empty row in a user collection"
    yield _certain("membership-add", c.bare & ~c.in_default, unique)
    # docs/skillmeat.md#blank-after-batch-import
    imported = c.bare & c.import_near_added
    market = ~c.uuid_era & equals(c.manifest_origin, "marketplace")
    reason = "the catalogue's import date is that of the row"
    yield _certain("import-bare", imported & market, reason)
    yield _likely("import-bare", imported, reason)
    reason = "the manifest says it was imported, the row is empty"
    yield _likely("import-bare", c.bare & market, reason)
    reason = "it holds deployments and nothing else"
    yield _likely("deploy-write", c.bare & c.deployed_by_write, reason)
    reason = "the row is empty and no import fits it"
    yield _likely("membership-add", c.bare & c.never_synced, reason)


def _partial(c: Clues) -> Iterator[Verdict]:
    """Judge the rows of which only some columns were ever written."""
    yield _likely("tag-write", c.only_tags, "it holds tags and nothing else")
    no_tools, reason = c.uuid_era & c.empty_tools, "no other path writes [] for no tools"
    yield _certain("startup-lossy", no_tools & c.empty_tags & c.never_synced, reason)
    yield _likely("startup-lossy", no_tools, reason)
    # docs/skillmeat.md#stale-after-reimport
    stale = c.import_near_added & (c.synced_before_added_ms > _LATER_MS)
    reason = "added_at moved with the import, the values stayed as they were before"
    yield _certain("import-bare", stale & ~c.uuid_era, reason)
    yield _likely("import-bare", stale, reason)


def _foreign(c: Clues) -> Iterator[Verdict]:
    """Judge the rows with the provenance of another artifact, or with what is left of it."""
    # docs/skillmeat.md#impossible-origin-pairs
    left_over = c.uuid_era & is_among(c.origin, HOSTLESS_ORIGINS) & is_present(c.origin_source)
    reason = "it corrected the origin and cannot clear the origin_source beside it"
    yield _likely("startup-lossy", left_over, reason)
    # docs/skillmeat.md#skipped-imports-rewrite-provenance
    imported = c.market & equals(c.origin_source, "github")
    stamped = c.uuid_era & c.in_default & imported
    not_imported = is_among(c.manifest_origin, HOSTLESS_ORIGINS)
    reason = "its source is not the manifest's"
    in_catalog = f"{reason}, but that of a catalogue entry of the same name"
    yield _certain("import-skipped", stamped & not_imported & c.source_in_catalog, in_catalog)
    yield _likely("import-skipped", stamped & (not_imported | c.source_conflicts), reason)


def _unsynced(c: Clues) -> Iterator[Verdict]:
    """Judge the rows with values but without ``synced_at``: written so, or invalidated later."""
    unsynced, market = c.never_synced & ~c.bare, c.market
    # docs/skillmeat.md#server-start-drops-columns
    lossy = c.uuid_era & ((market & ~is_present(c.origin_source)) | c.version_dropped)
    reason = "it has no origin_source or version, and synced_at was never set"
    yield _likely("startup-lossy", unsynced & lossy, reason)
    populated = unsynced & market & (c.uuid_era | c.populates)
    yield _likely("import-populate", populated, "it has what an import writes")
    bare_remain = bool((c.bare & c.import_near_added & c.in_default).any())
    reimported = unsynced & market & c.added_by_reimport & bare_remain
    reason = "added_at is that of a reimport, and no refresh has filled the rows that it left empty"
    yield _likely("import-bare", reimported, reason)
    reason = "it has what the manifest says"
    other = unsynced & unequal(c.origin, "marketplace")
    yield _likely("startup", other & ~c.uuid_era, reason)
    yield _likely("startup-lossy", other & c.empty_tags, "it writes [] for no tags")
    yield _likely("refresh", unsynced, reason)


def _edited_after_repair(c: Clues) -> Iterator[Verdict]:
    """Judge the rows that were changed while their time remained that of a repair."""
    since = "a repair by skillmeat-audit set its synced_at; since then"
    only_tags = equals(c.edited, "tags_json")
    yield _likely("tag-write", only_tags, f"{since} only its tags changed")
    started = is_present(c.edited) & c.uuid_era & c.in_default
    reason = f"{since} its values changed and not its time, as only the server's start does"
    yield _likely("startup-lossy", started, reason)
    yield _unknown(is_present(c.edited), f"{since} its values changed and its time did not")


def _synced(c: Clues) -> Iterator[Verdict]:
    """Judge the rows with values and ``synced_at``."""
    market, no_tags = c.market, c.empty_tags & ~c.never_synced
    reason = "it writes [] for no tags, a refresh writes NULL"
    started = no_tags & c.filled_tools & c.uuid_era & c.in_default
    yield _likely("startup-lossy", started, reason)
    # docs/skillmeat.md#tags-written-to-one-place
    reason = "it writes [] when the last tag is removed, a refresh writes NULL"
    yield _likely("tag-write", no_tags, reason)
    reason = "in a user collection only a refresh, or a repair by skillmeat-audit, sets synced_at"
    yield _likely("refresh", ~c.in_default, reason)
    at_once, reason = c.synced_with_added & market, "it was written whole when it was inserted"
    yield _likely("import-composite", at_once & c.composite, reason)
    dated = "it was written whole at the catalogue's import date"
    yield _certain("import-populate", at_once & c.import_near_added, dated)
    yield _likely("import-populate", at_once, reason)
    imported = market & c.synced_by_import & (c.uuid_era | c.populates)
    reason = "it was not synced again since the catalogue's import date"
    yield _likely("import-populate", imported, reason)
    reason = "rows of other file collections were written in the same instant"
    yield _likely("startup", c.startup_neighbours, reason)
    yield _likely("refresh", ~c.never_synced, "its synced_at is that of a refresh")
