"""Runs all measurements on one machine: ``make bench``, ``make bench SIZES="300 1000"``.

Every step runs in its own process (`steps.py`), and the steps alternate, so that a temporary
slowdown of the machine affects all of them. Figures are medians, and ratios of medians to the
floor. A complete run saves them as JSON in ``results/`` and as tables in
``docs/explanation/speed.md``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import fleets
import homes
import large
import report
from machine import facts, run_measured

HERE = Path(__file__).parent
HOMES = HERE.parent / ".build" / "bench"
PYTHON = Path(sys.executable)
TOOL = PYTHON.with_name("skillmeat-audit")
CONFORMANCE = HERE.parent / ".venv-conformance" / "bin" / "python"
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"

SIZES = (300, 1_000, 10_000, 100_000)
ON_ONE_CORE = "_one_core"  # ends the name of a step that uses one core only
STEPS = (
    "limit", "floor", "check", "unchanged", "plan", "apply", "undo", "report",
    "floor_one_core", "check_one_core",
)  # fmt: skip
LARGE, SMALL, PEER = 10_000, 300, 1_000
Figures = dict[str, float]


def main() -> None:
    """Build the homes, measure, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds per step (at most 3 above 10,000 artifacts)"
    )
    options = parser.parse_args()
    results: dict[str, object] = {"machine": facts(), "start": measure_start(options.rounds)}
    results["diff"] = measure_diff(max(options.sizes), options.rounds)
    results["bulk"] = measure_bulk(options.rounds)
    results["one"] = dict(alternate(("show", "view"), home(str(LARGE), LARGE), options.rounds))
    if PEER in options.sizes:
        results["refresh"] = measure_refresh()
    show_progress(f"a fleet of {fleets.HOMES} homes, in every way, twice")
    results["fleet"] = fleets.measure_fleet()
    show_progress(f"a cache of {large.ROWS:,} rows, on SQLite and PostgreSQL")
    results["large"] = large.measure_large()
    results["sizes"] = {
        str(size): dict(
            measure_steps(size, min(options.rounds, 3) if size > LARGE else options.rounds)
        )
        for size in options.sizes
    }
    report.save(results, complete=tuple(options.sizes) == SIZES)


def measure_steps(size: int, rounds: int) -> Iterator[tuple[str, Figures]]:
    """Yield the median figures of every step on a home of *size* artifacts."""
    yield from alternate(STEPS, home(str(size), size), rounds)
    yield "answer", measure_answer(home(str(size), size), rounds)


def measure_bulk(rounds: int) -> dict[str, Figures]:
    """Return how long it takes to change every row: by apply, undo, bare statements, an ORM."""
    large = home(f"{LARGE}-bare", LARGE, bare=100)
    small = home(f"{PEER}-bare", PEER, bare=100)
    return dict(alternate(("apply", "undo", "bare", "rowid"), large, rounds)) | dict(
        alternate(("orm",), small, 3)
    )


def alternate(
    steps: tuple[str, ...], home_path: Path, rounds: int
) -> Iterator[tuple[str, Figures]]:
    """Yield the medians of *steps*, which alternate for a number of *rounds*."""
    results: dict[str, list[Figures]] = {step: [] for step in steps}
    for number in range(rounds):
        for step in steps:
            show_progress(f"{home_path.parent.name}: {step}, {number + 1} of {rounds}")
            command: list[object] = [PYTHON, HERE / "steps.py", step.removesuffix(ON_ONE_CORE)]
            command = [PEERS, HERE / "limit.py"] if step == "limit" else command
            command += [home_path, *(["--one-core"] if step.endswith(ON_ONE_CORE) else [])]
            results[step].append(run_measured(command))
    for step, figures in results.items():
        yield step, {name: median(figure[name] for figure in figures) for name in figures[0]}


def measure_start(rounds: int) -> Figures:
    """Return the durations of whole processes: the help, a check of a small home, `import pandas`.

    They alternate. ``cpu_`` before a name is its CPU time.
    """
    small = home(str(SMALL), SMALL)
    commands: dict[str, list[object]] = {
        "help": [TOOL, "--help"],
        "check": [TOOL, "check", small, "--no-parse-cache"],
        "pandas": [PYTHON, "-c", "import pandas"],
    }
    runs = [{name: run_process(each) for name, each in commands.items()} for _ in range(2 * rounds)]
    return {
        prefix + name: median(run[name][time] for run in runs)
        for prefix, time in (("", "wall"), ("cpu_", "cpu"))
        for name in commands
    }


def measure_answer(home_path: Path, rounds: int) -> Figures:
    """Return how long a check takes, the whole process, if nothing changed since the last one."""
    with tempfile.TemporaryDirectory() as folder:
        command = [TOOL, "check", home_path, "--state-dir", folder]
        run_process(command)
        figures = [run_process(command) for _ in range(rounds)]
    return {name: median(each[name] for each in figures) for name in figures[0]}


def run_process(command: list[object]) -> Figures:
    """Run *command* and return the wall and CPU time of the whole process."""
    start, before = time.perf_counter(), os.times()
    subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system
    return {"wall": wall, "cpu": used - before.children_user - before.children_system}


def measure_refresh() -> dict[str, object]:
    """Return the durations of SkillMeat's refresh and of our repair, and the rows to repair."""
    home_path = home(str(PEER), PEER)
    ours = dict(alternate(("repair",), home_path, 3))["repair"]
    with tempfile.TemporaryDirectory() as folder:
        show_progress(f"{PEER}: SkillMeat's refresh-cache, once")
        refreshed = Path(folder) / "refreshed"
        theirs = last_json([CONFORMANCE, HERE / "refresh.py", home_path, refreshed])
        before, after = map(count_changes, (home_path, refreshed))
        return {"ours": ours, "theirs": theirs, "before": before, "left": after}


def count_changes(home_path: Path) -> int:
    """Return how many rows a repair of the home at *home_path* would change."""
    command = [TOOL, "plan", home_path, "--no-parse-cache", "--format", "json"]
    return len(
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["changes"]
    )


def measure_diff(size: int, rounds: int) -> dict[str, object]:
    """Return how long it takes to compare two frames: by our diff, pandas, and other tools.

    Raises `SystemExit` if they do not list equally many cells.
    """
    home_path = home(str(size), size)
    figures: dict[str, Any] = dict(alternate(("diff", "pandas"), home_path, rounds))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([PYTHON, HERE / "frames.py", home_path, folder], check=True)
        peers = last_json([PEERS, HERE / "peer.py", folder])
    cells = {name: each["done"] for name, each in {"diff": figures["diff"], **peers}.items()}
    if len(set(cells.values())) > 1:
        raise SystemExit(f"the tools disagree on how many cells differ: {cells}")
    figures |= peers
    return figures | {"rows": size}


def last_json(command: list[object]) -> dict[str, Any]:
    """Return the last line that *command* prints, parsed as JSON."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    parsed: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return parsed


def home(name: str, size: int, bare: int = homes.BARE) -> Path:
    """Return the home called *name*, and build it if it does not exist."""
    if not (HOMES / name / "done").exists():
        show_progress(f"building a home of {size:,} artifacts")
        shutil.rmtree(HOMES / name, ignore_errors=True)
        homes.build(HOMES / name, size, bare=bare)
        (HOMES / name / "done").touch()
    return HOMES / name / ".skillmeat"


def show_progress(message: str) -> None:
    """Print *message* to stderr."""
    print(f"  {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
