"""Compares the page model with the answers of a running SkillMeat."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.model.live import LIVE_DIFFERENCES, LIVE_TEXTS, LiveAnswers, LiveComparison
from skillmeat_audit.model.tables import KEY

_KEY = list(KEY)
_ORDER = [*_KEY, "column"]


def compare_live(pages: pd.DataFrame, answers: LiveAnswers) -> LiveComparison:
    """Return where *answers* and *pages* (``PAGES``) differ, in collections answered completely.

    An artifact that one side lists twice counts once: pages show its first row.
    """
    complete = pd.Series(sorted(answers.complete), dtype="string")
    modelled, live = (
        frame[is_in(frame["collection_id"], complete)]
        .dropna(subset=["artifact_id"])
        .drop_duplicates(_KEY)
        for frame in (pages, answers.pages)
    )
    # An outer merge keeps what only one side lists, and `indicator` says which.
    both = modelled.merge(live, on=_KEY, how="outer", suffixes=("_model", "_live"), indicator=True)
    shared = both[both["_merge"] == "both"]
    parts = [_one_sided(both), *(_different_texts(shared, column) for column in LIVE_TEXTS)]
    differences = pd.concat(parts, ignore_index=True).sort_values(_ORDER, na_position="first")
    return LiveComparison(answers, LIVE_DIFFERENCES.conform(differences), len(shared))


def _one_sided(both: pd.DataFrame) -> pd.DataFrame:
    """Return the artifacts that only the model or only the server shows."""
    alone = both[both["_merge"] != "both"]
    shown = pd.Series("listed", alone.index, dtype="string")
    side = alone["_merge"]
    model, live = shown.where(side == "left_only"), shown.where(side == "right_only")
    return LIVE_DIFFERENCES.conform(alone[_KEY].assign(column=None, model=model, live=live))


def _different_texts(shared: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the artifacts whose *column* differs; pages show an empty text as none."""
    model, live = (
        shared[f"{column}_{side}"].mask(is_true(shared[f"{column}_{side}"] == ""))
        for side in ("model", "live")
    )
    same = is_true(model == live) | (model.isna() & live.isna())
    differing = shared[_KEY].assign(column=column, model=model, live=live)[~same]
    return LIVE_DIFFERENCES.conform(differing)
