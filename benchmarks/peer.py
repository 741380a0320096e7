"""Measures datacompy on two frames, in its own environment: ``python peer.py FOLDER``."""

import json
import sys
import time
from pathlib import Path

import datacompy
import pandas as pd

ROUNDS = 5


def main() -> None:
    """Compare several times, and print the median duration as JSON."""
    folder = Path(sys.argv[1])
    expected, actual = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("expected", "actual")
    )
    durations = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        comparison = datacompy.PandasCompare(
            expected, actual, join_columns=list(expected.columns[:2])
        )
        durations.append(time.perf_counter() - start)
    json.dump(
        {"wall": sorted(durations)[ROUNDS // 2], "done": len(comparison.all_mismatch())}, sys.stdout
    )


if __name__ == "__main__":
    main()
