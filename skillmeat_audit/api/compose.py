"""Composes the report of an audit: its findings, what caused them, what earlier runs add."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from skillmeat_audit.api.next_steps import repair_steps
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base import VERSION
from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.diff.provenance.paths import paths_of
from skillmeat_audit.diff.rules import FAMILIES, RULES
from skillmeat_audit.loaders.home import home_name
from skillmeat_audit.model.fields import MANIFEST_NAME
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.trend import REPORTED, fingerprints
from skillmeat_audit.reports.facts.blank_pages import blank_artifacts
from skillmeat_audit.reports.facts.causes import group_by_cause
from skillmeat_audit.reports.facts.first_steps import first_steps
from skillmeat_audit.reports.facts.next_commands import NextCommands, Option
from skillmeat_audit.reports.facts.report import Report, RuleBook, RunContext


def make_report(
    audited: Audit,
    *,
    findings: pd.DataFrame | None = None,
    past: RunContext | None = None,
    made_at: str = "",
    repeated: Mapping[str, Sequence[Option]] | None = None,
) -> Report:
    """Return the report of *audited*, with what *past* adds.

    *findings* are those of *audited* as ``REPORTED``, where a history adds to them; *repeated* are
    the options that the commands in the report repeat, by verb.
    """
    home = home_name(audited.snapshot.home)
    commands = NextCommands(home, repeated or {})
    rows, summary = audited.rows, replace(audited.summary, home=home)
    past = past or RunContext()
    if audited.accepted is not None:
        accepted = replace(audited.accepted, findings=as_reported(audited.accepted.findings))
        past = replace(past, accepted=accepted)
    findings = as_reported(audited.findings) if findings is None else findings
    part = audited.selection.part
    repairs = repair_steps(audited, commands)
    return Report(
        summary=summary,
        headline=audited.headline,
        findings=findings,
        groups=group_by_cause(findings, rows, paths_of(audited.writers), commands),
        blanks=blank_artifacts(audited.pages, audited.page_facts, findings, audited.names, home),
        rule_book=_rule_book(audited),
        repairs=repairs,
        steps=first_steps(repairs, findings, audited.names, commands),
        matrix=audited.matrix,
        live=audited.live,
        past=past,
        made_at=made_at,
        # A part that is right must not be read as a home that is right.
        notes=(f"only a part was asked for: {part}",) if part else (),
    )


def as_reported(findings: pd.DataFrame) -> pd.DataFrame:
    """Return *findings* (``FINDINGS``) as ``REPORTED``, without what earlier runs add."""
    return REPORTED.conform(
        findings.assign(fingerprint=fingerprints(findings), state=None, since_at=None)
    )


def base_uri(root: Path) -> str:
    """Return the URI of *root*: below the working folder, as code hosts want it, else absolute."""
    real = root.resolve()
    try:
        # GitHub matches results to files of the checkout by relative URIs.
        below = real.relative_to(Path.cwd()).parts
        return "".join(f"{quote(os.fsencode(part))}/" for part in below)
    except (ValueError, OSError):  # it lies elsewhere, or the working folder was deleted
        return real.as_uri() + "/"


def _rule_book(audited: Audit) -> RuleBook:
    snapshot = audited.snapshot
    base = base_uri(snapshot.home.root)
    return RuleBook(VERSION, RULES, FAMILIES, audited.names, _manifests(snapshot), base)


def _manifests(snapshot: Snapshot) -> dict[str, str]:
    """Return the manifest that declares each artifact, as a path below the home."""
    if snapshot.home.tenant is not None:  # an enterprise database has none
        return {}
    # SARIF needs one file per result: the first collection that declares the artifact.
    manifest = snapshot.manifest.drop_duplicates("artifact_id")
    return {
        artifact: f"collections/{folder}/{MANIFEST_NAME}"
        for artifact, folder in zip(
            to_objects(manifest["artifact_id"]),
            to_objects(manifest["file_collection"]),
            strict=True,
        )
    }
