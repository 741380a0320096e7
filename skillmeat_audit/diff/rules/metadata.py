"""M: metadata that is stored as JSON."""

import json
from itertools import chain

from skillmeat_audit.base.columns import choose, is_present
from skillmeat_audit.diff.compare import map_bool
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.manifest_repairs import outside_manifest_findings
from skillmeat_audit.diff.problems import safe_where
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts
from skillmeat_audit.model.fields import LIST_COLUMNS
from skillmeat_audit.model.findings import Evidence, Severity
from skillmeat_audit.model.manifest_edits import MANIFEST_KEYS

_FROM_FILES = tuple(column for column in MANIFEST_KEYS if column != "description")


@check("M020", Severity.ERROR, explains=True)
def list_is_broken(comparison: Comparison) -> Parts:
    """``tags_json`` or ``tools_json`` is not a JSON list of strings.

    SkillMeat's pages fail on such a row, or show no tags. Safe where the manifest has the list,
    even if the broken text means the same.
    """
    parts = (_broken_lists(comparison, column) for column in LIST_COLUMNS)
    return tuple(chain.from_iterable(parts))


@check("M016", Severity.INFO)
def metadata_not_in_manifest(comparison: Comparison) -> Parts:
    """Value in the row that the manifest lacks: the restart or refresh that writes it blanks it.

    Tags, tools, author, license or version. The row is right today, as the front matter says, and
    SkillMeat writes rows from the manifest: most repairs of rows alone are gone the next day. A
    plan fills the manifest. D005 says the same of descriptions.

    See docs/skillmeat.md#how-long-a-repair-lasts.
    """
    parts = (_outside_manifest(comparison, column) for column in _FROM_FILES)
    return tuple(chain.from_iterable(parts))


def _outside_manifest(comparison: Comparison, column: str) -> Parts:
    actual = comparison.row_texts[column]
    return outside_manifest_findings(
        comparison, column, actual=actual, detail="the manifest has none"
    )


def _broken_lists(comparison: Comparison, column: str) -> Parts:
    row = comparison.snapshot.rows[column]
    # "" is NULL to SkillMeat's pages: not a broken list.
    broken = map_bool(row, lambda text: text != "" and not _is_list_of_strings(text)).to_numpy()
    if not broken.any():
        return NO_FINDINGS
    expected = comparison.manifest_value(column)
    in_manifest = is_present(expected)
    same_content = comparison.row_findings(
        comparison.agreeing(column, broken),
        column=column,
        actual=comparison.row_texts[column],
        expected=expected,
        evidence=choose(in_manifest, Evidence.MANIFEST, None),
        disposition=safe_where(in_manifest),
    )
    return comparison.cell_findings_in(column, broken) + same_content


def _is_list_of_strings(text: str) -> bool:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, list) and all(isinstance(item, str) for item in content)
