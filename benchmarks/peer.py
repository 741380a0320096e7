"""Times datacompy over two frames, in an environment of its own: ``python peer.py FOLDER``."""

import json
import sys
import time
from pathlib import Path

import datacompy
import pandas as pd

TIMES = 5


def main() -> None:
    """Compare several times, and say how long each took."""
    folder = Path(sys.argv[1])
    expected, actual = (
        pd.read_parquet(folder / f"{name}.parquet") for name in ("expected", "actual")
    )
    took = []
    for _ in range(TIMES):
        start = time.perf_counter()
        found = datacompy.PandasCompare(expected, actual, join_columns=list(expected.columns[:2]))
        took.append(time.perf_counter() - start)
    json.dump({"wall": sorted(took)[TIMES // 2], "done": len(found.all_mismatch())}, sys.stdout)


if __name__ == "__main__":
    main()
