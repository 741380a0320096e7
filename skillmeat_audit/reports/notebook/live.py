"""Renders the pages of a running SkillMeat beside the page model, as static HTML."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from markupsafe import Markup

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.reports.facts.live import LIVE_TITLE, describe_live, difference_line
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.notebook.html import ROW_LIMIT, fragment, paragraph, table_html


def live_html(live: LiveComparison, names: Names) -> str:
    """Return *live* as an HTML fragment: the sentence, the differences, the failed requests."""
    described = describe_live(live, names)
    differences, failures = live.differences, live.answers.failures
    lines = ((number, difference_line(row, names)) for number, row in _numbered(differences))
    failed = ((row["request"], row["status"], row["reason"]) for _, row in _numbered(failures))
    return fragment(
        paragraph(f"{LIVE_TITLE}: {described.sentence}"),
        paragraph(described.advice) if described.advice else Markup(),
        table_html(_caption("Differences", len(differences)), ("number", "difference"), lines)
        if len(differences)
        else Markup(),
        table_html(_caption("Failed requests", len(failures)), ("GET", "status", "reason"), failed)
        if len(failures)
        else Markup(),
    )


def _numbered(frame: pd.DataFrame) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(records(frame.head(ROW_LIMIT)), 1)


def _caption(title: str, total: int) -> str:
    return f"{title}: {min(total, ROW_LIMIT)} of {total}"
