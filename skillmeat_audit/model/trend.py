"""What relates an audit to earlier ones: fingerprints of findings, deltas, runs."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.model.contracts import Table, flag, number, text
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.tables import FINDINGS

# Not the values: a description that is edited, and still missing in the row, is the same finding.
FINGERPRINT_COLUMNS = ("rule", "collection_id", "artifact_id", "column")
_FIXED_COLUMNS = (*FINGERPRINT_COLUMNS, "severity")

_SINCE = {"since_at": text("time of the first run that found it, UTC")}
_FINGERPRINT = {"fingerprint": text("fingerprint: the same from run to run")}

REPORTED = Table(
    "reported",
    f"{FINDINGS.doc} With what earlier runs know of it.",
    {
        **FINDINGS.columns,
        **_FINGERPRINT,
        "state": text("new or persisting, null without an earlier run"),
        **_SINCE,
    },
)

FIXED = Table(
    "fixed",
    "One row per finding of the earlier run that is no longer found, in the order of findings.",
    {
        **_FINGERPRINT,
        **{name: FINDINGS.columns[name] for name in FINDINGS.columns if name in _FIXED_COLUMNS},
        **_SINCE,
    },
)

_FINDINGS_AT = {each.value: number(f"findings of severity {each}") for each in Severity}

# The counts are null where the home could not be checked.
RUNS = Table(
    "runs",
    "One row per run of a history, the oldest first.",
    {
        "run": number("number of the run in the history"),
        "at": text("when it began, UTC"),
        "scope": text("what the run was restricted to, as JSON text"),
        "outcome": text("checked or failed"),
        "failure": text("why the home could not be checked, null where it was"),
        "delivered": flag("True where its report was delivered"),
        "artifacts": number("artifacts in the manifests"),
        "rows": number("cache rows"),
        **_FINDINGS_AT,
        "blank_descriptions": number("artifacts that pages show without a description"),
        "broken_sources": number("artifacts with a source that pages show without a link"),
        "new": number("findings that the run before did not have"),
        "fixed": number("findings of the run before that this one no longer has"),
        "persisting": number("findings that both have"),
    },
)


@dataclass(frozen=True)
class Delta:
    """The changes since the run at ``compared_at`` (UTC); ``fixed`` is ``FIXED``."""

    compared_at: str
    new: int
    persisting: int
    fixed: pd.DataFrame

    @property
    def sentence(self) -> str:
        """The changes in one line."""
        return f"{self.new} new, {len(self.fixed)} fixed, {self.persisting} persisting"


@dataclass(frozen=True)
class AuditDelta:
    """The audit after a run against the one before it: findings as ``FINDINGS``.

    ``fading`` are the cells (collection, artifact, column) that the run wrote and no manifest
    holds.
    """

    fixed: pd.DataFrame
    remaining: pd.DataFrame
    new: pd.DataFrame
    fading: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The findings (``FINDINGS``) that the baseline accepts, with a reason for each.

    ``stale`` and ``expired`` describe entries that no longer accept a finding.
    """

    findings: pd.DataFrame
    reasons: tuple[str, ...]
    stale: tuple[str, ...]
    expired: tuple[str, ...]


def fingerprints(findings: pd.DataFrame) -> list[str]:
    """Return a fingerprint per finding (``FINDINGS``) that is the same from run to run.

    It contains no values, times or positions; only findings without an artifact are distinguished
    by their detail.
    """
    details = (
        None if artifact else detail
        for artifact, detail in zip(
            to_objects(findings["artifact_id"]), to_objects(findings["detail"]), strict=True
        )
    )
    columns = [to_objects(findings[name]) for name in FINGERPRINT_COLUMNS]
    seen: Counter[str] = Counter()
    unique = []
    for parts in zip(*columns, details, strict=True):
        # Two findings of one rule on one artifact and column occur (two file collections declare
        # it): the second gets a number, so that one of them can be fixed while the other persists.
        digest = short_digest(parts)
        seen[digest] += 1
        unique.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return unique


def short_digest(parts: Sequence[object]) -> str:
    """Return a digest of texts and nulls: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:16]
