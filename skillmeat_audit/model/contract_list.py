"""All contracts of the package, for documentation: ``help(contract_list)`` shows each in full."""

from skillmeat_audit.model.live import LIVE_DIFFERENCES, LIVE_FAILURES, LIVE_PAGES, LIVE_SINGLES
from skillmeat_audit.model.repair_tables import CHANGES, EDITS, MANIFEST_REPAIRS, OUTCOMES
from skillmeat_audit.model.replays import REPLAYED, REPLAYS
from skillmeat_audit.model.tables import (
    CANDIDATES,
    CATALOG,
    CELLS,
    COLLECTIONS,
    FINDINGS,
    FRONTMATTER,
    GROUPS,
    MANIFEST,
    PAGE_FACTS,
    PAGES,
    PROBLEMS,
    REPAIRED,
    ROWS,
    SOURCES,
    WRITERS,
)
from skillmeat_audit.model.trend import FIXED, REPORTED, RUNS

LAYERS = (MANIFEST, FRONTMATTER, ROWS, COLLECTIONS, CATALOG, SOURCES, GROUPS, PROBLEMS, REPAIRED)
DIFF = (CANDIDATES, CELLS, WRITERS, PAGES, PAGE_FACTS, FINDINGS, MANIFEST_REPAIRS)
LIVE = (LIVE_PAGES, LIVE_SINGLES, LIVE_FAILURES, LIVE_DIFFERENCES)
CONTRACTS = (
    *LAYERS,
    *LIVE,
    *DIFF,
    CHANGES,
    EDITS,
    OUTCOMES,
    REPORTED,
    FIXED,
    RUNS,
    REPLAYS,
    REPLAYED,
)


# help() cuts a module's values to one line each, so the module's own text holds them.
__doc__ = f"{__doc__}\n\n" + "\n\n".join(map(repr, CONTRACTS))
