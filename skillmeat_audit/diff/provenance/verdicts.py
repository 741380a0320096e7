"""Attribution: which code path last wrote a row's values, told from what it left.

The clues are the row's shape (every path writes its own set of columns), the distance of
``added_at`` and ``synced_at`` (an insert sets both within a millisecond), the catalogue's
``import_date``, the times of neighbouring rows, and the file collections that hold the entry.
*Certain* is said only of shapes that a single path can leave. Rows that a repair of this project
wrote are told by its journal, and what it did not write by what the row was before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.provenance.clues import Clues, gather_clues
from skillmeat_audit.diff.provenance.repaired import Repairs, repairs_in
from skillmeat_audit.model.fields import HOSTLESS_ORIGINS
from skillmeat_audit.model.tables import KEY, WRITERS

Confidence = Literal["certain", "likely", "unknown"]

# What each path does to a row, and which releases or commits of SkillMeat do it.
PATHS = {
    "import-bare": "batch import and reimport until 2026-02-10 (9b7aca97, f29c3dbe) "
    "wrote three fields and no metadata",
    "refresh": "a refresh (every release) copied the manifest as it was then",
    "import-populate": "import since f29c3dbe (2026-02-10) writes the catalogue's description, "
    "source and path tags",
    "import-skipped": "since c718cdf8 (2026-03-03) a skipped import stamps "
    "the catalogue's provenance on rows it did not import",
    "import-composite": "importing a composite (since 6884832a, 2026-02-20) "
    "writes rows for its parts too",
    "startup": "the server's start until 0.9.0 copied every file collection into the default one",
    "startup-lossy": "the server's start since 0.9.0 drops version, origin_source and synced_at",
    "membership-add": "adding to a collection (every release) writes an empty row",
    "tag-write": "editing tags (every release) writes nothing else",
    "deploy-write": "deploying (since e81dfaac, 2026-02-11) writes nothing else",
    "bundle": "installing a bundle (since 0.54) writes source and origin only",
    "portable-bundle": "importing a portable bundle (since 0.61) writes source and origin only",
    "scaffold": "scaffolding a project (since 0.54) writes type:name as the source",
    "skillmeat-audit": "a repair by skillmeat-audit",
    "unknown": "no code path we know of leaves a row like this",
}
REPAIR = "skillmeat-audit"
# A merge that moved added_at came later than the sync by more than this.
_LATER_MS = 100
_INVALIDATED = "; since then adding to the collection has cleared its synced_at"


@dataclass(frozen=True)
class Verdict:
    """One line of the decision list: rows in ``mask`` were last written by ``writer``."""

    mask: pd.Series
    writer: str
    confidence: Confidence
    because: str


def attribute(comparison: Comparison) -> pd.DataFrame:
    """Return ``WRITERS``: for every row of the cache, in its order, the path that last wrote it."""
    repairs = repairs_in(comparison.snapshot)
    before = comparison.snapshot.with_rows(repairs.rows)
    return _with_repairs(_judged(replace(comparison, snapshot=before), repairs), repairs)


def paths_of(writers: pd.DataFrame) -> dict[str, str]:
    """Return what each writer of `PATHS` does; of repairs, the run of *writers* (``WRITERS``)."""
    runs = sorted(writers["run"].dropna().unique(), reverse=True)
    if not runs:
        return PATHS
    more = f" and {len(runs) - 1} before it" if runs[1:] else ""
    return PATHS | {REPAIR: f"{PATHS[REPAIR]}, run {runs[0]}{more}"}


def _with_repairs(told: pd.DataFrame, repairs: Repairs) -> pd.DataFrame:
    """Return ``WRITERS``, *told* of the rows before the *repairs*, with what these wrote."""
    rest = "; before it, " + told["writer"] + " (" + told["writer_confidence"] + ")"
    wrote = ("it wrote " + repairs.wrote + rest).mask(repairs.inserted, "it inserted the row")
    doubt = pd.Series("", wrote.index).mask(
        ~repairs.committed, " (interrupted, but the row has it)"
    )
    explanation = f"{PATHS[REPAIR]}, run " + repairs.run + doubt + ": " + wrote
    ours = repairs.run.notna()
    return told.assign(
        writer=told["writer"].mask(ours, REPAIR),
        writer_confidence=told["writer_confidence"]
        .mask(ours, "likely")
        .mask(repairs.committed, "certain"),
        explanation=told["explanation"].mask(ours, explanation),
    )


def _judged(comparison: Comparison, repairs: Repairs) -> pd.DataFrame:
    """Return ``WRITERS`` for rows of which no repair is the last writer."""
    clues = gather_clues(comparison, repairs.edited)
    rows = comparison.snapshot.rows
    verdicts = [*_verdicts(clues), _unexplained(rows)]
    first = np.argmax([is_true(verdict.mask).to_numpy() for verdict in verdicts], axis=0)
    told = [f"{PATHS[verdict.writer]}: {verdict.because}" for verdict in verdicts]
    later = np.where(clues.invalidated, _INVALIDATED, "").astype(object)
    return WRITERS.build({
        **{key: rows[key] for key in KEY},
        "writer": np.array([verdict.writer for verdict in verdicts], dtype=object)[first],
        "writer_confidence": np.array([each.confidence for each in verdicts], dtype=object)[first],
        "explanation": np.array(told, dtype=object)[first] + later,
        "run": repairs.run,
    })  # fmt: skip


def _unexplained(rows: pd.DataFrame) -> Verdict:
    everything = pd.Series(True, index=rows.index)
    return Verdict(everything, "unknown", "unknown", "its columns and times fit none")


def _verdicts(clues: Clues) -> Iterator[Verdict]:
    """Yield the decision list; the first line that fits a row decides."""
    yield from _by_origin(clues)
    yield from _bare(clues)
    yield from _partial(clues)
    yield from _foreign(clues)
    yield from _unsynced(clues)
    yield from _synced(clues)


def _by_origin(c: Clues) -> Iterator[Verdict]:
    yield Verdict(c.origin == "bundle_import", "bundle", "certain", "only it writes this origin")
    yield Verdict(
        c.origin == "scaffold_import", "scaffold", "certain", "only it writes this origin"
    )
    packed = c.origin == "import"
    yield Verdict(
        packed & (c.origin_source == "portable_bundle"),
        "portable-bundle", "certain", "only it writes this pair of origins",
    )  # fmt: skip
    yield Verdict(
        packed, "unknown", "unknown", "ingesting a pack (since 0.54) leaves this origin alone"
    )


def _bare(c: Clues) -> Iterator[Verdict]:
    """Judge the rows without a single value."""
    composite_part = c.bare & c.uuid_era & c.hashed & c.in_default
    yield Verdict(
        composite_part, "import-composite", "likely", "it has a content hash and no other value"
    )
    yield Verdict(
        c.bare & ~c.in_default,
        "membership-add",
        "certain",
        "nothing else leaves a bare row in a user collection",
    )
    imported = c.bare & c.import_near_added
    yield Verdict(
        imported & ~c.uuid_era & (c.said_origin == "marketplace"),
        "import-bare", "certain", "the catalogue's import date is that of the row",
    )  # fmt: skip
    yield Verdict(
        imported, "import-bare", "likely", "the catalogue's import date is that of the row"
    )
    yield Verdict(
        c.bare & ~c.uuid_era & (c.said_origin == "marketplace"),
        "import-bare", "likely", "the manifest says it was imported, the row says nothing",
    )  # fmt: skip
    yield Verdict(
        c.bare & c.deployed_by_write,
        "deploy-write",
        "likely",
        "it holds deployments and nothing else",
    )
    yield Verdict(
        c.bare & c.never_synced,
        "membership-add",
        "likely",
        "the row says nothing and nothing imported it",
    )


def _partial(c: Clues) -> Iterator[Verdict]:
    """Judge the rows in which only some columns were ever written."""
    yield Verdict(c.only_tags, "tag-write", "likely", "it holds tags and nothing else")
    emptied = c.uuid_era & c.empty_tools
    yield Verdict(
        emptied & c.empty_tags & c.never_synced,
        "startup-lossy", "certain", "only it writes [] where there are no tools",
    )  # fmt: skip
    yield Verdict(emptied, "startup-lossy", "likely", "only it writes [] where there are no tools")
    stale = c.import_near_added & (c.synced_before_added_ms > _LATER_MS)
    because = "added_at moved with the import, the values stayed as they were before"
    yield Verdict(stale & ~c.uuid_era, "import-bare", "certain", because)
    yield Verdict(stale, "import-bare", "likely", because)


def _foreign(c: Clues) -> Iterator[Verdict]:
    """Judge the rows that carry a stranger's provenance, or what is left of one."""
    yield Verdict(
        c.uuid_era & is_in(c.origin, HOSTLESS_ORIGINS) & c.origin_source.notna(),
        "startup-lossy",
        "likely",
        "it corrected the origin and cannot clear the origin_source that stood beside it",
    )
    stamped = (
        c.uuid_era & c.in_default & (c.origin == "marketplace") & (c.origin_source == "github")
    )
    because = "its source is not the manifest's"
    yield Verdict(
        stamped & is_in(c.said_origin, HOSTLESS_ORIGINS) & c.source_in_catalog,
        "import-skipped", "certain", f"{because}, but that of a catalogue entry of the same name",
    )  # fmt: skip
    yield Verdict(
        stamped & (is_in(c.said_origin, HOSTLESS_ORIGINS) | c.source_conflicts),
        "import-skipped", "likely", because,
    )  # fmt: skip


