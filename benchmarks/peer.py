"""Measures other tools on two frames, in their own environment: ``python peer.py FOLDER``.

datacompy with pandas and with polars, and duckdb; all list the cells that differ in the rows that
both frames have. Prints JSON: per tool the median wall and CPU time, and how many cells differ.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import datacompy
import duckdb
import pandas as pd
import polars as pl

ROUNDS = 5
KEYS = ["collection_id", "artifact_id"]


def peers(folder: Path) -> dict[str, Callable[[], int]]:
    """Return the comparisons by name; each returns the number of differing cells."""
    files = [folder / f"{name}.parquet" for name in ("expected", "actual")]
    in_pandas, in_polars = list(map(pd.read_parquet, files)), list(map(pl.read_parquet, files))
    connection = duckdb.connect()
    for table, file in zip(("expected", "actual"), files, strict=True):
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM '{file}'")
    columns = [name for name in in_pandas[0].columns if name not in KEYS]
    query = _query(columns)
    return {
        "datacompy_pandas": lambda: _cells(datacompy.PandasCompare(*in_pandas, join_columns=KEYS)),
        "datacompy_polars": lambda: _cells(datacompy.PolarsCompare(*in_polars, join_columns=KEYS)),
        "duckdb": lambda: len(connection.execute(query).fetchall()),
    }


def _cells(comparison: datacompy.PandasCompare | datacompy.PolarsCompare) -> int:
    return sum(column["unequal_cnt"] for column in comparison.column_stats)


def _query(columns: list[str]) -> str:
    """Return a query for the differing cells: one join, then a pass per column."""
    pairs = ", ".join(f"e.{name} AS e_{name}, a.{name} AS a_{name}" for name in columns)
    cells = " UNION ALL ".join(
        f"SELECT artifact_id, '{name}', e_{name}, a_{name} FROM pairs "
        f"WHERE e_{name} IS DISTINCT FROM a_{name}"
        for name in columns
    )
    return (
        f"WITH pairs AS MATERIALIZED (SELECT artifact_id, {pairs} FROM expected e "
        f"JOIN actual a USING ({', '.join(KEYS)})) {cells}"
    )


def main() -> None:
    """Compare several times, in turn, and print the medians as JSON."""
    tools = peers(Path(sys.argv[1]))
    figures: dict[str, list[tuple[float, float, int]]] = {name: [] for name in tools}
    for _ in range(ROUNDS):
        for name, compare in tools.items():
            wall, cpu = time.perf_counter(), time.process_time()
            cells = compare()
            figures[name].append((time.perf_counter() - wall, time.process_time() - cpu, cells))
    medians = {
        name: dict(zip(("wall", "cpu", "done"), map(median, zip(*each, strict=True)), strict=True))
        for name, each in figures.items()
    }
    json.dump(medians, sys.stdout)


if __name__ == "__main__":
    main()
