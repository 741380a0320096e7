"""The blank pages on the page of a report: the first ones, cut, and since when they are blank."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.reports.facts.blank_pages import BlankArtifact

BLANKS_SHOWN = 25
_NAME_LIMIT, _WHY_LIMIT, _ACTION_LIMIT = 80, 200, 4000


def visible_blanks(blanks: Sequence[BlankArtifact]) -> tuple[BlankArtifact, ...]:
    """Return the first *blanks*, their texts cut."""
    return tuple(
        replace(
            blank,
            artifact_id=_cut(blank.artifact_id, _NAME_LIMIT),
            collections=tuple(_cut(name, _NAME_LIMIT) for name in blank.collections[:3]),
            why=_cut(blank.why, _WHY_LIMIT),
            action=_cut(blank.action, _ACTION_LIMIT),
        )
        for blank in blanks[:BLANKS_SHOWN]
    )


def blank_since(blanks: Sequence[BlankArtifact], findings: pd.DataFrame) -> Mapping[str, str]:
    """Return the day of the first report that found the page of an artifact blank, by artifact.

    *findings* is ``REPORTED``.
    """
    # Findings on the texts that pages show; a first run knows nothing earlier.
    of_pages = is_in(findings["column"], ("description", "source")) & findings["since_at"].notna()
    listed = is_in(findings["artifact_id"], [blank.artifact_id for blank in blanks])
    since = findings[of_pages & listed].groupby("artifact_id")["since_at"].min()
    return {_cut(artifact, _NAME_LIMIT): str(at)[:10] for artifact, at in since.items()}


def _cut(text: object, width: int) -> str:
    return shortened(printable(text), width)
