"""D: descriptions."""

import numpy as np

from skillmeat_audit.base.columns import choose, is_present
from skillmeat_audit.diff.compare import Bools
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.manifest_repairs import outside_manifest_findings
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts
from skillmeat_audit.model.findings import Severity

DESCRIPTION = "description"
_ACCIDENT_IN_MANIFEST = (
    "the manifest holds an accident, which SkillMeat's next refresh writes: correct it there"
)


@check("D004", Severity.INFO)
def no_description(comparison: Comparison) -> Parts:
    """No layer has a description.

    Nothing can be repaired: write one into the artifact's front matter.

    Do: write a description into the artifact's front matter, and into its manifest entry.
    """
    absent = ~is_present(comparison.normal_rows(DESCRIPTION))
    return comparison.row_findings(comparison.agreeing(DESCRIPTION, absent), column=DESCRIPTION)


@check("D005", Severity.WARNING)
def description_not_in_manifest(comparison: Comparison) -> Parts:
    """The row has a description that the manifest lacks: the next restart or refresh blanks it.

    Marketplace imports copy the catalogue's description only, which is empty while source indexing
    is off. The row is right today, as the front matter or the catalogue says; a plan fills the
    manifest, and the value lasts.

    See docs/skillmeat.md#description-without-indexing and
    docs/skillmeat.md#how-long-a-repair-lasts.
    """
    actual = comparison.normal_rows(DESCRIPTION)
    return outside_manifest_findings(comparison, DESCRIPTION, actual=actual)


@check("D006", Severity.WARNING, explains=True)
def description_is_accident(comparison: Comparison) -> Parts:
    """Description is an extraction accident: ``None``, ``---``, ``>``, the text of a list.

    SkillMeat takes whatever follows ``description:``, or the first line of the body, for the
    description: a block indicator of broken YAML, a code fence, ``$(…)``, a row of a table, a rule,
    an HTML comment, ``name: x`` outside of a front matter. No other rule proposes such a text. Safe
    where the manifest has a better one; otherwise the finding shows what the front matter has, for
    review. If the manifest holds the accident, the next refresh writes it again: correct it there.

    See docs/skillmeat.md#extraction-accidents.

    Do: skillmeat-audit plan HOME --select D006 --disposition safe,review -o plan.json; where the
    manifest holds the accident, correct it there first.
    """
    accident, in_manifest = comparison.row_accidents, _manifest_accidents(comparison)
    if not (accident | in_manifest).any():
        return NO_FINDINGS
    both, detail = in_manifest[comparison.cell_rows], comparison.cell_texts["detail"]
    explained = comparison.cell_findings_in(
        DESCRIPTION, accident, detail=choose(both, _ACCIDENT_IN_MANIFEST, detail)
    )
    # The manifest's accident counts as no value: what is expected is another layer's text, if any.
    manifest_only = comparison.row_findings(
        comparison.agreeing(DESCRIPTION, in_manifest),
        column=DESCRIPTION,
        actual=comparison.normal_rows(DESCRIPTION),
        detail=_ACCIDENT_IN_MANIFEST,
    )
    return explained + manifest_only


def _manifest_accidents(comparison: Comparison) -> Bools:
    """Return where the manifest entry of a row holds an accident."""
    accidents = comparison.layers.manifest_accidents.to_numpy(dtype=bool)
    return np.append(accidents, False)[comparison.entry]  # the last is of rows without an entry
