"""Compares the page model with the answers of a running SkillMeat."""

import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.model.live import (
    IN_COLLECTION,
    IN_LIST,
    LIVE_DIFFERENCES,
    LIVE_TEXTS,
    OF_ARTIFACT,
    LiveAnswers,
    LiveComparison,
    LiveScope,
)
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import KEY

_KEY = list(KEY)
_ORDER = ["page", *_KEY, "column"]
_LOCAL = "local"  # what both show as the source of an artifact without one


def compare_live(
    snapshot: Snapshot, pages: pd.DataFrame, answers: LiveAnswers, scope: LiveScope
) -> LiveComparison:
    """Return where *answers* differ from *pages* (``PAGES``) and from the manifests, in *scope*.

    Collections are compared where they were answered completely. An artifact that one side lists
    twice counts once: pages show its first row.
    """
    complete = pd.Series(sorted(answers.complete), dtype="string")
    asked = [each for each in pages["artifact_id"].dropna().unique() if scope.has_artifact(each)]
    modelled = pages[is_in(pages["artifact_id"], asked)]
    modelled, live = (
        frame[is_in(frame["collection_id"], complete)]
        .dropna(subset=["artifact_id"])
        .drop_duplicates(_KEY)
        for frame in (modelled, answers.pages)
    )
    # An outer merge keeps what only one side lists, and `indicator` says which.
    both = modelled.merge(live, on=_KEY, how="outer", suffixes=("_model", "_live"), indicator=True)
    shared = both[both["_merge"] == "both"]
    parts = [_one_sided(both), *(_different_texts(shared, column) for column in LIVE_TEXTS)]
    parts += [
        _different_singles(snapshot, answers.singles, page) for page in (IN_LIST, OF_ARTIFACT)
    ]
    differences = pd.concat(parts, ignore_index=True).sort_values(_ORDER, na_position="first")
    differences = LIVE_DIFFERENCES.conform(differences)
    return LiveComparison(answers, differences, len(shared), len(answers.singles))


def _one_sided(both: pd.DataFrame) -> pd.DataFrame:
    """Return the artifacts that only the model or only the server shows."""
    alone = both[both["_merge"] != "both"]
    shown = pd.Series("listed", alone.index, dtype="string")
    side = alone["_merge"]
    model, live = shown.where(side == "left_only"), shown.where(side == "right_only")
    return _differences(alone, page=IN_COLLECTION, column=None, model=model, live=live)


def _different_texts(shared: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the artifacts whose *column* differs; pages show an empty text as none."""
    model, live = (_shown(shared[f"{column}_{side}"]) for side in ("model", "live"))
    same = is_true(model == live) | (model.isna() & live.isna())
    model, live = model[~same], live[~same]
    return _differences(shared[~same], page=IN_COLLECTION, column=column, model=model, live=live)


def _different_singles(snapshot: Snapshot, singles: pd.DataFrame, page: str) -> pd.DataFrame:
    """Return what the list of all artifacts or their own pages show and no manifest has.

    Several file collections may declare an artifact: any of them may serve it.
    """
    shown = singles[singles["page"] == page].drop_duplicates()
    declared = is_in(shown["artifact_id"], snapshot.manifest["artifact_id"])
    unknown = shown[~declared].assign(collection_id=None)
    parts = [_differences(unknown, page=page, column=None, model=None, live="listed")]
    for column in LIVE_TEXTS:
        model, live = _manifest_texts(snapshot, column, page), _shown(shown[column])
        is_shown = pd.MultiIndex.from_arrays([shown["artifact_id"], live.fillna("")])
        wrong = declared & ~is_shown.isin(pd.MultiIndex.from_frame(model.fillna("")))
        different = shown[wrong].assign(collection_id=None)
        first = model.drop_duplicates("artifact_id").set_index("artifact_id")["text"]
        expected = different["artifact_id"].map(first)
        parts.append(
            _differences(different, page=page, column=column, model=expected, live=live[wrong])
        )
    return pd.concat(parts, ignore_index=True)


def _manifest_texts(snapshot: Snapshot, column: str, page: str) -> pd.DataFrame:
    """Return what *page* may show of each artifact in *column*: ``artifact_id`` and ``text``.

    The list takes the source of a row, where one has any.
    """
    manifest, rows = snapshot.manifest, snapshot.rows
    active = manifest["file_collection"] != snapshot.home.active_collection
    entries = manifest.loc[active.sort_values(kind="stable").index, ["artifact_id", column]]
    texts = entries.set_axis(["artifact_id", "text"], axis=1)
    texts["text"] = _shown(texts["text"])
    if column != "source":
        return texts
    texts["text"] = texts["text"].fillna(_LOCAL)
    if page != IN_LIST:
        return texts
    held = rows.loc[rows["source"].notna(), ["artifact_id", "source"]]
    held = held.set_axis(["artifact_id", "text"], axis=1)
    return pd.concat([held, texts[~is_in(texts["artifact_id"], held["artifact_id"])]])


def _shown(texts: pd.Series) -> pd.Series:
    return texts.mask(is_true(texts == ""))


def _differences(keys: pd.DataFrame, **values: pd.Series | str | None) -> pd.DataFrame:
    """Return ``LIVE_DIFFERENCES`` of the rows of *keys*; *values* are aligned, or scalars."""
    return LIVE_DIFFERENCES.conform(keys[_KEY].assign(**values))
