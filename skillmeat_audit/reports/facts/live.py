"""Describes what a running SkillMeat shows beside the page model, in lines for people."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pandas as pd

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import IN_LIST, OF_ARTIFACT, LiveAnswers, LiveComparison
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import display_value, plural, trim_common_prefix

LIVE_TITLE = "Pages of the running SkillMeat"
LINES_SHOWN = 20
_VALUE_CHARS, _NAME_CHARS = 100, 200
_SINGLES = {IN_LIST: "list of all artifacts", OF_ARTIFACT: "its own page"}


@dataclass(frozen=True)
class LiveText:
    """A comparison in words: ``advice`` is empty without differences; lines are printable."""

    sentence: str
    advice: str
    differences: tuple[str, ...]
    failures: tuple[str, ...]


def describe_live(live: LiveComparison, names: Names) -> LiveText:
    """Return *live* in words, with the first differences and failures."""
    answers, differences = live.answers, live.differences
    sentence = (
        f"{printable(answers.url)} lists {plural(len(answers.pages), 'artifact')} of "
        f"{plural(len(answers.complete), 'collection')}. {plural(live.compared, 'artifact')} "
        f"on them and {plural(live.singles, 'item')} of its list of all artifacts and of their own "
        f"pages compared with the page model: {plural(len(differences), 'difference')}. "
        f"{plural(len(answers.failures), 'request')} failed."
    )
    if answers.pages.empty and answers.singles.empty and len(answers.failures):
        failed = plural(len(answers.failures), "request")
        sentence = f"{printable(answers.url)} shows no page: nothing was compared. {failed} failed."
    advice = (
        f"A difference is an error of {TOOL}: please report it, with the lines below. It is none "
        "where the server serves another home, or its home changed during the audit."
    )
    return LiveText(
        sentence,
        advice if len(differences) else "",
        tuple(_first(differences, "difference", lambda row: difference_line(row, names))),
        tuple(_first(answers.failures, "failed request", failure_line)),
    )


def artifact_live_lines(live: LiveComparison, artifact_id: str, names: Names) -> Iterator[str]:
    """Yield what the server shows of one artifact: a line per row and difference, or failure."""
    of_artifact = artifact_live(live, artifact_id)
    differing = records(of_artifact.differences)
    with_difference = {row["collection_id"] for row in differing}
    for page in records(of_artifact.answers.pages):
        if (collection := page["collection_id"]) not in with_difference:
            same = collection in live.answers.complete
            result = "the page model agrees" if same else "not compared: not all pages answered"
            yield f"{_label(page, names)}: {_shown(page['description'])}; {result}"
    yield from (difference_line(row, names) for row in differing)
    yield from (failure_line(row) for row in records(of_artifact.answers.failures))
    if of_artifact.answers.pages.empty and not differing:
        yield f"{_cut(artifact_id)}: no page lists it"


def artifact_live(live: LiveComparison, artifact_id: str) -> LiveComparison:
    """Return the part of *live* about one artifact: failures are those of its own page."""
    # The requests are recorded as they were sent, with ":" unescaped.
    answers, request = live.answers, f"/artifacts/{quote(artifact_id, safe=':')}"
    pages, differences = (
        frame[(frame["artifact_id"] == artifact_id).fillna(False)]
        for frame in (answers.pages, live.differences)
    )
    failures = answers.failures[(answers.failures["request"] == request).fillna(False)]
    in_collection = differences["collection_id"].notna()
    is_alone = differences["column"].isna() & differences["model"].isna() & in_collection
    # An artifact that only the server lists was not compared.
    compared = pages["collection_id"].isin(sorted(answers.complete)).sum() - is_alone.sum()
    singles = answers.singles[(answers.singles["artifact_id"] == artifact_id).fillna(False)]
    part = LiveAnswers(answers.url, pages, failures, answers.complete, singles)
    return LiveComparison(part, differences, int(compared), len(singles))


def difference_line(row: Mapping[str, object], names: Names) -> str:
    """Return one difference (a row of ``LIVE_DIFFERENCES``) in words."""
    if row["column"] is None:
        side = "the page model" if row["live"] is None else "the server"
        return f"{_label(row, names)}: only {side} lists it"
    model, live = trim_common_prefix(
        display_value(row["model"]), display_value(row["live"]), _VALUE_CHARS // 2
    )
    return (
        f"{_label(row, names)}: {row['column']}: the server shows "
        f"{shortened(live, _VALUE_CHARS)}, the page model {shortened(model, _VALUE_CHARS)}"
    )


def failure_line(row: Mapping[str, object]) -> str:
    """Return one failed request (a row of ``LIVE_FAILURES``) in words."""
    status = "no answer" if row["status"] is None else str(row["status"])
    return f"GET {_cut(row['request'])}: {status}: {_cut(row['reason'])}"


def _first(
    frame: pd.DataFrame, noun: str, line: Callable[[Mapping[str, object]], str]
) -> Iterator[str]:
    """Yield the lines of the first rows of *frame*, then how many more there are."""
    yield from map(line, records(frame.head(LINES_SHOWN)))
    if (more := len(frame) - LINES_SHOWN) > 0:
        yield f"… and {plural(more, f'more {noun}')}; the JSON output has all"


def _label(row: Mapping[str, object], names: Names) -> str:
    collection = row["collection_id"]
    place = _SINGLES[str(row["page"])] if collection is None else _cut(names.collection(collection))
    return f"{_cut(row['artifact_id'])} · {place}"


def _shown(description: object) -> str:
    if not description:
        return "shown without a description"
    return f"shown with the description {shortened(display_value(description), _VALUE_CHARS)}"


def _cut(text: object) -> str:
    return shortened(printable(text), _NAME_CHARS)