def _unsynced(c: Clues) -> Iterator[Verdict]:
    """Judge the rows with values but without ``synced_at``: written so, or invalidated later."""
    unsynced = c.never_synced & ~c.bare
    lossy = c.uuid_era & ((c.origin == "marketplace") & c.origin_source.isna() | c.version_dropped)
    yield Verdict(
        unsynced & lossy,
        "startup-lossy",
        "likely",
        "origin_source or version is gone, synced_at never set",
    )
    market = c.origin == "marketplace"
    yield Verdict(
        unsynced & market & (c.uuid_era | c.populates),
        "import-populate",
        "likely",
        "it has what an import writes",
    )
    left_bare = bool((c.bare & c.import_near_added & c.in_default).any())
    yield Verdict(
        unsynced & market & c.added_by_reimport & left_bare,
        "import-bare", "likely",
        "added_at is that of a reimport, and no refresh has filled what others left bare",
    )  # fmt: skip
    yield Verdict(
        unsynced & ~market & ~c.uuid_era, "startup", "likely", "it has what the manifest says"
    )
    yield Verdict(
        unsynced & ~market & c.empty_tags,
        "startup-lossy",
        "likely",
        "it writes [] where there are no tags",
    )
    yield Verdict(unsynced, "refresh", "likely", "it has what the manifest says")


