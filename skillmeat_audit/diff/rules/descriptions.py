"""D: descriptions."""

import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import differs, is_true, map_bool
from skillmeat_audit.diff.registry import NOTHING, rule
from skillmeat_audit.diff.rules.select import (
    at_cells,
    cell_findings,
    has_entry,
    odd_cell_findings,
    per_row,
    row_findings,
    undisputed,
)
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident
from skillmeat_audit.model.findings import Evidence, Severity, Status

DESCRIPTION = "description"
_ACCIDENT_IN_MANIFEST = (
    "the manifest holds an accident, which SkillMeat's next refresh writes: correct it there"
)


@rule("D001", Severity.ERROR)
def D001(comparison: Comparison) -> pd.DataFrame:
    """Description missing although a layer knows it.

    Batch import and reimport before 2026-02-10 wrote rows without any metadata (§7.1, 7.2), adding
    to a user collection still does (§7.49), and imports with source indexing off store no
    description at all (§7.3). Safe where the manifest has the description. Where only the front
    matter or the catalogue has it, the repair fills the row, and SkillMeat's next refresh blanks it
    again unless the manifest is filled too.
    """
    return cell_findings(comparison, DESCRIPTION, Status.MISSING)


@rule("D002", Severity.WARNING)
def D002(comparison: Comparison) -> pd.DataFrame:
    """Description differs from what the manifest or the front matter says.

    A reimport before 2026-02-10 moved ``added_at`` and kept the old text (§7.2); a skipped import
    stamps a stranger's description (§7.28); an untyped look-up took that of another type (§7.39).
    Safe where the manifest has a description; where it is silent and the front matter differs, the
    row's text is overwritten only after review.
    """
    return cell_findings(comparison, DESCRIPTION, Status.DIFFERS)


@rule("D003", Severity.INFO)
def D003(comparison: Comparison) -> pd.DataFrame:
    """Description in the row only: no other layer knows it.

    The manifest entry lost its description, or a path wrote one that it never had. The row may be
    the last copy: nothing is written; the next refresh of SkillMeat blanks it.
    """
    return cell_findings(comparison, DESCRIPTION, Status.EXTRA)


@rule("D004", Severity.INFO)
def D004(comparison: Comparison) -> pd.DataFrame:
    """No layer has a description.

    Nothing can be repaired: write one into the artifact's front matter.
    """
    absent = comparison.layers.row(DESCRIPTION).isna()
    return row_findings(comparison, undisputed(comparison, DESCRIPTION, absent), column=DESCRIPTION)


@rule("D005", Severity.WARNING)
def D005(comparison: Comparison) -> pd.DataFrame:
    """The manifest has no description, the row and the front matter do: the next refresh blanks it.

    Marketplace imports copy the catalogue's description only, which is empty while source indexing
    is off (§7.3, 7.44). The row is right today; nothing is written until the manifest can be
    filled.
    """
    row, layers = comparison.layers.row(DESCRIPTION), comparison.layers
    silent = per_row(comparison, layers.layer(Evidence.MANIFEST, DESCRIPTION).normal).isna()
    own = per_row(comparison, layers.layer(Evidence.FRONTMATTER, DESCRIPTION).normal)
    agrees = own.notna() & ~differs(own, row)
    return row_findings(
        comparison, has_entry(comparison) & silent & agrees & ~_manifest_accidents(comparison),
        column=DESCRIPTION, actual=row,
        evidence=Evidence.FRONTMATTER, detail="the manifest has no description",
    )  # fmt: skip


@rule("D006", Severity.WARNING, explains=True)
def D006(comparison: Comparison) -> pd.DataFrame:
    """Description is an extraction accident: ``None``, ``---``, ``>``, the text of a list.

    SkillMeat takes whatever stands behind ``description:``, or in the first line of the body, for
    the description (§7.43): a block indicator of broken YAML, a code fence, ``$(…)``, a row of a
    table, a rule, an HTML comment, ``name: x`` outside of a front matter. No other rule proposes
    such a text. Safe where the manifest has a better one; else it is shown with what the front
    matter would give, for review. Where the manifest holds it, the next refresh writes it again:
    correct it there.
    """
    odd = map_bool(comparison.snapshot.rows[DESCRIPTION], is_accident, ACCIDENT_HINT)
    in_manifest = _manifest_accidents(comparison)
    if not (odd | in_manifest).any():
        return NOTHING
    explained = odd_cell_findings(comparison, DESCRIPTION, odd)
    both = at_cells(comparison, in_manifest).loc[explained.index]
    explained = explained.assign(detail=explained["detail"].mask(both, _ACCIDENT_IN_MANIFEST))
    manifest_only = row_findings(
        comparison, undisputed(comparison, DESCRIPTION, in_manifest), column=DESCRIPTION,
        actual=comparison.layers.row(DESCRIPTION), detail=_ACCIDENT_IN_MANIFEST,
    )  # fmt: skip
    return pd.concat([explained, manifest_only])


def _manifest_accidents(comparison: Comparison) -> pd.Series:
    """Return where the manifest entry of a row holds an accident, as plain ``bool``."""
    return is_true(per_row(comparison, comparison.layers.manifest_accidents))
