"""The limit: the work of the floor with the fastest libraries that keep its semantics.

``python limit.py HOME``, in the environment of the peers. toml-rs parses the manifests, our own
scanner the front matters that it is certain of and PyYAML the others, and ADBC fetches the cache
rows as Arrow. Prints JSON: wall and CPU time, and how much was read (as `floor.floor` counts it).
"""

import importlib.util
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import adbc_driver_sqlite.dbapi
import floor
import toml_rs
import yaml

SCANNER = Path(__file__).parents[1] / "skillmeat_audit" / "loaders" / "yaml_certain.py"


def limit(home: Path, certain_value) -> int:
    """Return the total number of artifacts, front matters and rows that were read."""
    return _parse(home, certain_value) + _fetch(home.absolute() / "cache" / "cache.db")


def _parse(home: Path, certain_value) -> int:
    count = 0
    for manifest in sorted(home.glob("collections/*/collection.toml")):
        content = floor.read(str(manifest)).decode()
        for entry in toml_rs.loads(content, toml_version="1.0.0")["artifacts"]:
            block = floor.front_matter(str(manifest.parent), entry)
            if block is not None and certain_value(block) is None:
                yaml.load(block, yaml.CSafeLoader)
            count += 2
    return count


def _fetch(database: Path) -> int:
    address = f"{database.as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as cache:
        queries = floor.queries(cache)
    with adbc_driver_sqlite.dbapi.connect(address) as cache, cache.cursor() as cursor:
        return sum(cursor.execute(each).fetch_arrow_table().num_rows for each in queries)


def main() -> None:
    """Measure once and print."""
    spec = importlib.util.spec_from_file_location("yaml_certain", SCANNER)
    scanner = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scanner)
    wall, cpu = time.perf_counter(), time.process_time()
    done = limit(Path(sys.argv[1]), scanner.certain_value)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    json.dump({"wall": wall, "cpu": cpu, "done": done}, sys.stdout)


if __name__ == "__main__":
    main()
