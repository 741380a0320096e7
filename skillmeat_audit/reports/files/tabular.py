"""Renders findings for machines: JSON and CSV, with nothing in them that a reader could mistake."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import LIST_COLUMNS
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.artifact import ArtifactView
from skillmeat_audit.reports.facts.summary import Summary

CHECK_SCHEMA = "skillmeat-audit/check/1"
ARTIFACT_SCHEMA = "skillmeat-audit/artifact/1"
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_ODD = r"[^ -~]|^[=+\-@]"  # a formula, or not plain text


def check_json(
    summary: Summary, findings: pd.DataFrame, version: str, accepted: Accepted | None = None
) -> str:
    """Return the audit as ``skillmeat-audit/check/1``; *findings* is ``FINDINGS``.

    With a baseline there is a key ``baseline``: how many findings it accepts, entries of no use.
    ASCII only: a name in it can do nothing to the terminal it is printed on.
    """
    report: dict[str, object] = {
        "schema": CHECK_SCHEMA,
        "tool_version": version,
        "home": summary.home,
        "database": summary.database,
        "era": summary.era,
        "counts": dict(summary.counts),
        "findings": [with_lists(finding) for finding in records(findings)],
    }
    if accepted is not None:
        report["baseline"] = {
            "accepted": len(accepted.findings),
            "stale": list(accepted.stale),
            "expired": list(accepted.expired),
        }
    return json.dumps(report, indent=1)


def findings_csv(findings: pd.DataFrame) -> str:
    """Return *findings* (``FINDINGS``) as CSV with a header; a quote mark disarms formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(findings.columns)
    writer.writerows(zip(*(_cells(findings[name]) for name in findings.columns), strict=True))
    return out.getvalue()


def _cells(values: pd.Series) -> npt.NDArray[Any]:
    """Return the texts of a column fit for a spreadsheet; nearly all of them are as they are."""
    cells = to_objects(values)
    odd = pc.match_substring_regex(pa.array(values), _ODD).fill_null(False)
    for place in np.flatnonzero(odd.to_numpy(zero_copy_only=False)):
        cells[place] = _disarmed(cells[place])
    return cells


def with_lists(finding: Mapping[str, object]) -> dict[str, Any]:
    """Return *finding* with the values of list columns as lists, where they are lists."""
    plain: dict[str, Any] = dict(finding)
    if plain["column"] in LIST_COLUMNS:
        plain |= {name: _parsed(plain[name]) for name in ("expected", "actual")}
    return plain


def _parsed(value: object) -> object:
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value
    return content if isinstance(content, list) else value


def _disarmed(value: str) -> str:
    """Return *value* on one line, without controls, and not a formula."""
    text = printable(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def artifact_json(view: ArtifactView, version: str) -> str:
    """Return one artifact's layers as ``skillmeat-audit/artifact/1``."""
    report = {
        "schema": ARTIFACT_SCHEMA,
        "tool_version": version,
        "artifact_id": view.artifact_id,
        "layers": [
            {"layer": column.title, "state": column.state, "values": dict(column.values)}
            for column in view.columns
        ],
        "explanations": dict(view.explanations),
        "findings": [with_lists(finding) for finding in records(view.findings)],
    }
    return json.dumps(report, indent=1)


def findings_parquet(findings: pd.DataFrame) -> bytes:
    """Return *findings* as Parquet: values as they are, the contract's names and types."""
    out = io.BytesIO()
    findings.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()
