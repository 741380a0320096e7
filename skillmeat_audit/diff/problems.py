"""Makes findings of the problems that loaders reported, and tells which of them can be mended."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.columns import choose, equals, is_among, is_present, join_texts
from skillmeat_audit.diff.compare import Bools
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts, RuleFindings
from skillmeat_audit.model.findings import Disposition


def problem_findings(comparison: Comparison, kind: str, prefix: str = "") -> Parts:
    """Return findings, one per problem of *kind*; their details begin with *prefix*."""
    problems = comparison.problem_texts
    # Most homes have no problem of any kind.
    if comparison.snapshot.problems.empty or not (mask := equals(problems["kind"], kind)).any():
        return NO_FINDINGS
    place = pc.fill_null(join_texts(problems["place"], ": "), "")
    texts = {
        "artifact_id": problems["artifact_id"],
        "detail": join_texts(prefix, place, problems["detail"]),
        "disposition": safe_where(is_present(problems["mend"])),
    }
    return (RuleFindings(np.flatnonzero(mask), texts),)


def mendable(comparison: Comparison, *kinds: str) -> Bools:
    """Return the manifest entries of which a loader says how problems of *kinds* are mended."""
    problems = comparison.problem_texts
    has_mend = is_among(problems["kind"], kinds) & is_present(problems["mend"])
    # NUL: no name holds one.
    mends, entries = (
        join_texts(texts["file_collection"], "\0", texts["artifact_id"])
        for texts in (problems, comparison.entry_texts)
    )
    return is_among(entries, mends.filter(pa.array(has_mend)))


def safe_where(mask: Bools) -> pa.Array:
    """Return the disposition ``safe`` where *mask* is True, else ``none``."""
    return choose(mask, Disposition.SAFE, Disposition.NONE)
