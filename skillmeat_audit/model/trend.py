"""What relates an audit to earlier ones: fingerprints of findings, the delta, the runs."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.model.tables import FINDINGS, TEXT, Table, to_objects

FINGERPRINT_COLUMNS = ("rule", "collection_id", "artifact_id", "column")

# ``FINDINGS`` with what earlier runs know of each. ``fingerprint`` stays the same from run to run.
# ``state``: new or persisting, absent without an earlier run; ``since_at``: when first seen.
REPORTED = Table("reported", {
    **FINDINGS.columns, "fingerprint": TEXT, "state": TEXT, "since_at": TEXT,
})  # fmt: skip

# Findings of the run compared with that are gone, by collection, artifact, rule, column.
FIXED = Table("fixed", {
    "fingerprint": TEXT, "rule": TEXT, "severity": TEXT, "collection_id": TEXT, "artifact_id": TEXT,
    "column": TEXT, "since_at": TEXT,
})  # fmt: skip

# One row per run of a history, the oldest first. ``outcome``: checked or failed; counts are absent
# where the home could not be checked.
RUNS = Table("runs", {
    "run": "Int64", "at": TEXT, "scope": TEXT, "outcome": TEXT, "failure": TEXT,
    "delivered": "boolean",
    **dict.fromkeys(("artifacts", "rows", "error", "warning", "info", "blank_descriptions",
                     "broken_sources", "new", "fixed", "persisting"), "Int64"),
})  # fmt: skip


@dataclass(frozen=True)
class Delta:
    """What changed since the run at ``compared_at`` (UTC); ``fixed`` is ``FIXED``."""

    compared_at: str
    new: int
    persisting: int
    fixed: pd.DataFrame


@dataclass(frozen=True)
class Accepted:
    """What the baseline accepts: ``findings`` is ``FINDINGS``, ``reasons`` one each.

    ``stale`` and ``expired`` are entries that accept nothing any more, in words.
    """

    findings: pd.DataFrame
    reasons: tuple[str, ...]
    stale: tuple[str, ...]
    expired: tuple[str, ...]


def fingerprints(findings: pd.DataFrame) -> list[str]:
    """Return what stays the same of each of *findings* (``FINDINGS``) from run to run.

    It is free of values, times and positions; only a finding without an artifact is told from
    others by its detail.
    """
    details = (
        None if artifact else detail
        for artifact, detail in zip(
            to_objects(findings["artifact_id"]), to_objects(findings["detail"]), strict=True
        )
    )
    columns = [to_objects(findings[name]) for name in FINGERPRINT_COLUMNS]
    seen: Counter[str] = Counter()
    found = []
    for parts in zip(*columns, details, strict=True):
        digest = short_digest(parts)
        seen[digest] += 1
        found.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return found


def short_digest(parts: Sequence[object]) -> str:
    """Return a digest of texts and nulls, short enough to be read and long enough to be unique."""
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:16]
