"""Renders findings as CSV, safe for terminals and spreadsheets, and as Parquet."""

import csv
import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.base.text import printable

# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_UNSAFE = r"[^ -~]|^[=+\-@]"  # not plain ASCII, or a formula: "\x1b[2J", "=1+1"


def findings_csv(findings: pd.DataFrame) -> str:
    """Return *findings* (``FINDINGS``) as CSV with a header; a quote mark disarms formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(findings.columns)
    writer.writerows(zip(*(_cells(findings[name]) for name in findings.columns), strict=True))
    return out.getvalue()


def findings_parquet(findings: pd.DataFrame) -> bytes:
    """Return *findings* as Parquet: unchanged values, the contract's names and types."""
    out = io.BytesIO()
    # Parquet is read by programs, not by spreadsheets: nothing in it is escaped.
    findings.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()


def _cells(values: pd.Series) -> npt.NDArray[Any]:
    """Return the texts of a column, disarmed; few texts need it, so only these are touched."""
    cells = to_objects(values)
    unsafe = pc.match_substring_regex(pa.array(values), _UNSAFE).fill_null(False)
    for position in np.flatnonzero(unsafe.to_numpy(zero_copy_only=False)):
        cells[position] = _disarm(cells[position])
    return cells


def _disarm(value: str) -> str:
    """Return *value* on one line, without control characters, and not as a formula."""
    text = printable(value)
    # OWASP's advice on CSV injection: spreadsheets take the quote as "this is text".
    return f"'{text}" if text.startswith(_FORMULA) else text
