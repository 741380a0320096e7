"""Two frames of one home, the expected and the actual rows: their keys and audited columns."""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from skillmeat_audit.loaders.snapshot import load_snapshot
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import CATALOG, FRONTMATTER, KEY, MANIFEST

NAMES = [*KEY, *COLUMNS]


def snapshot(home: Path) -> Snapshot:
    """Return the layers of *home*, with the values of all layers moved into the manifest."""
    loaded = load_snapshot(home, progress=False)
    values = {name: loaded.manifest[name] for name in COLUMNS}
    frontmatter = loaded.frontmatter
    values |= {
        name: values[name].fillna(frontmatter[name]) for name in COLUMNS if name in frontmatter
    }
    blank = dict.fromkeys(FRONTMATTER.columns) | {"entry": frontmatter["entry"]}
    return replace(
        loaded,
        manifest=MANIFEST.conform(loaded.manifest.assign(**values)),
        frontmatter=FRONTMATTER.conform(pd.DataFrame(blank, index=frontmatter.index)),
        cache=replace(loaded.cache, catalog=CATALOG.empty()),
    )


def pair(home: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the expected and the actual frame, one row per artifact in the default collection."""
    layers = snapshot(home)
    return layers.manifest.assign(collection_id="default")[NAMES], layers.rows[NAMES]


def compare_with_pandas(expected: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Return the result of `DataFrame.compare` on the rows that both frames have."""
    left, right = expected.set_index(list(KEY)), actual.set_index(list(KEY))
    both = left.index.intersection(right.index)
    return left.loc[both].compare(right.loc[both])


def main() -> None:
    """Write both frames of a home to a folder: ``python benchmarks/frames.py HOME FOLDER``."""
    home, folder = map(Path, sys.argv[1:])
    for name, frame in zip(("expected", "actual"), pair(home), strict=True):
        frame.to_parquet(folder / f"{name}.parquet")


if __name__ == "__main__":
    main()
