"""Measures fleets: homes per second, CPU and memory for one process, a pool, and Dask.

Each way checks the fleet twice, the second time after no home has changed. Only child processes
cache answers: one process audits all homes again.

``make bench`` includes it. Usage: ``python benchmarks/fleets.py [HOMES] [ARTIFACTS]``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import report
from homes import build
from machine import facts, resident_mb

TOOL = Path(sys.executable).with_name("skillmeat-audit")
ENGINES = {
    "one process": ("--workers", "1"),
    "pool of two": ("--workers", "2"),
    "Dask, two workers": ("--dask", "--workers", "2"),
}
HOMES, ARTIFACTS = 200, 300
_UNSETTLED_SECONDS = 3  # nothing is cached of files that changed less long ago


def main() -> None:
    """Build the homes, check them in every way, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", type=int, nargs="?", default=HOMES)
    parser.add_argument("artifacts", type=int, nargs="?", default=ARTIFACTS)
    options = parser.parse_args()
    print(json.dumps(facts()))
    print("\n".join(report.fleet_lines(measure_fleet(options.homes, options.artifacts))))


def measure_fleet(homes: int = HOMES, artifacts: int = ARTIFACTS) -> dict[str, object]:
    """Return the figures of every way to check a fleet of *homes*, each with *artifacts*.

    Raises `SystemExit` if their answers differ.
    """
    with tempfile.TemporaryDirectory(prefix="skillmeat-audit-fleet-") as folder:
        file = build_fleet(Path(folder), homes, artifacts)
        time.sleep(_UNSETTLED_SECONDS)
        ways = {
            name: {which: measure(file, name, homes) for which in ("changed", "unchanged")}
            for name in ENGINES
        }
    if len({each.pop("answer") for way in ways.values() for each in way.values()}) > 1:
        raise SystemExit("the answers differ")
    return {"homes": homes, "artifacts": artifacts, "ways": ways}


def build_fleet(folder: Path, number: int, artifacts: int) -> Path:
    """Return the file of a fleet of *number* equal homes."""
    first = folder / "homes" / "h0000"
    build(first, artifacts)
    for other in range(1, number):
        shutil.copytree(first, folder / "homes" / f"h{other:04d}", symlinks=True)
    file = folder / "fleet.toml"
    file.write_text('time-limit = 600\n[[homes]]\nglob = "homes/*"\n')
    return file


def measure(file: Path, name: str, number: int) -> dict[str, Any]:
    """Return the figures of one way to check the fleet of *number* homes, and its answer."""
    state = {**os.environ, "XDG_STATE_HOME": str(file.parent / f"state-{name}")}
    command = [TOOL, "fleet", "check", file, "--format", "json", "-q", *ENGINES[name]]
    before, start = os.times(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=state, text=True) as process:
        peaks: dict[int, float] = {}
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(process.pid, peaks, done))
        watch.start()
        answer = process.communicate()[0]
        done.set()
        watch.join()
    seconds, after = time.perf_counter() - start, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    main = peaks.pop(process.pid, 0)
    return {
        "per_second": number / seconds,
        "cpu_ms": 1000 * cpu / number,
        "mb": main,
        "worker_mb": max(peaks.values(), default=0),
        "answer": answer,
    }


def _watch(pid: int, peaks: dict[int, float], done: threading.Event) -> None:
    while not done.wait(0.1):
        for each, megabytes in resident_mb(pid).items():
            peaks[each] = max(peaks.get(each, 0), megabytes)


if __name__ == "__main__":
    main()
