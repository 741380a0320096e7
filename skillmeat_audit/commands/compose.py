"""Composes the report of an audit: its findings, what caused them, what earlier runs know."""

from dataclasses import replace

import pandas as pd

from skillmeat_audit import __version__
from skillmeat_audit.commands.audit import Audit
from skillmeat_audit.diff.rules import FAMILIES, RULES
from skillmeat_audit.diff.writers import PATHS
from skillmeat_audit.loaders.home import MANIFEST_NAME
from skillmeat_audit.model.past import REPORTED, identities
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import plain
from skillmeat_audit.reports.causes import answer_of, groups_of
from skillmeat_audit.reports.report import Known, Past, Report


def make_report(
    audited: Audit,
    *,
    findings: pd.DataFrame | None = None,
    past: Past | None = None,
    made_at: str = "",
) -> Report:
    """Return the report of *audited*, with what *past* knows.

    *findings* are those of *audited* as ``REPORTED``, where a history knows more of them.
    """
    rows, summary = audited.rows, audited.summary
    past = past or Past()
    if audited.accepted is not None:
        told = reported(audited.accepted.findings)
        past = replace(past, accepted=replace(audited.accepted, findings=told))
    findings = reported(audited.findings) if findings is None else findings
    return Report(
        summary=summary,
        answer=answer_of(findings, rows),
        findings=findings,
        groups=groups_of(findings, rows, PATHS, summary.home),
        known=Known(__version__, RULES, FAMILIES, audited.names, _places(audited.snapshot)),
        past=past,
        made_at=made_at,
    )


def reported(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* (``FINDINGS``) as ``REPORTED``, nothing known of earlier runs."""
    return REPORTED.conform(
        findings.assign(identity=identities(findings), state=None, since_at=None)
    )


def _places(snapshot: Snapshot) -> dict[str, str]:
    """Return the manifest that declares each artifact, as a path below the home."""
    manifest = snapshot.manifest.drop_duplicates("artifact_id")
    return {
        artifact: f"collections/{folder}/{MANIFEST_NAME}"
        for artifact, folder in zip(
            plain(manifest["artifact_id"]), plain(manifest["file_collection"]), strict=True
        )
    }