def _synced(c: Clues) -> Iterator[Verdict]:
    """Judge the rows with values and ``synced_at``."""
    edited = "a repair by skillmeat-audit set its synced_at, and since then"
    yield Verdict(
        is_true(c.edited == "tags_json"), "tag-write", "likely", f"{edited} only its tags changed"
    )
    yield Verdict(
        c.edited.notna() & c.uuid_era & c.in_default,
        "startup-lossy", "likely", f"{edited} only the server's start changes values and no time",
    )  # fmt: skip
    yield Verdict(
        c.edited.notna(), "unknown", "unknown", f"{edited} its values changed and its time did not"
    )
    emptied = c.empty_tags & ~c.never_synced
    yield Verdict(
        emptied & c.filled_tools & c.uuid_era & c.in_default,
        "startup-lossy", "likely", "it writes [] where there are no tags, a refresh leaves NULL",
    )  # fmt: skip
    yield Verdict(
        emptied, "tag-write", "likely", "it leaves [] of the last tag, a refresh leaves NULL"
    )
    yield Verdict(
        ~c.in_default, "refresh", "likely",
        "nothing of SkillMeat's but a refresh sets synced_at in a user collection; our repairs do",
    )  # fmt: skip
    market = c.origin == "marketplace"
    at_once = c.synced_with_added & market
    yield Verdict(
        at_once & c.composite,
        "import-composite",
        "likely",
        "it was written whole when it was inserted",
    )
    yield Verdict(
        at_once & c.import_near_added,
        "import-populate",
        "certain",
        "it was written whole at the catalogue's import date",
    )
    yield Verdict(at_once, "import-populate", "likely", "it was written whole when it was inserted")
    yield Verdict(
        market & c.synced_by_import & (c.uuid_era | c.populates),
        "import-populate", "likely", "it was not synced again since the catalogue's import date",
    )  # fmt: skip
    yield Verdict(
        c.startup_neighbours, "startup", "likely",
        "rows of other file collections were written in the same instant",
    )  # fmt: skip
    yield Verdict(~c.never_synced, "refresh", "likely", "its synced_at is that of a refresh")
