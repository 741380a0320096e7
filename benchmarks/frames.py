"""Two frames of one home: what its rows should say, and what they say; keys and audited columns."""

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
    """Return the layers of *home* with everything that is known of it in the manifest."""
    loaded = load_snapshot(home, progress=False)
    told = {name: loaded.manifest[name] for name in COLUMNS}
    own = loaded.frontmatter
    told |= {name: told[name].fillna(own[name]) for name in COLUMNS if name in own}
    silent = dict.fromkeys(FRONTMATTER.columns) | {"entry": own["entry"]}
    blank = pd.DataFrame(silent, index=own.index)
    return replace(
        loaded,
        manifest=MANIFEST.conform(loaded.manifest.assign(**told)),
        frontmatter=FRONTMATTER.conform(blank),
        cache=replace(loaded.cache, catalog=CATALOG.empty()),
    )


def pair(home: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both frames, a row per artifact in the default collection."""
    layers = snapshot(home)
    return layers.manifest.assign(collection_id="default")[NAMES], layers.rows[NAMES]


def compared(expected: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Return what `DataFrame.compare` makes of the rows that both frames have."""
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
