"""Measures everything in one run on one machine: ``make bench``, ``make bench SIZES="300 1000"``.

Every step is a process of its own (`steps.py`), and the steps take turns, so that a machine which
is slow for a while is slow for all of them. Figures are medians, and ratios of medians to the
floor. Results are kept as JSON in ``results/``, and as a table in the README.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import homes
import report
from machine import facts, watched

HERE = Path(__file__).parent
HOMES = HERE.parent / ".build" / "bench"
PYTHON = Path(sys.executable)
TOOL = PYTHON.with_name("skillmeat-audit")
CONFORMANCE = HERE.parent / ".venv-conformance" / "bin" / "python"
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"

SIZES = (300, 1_000, 10_000, 100_000)
STEPS = ("floor", "check", "unchanged", "plan", "apply", "undo", "report")
LARGE, SMALL, PEER = 10_000, 300, 1_000
Figures = dict[str, float]


def main() -> None:
    """Build the homes, measure, keep and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often (past 10,000: three times)"
    )
    options = parser.parse_args()
    results: dict[str, object] = {"machine": facts(), "start": start(options.rounds)}
    results["diff"] = compared(max(options.sizes), options.rounds)
    results["bulk"] = bulk(options.rounds)
    if PEER in options.sizes:
        results["refresh"] = refresh()
    results["sizes"] = {
        str(size): dict(measured(size, min(options.rounds, 3) if size > LARGE else options.rounds))
        for size in options.sizes
    }
    report.keep(results, whole=tuple(options.sizes) == SIZES)


def measured(size: int, rounds: int) -> Iterator[tuple[str, Figures]]:
    """Yield the median figures of every step on a home of *size* artifacts."""
    yield from turns(STEPS, home(str(size), size), rounds)


def bulk(rounds: int) -> dict[str, Figures]:
    """Return what it takes to change every row of a home: ours, a bare executemany, an ORM."""
    place = home(f"{LARGE}-bare", LARGE, bare=100)
    few = home(f"{PEER}-bare", PEER, bare=100)
    return dict(turns(("apply", "bare"), place, rounds)) | dict(turns(("orm",), few, 3))


def turns(steps: tuple[str, ...], place: Path, rounds: int) -> Iterator[tuple[str, Figures]]:
    """Yield the medians of *steps*, taken in turns, *rounds* times each."""
    taken: dict[str, list[Figures]] = {step: [] for step in steps}
    for number in range(rounds):
        for step in steps:
            say(f"{place.parent.name}: {step}, {number + 1} of {rounds}")
            taken[step].append(watched([PYTHON, HERE / "steps.py", step, place]))
    for step, figures in taken.items():
        yield step, {name: median(each[name] for each in figures) for name in figures[0]}


def start(rounds: int) -> Figures:
    """Return how long whole processes take: the help, and a check of a small home."""
    small = home(str(SMALL), SMALL)
    commands = {"help": [TOOL, "--help"], "check": [TOOL, "check", small, "--no-parse-cache"]}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(2 * rounds):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
            taken[name].append(time.perf_counter() - began)
    return {name: median(each) for name, each in taken.items()}


def refresh() -> dict[str, object]:
    """Return what SkillMeat's own refresh takes and leaves of a home, and what ours does."""
    place = home(str(PEER), PEER)
    ours = dict(turns(("repair",), place, 3))["repair"]
    with tempfile.TemporaryDirectory() as folder:
        say(f"{PEER}: SkillMeat's refresh-cache, once")
        kept = Path(folder) / "kept"
        theirs = last_line([CONFORMANCE, HERE / "refresh.py", place, kept])
        return {"ours": ours, "theirs": theirs, "before": wrong(place), "left": wrong(kept)}


def wrong(place: Path) -> int:
    """Return how many cells and rows of the home at *place* a repair would mend."""
    command = [TOOL, "plan", place, "--no-parse-cache", "--format", "json"]
    return len(
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["changes"]
    )


def compared(size: int, rounds: int) -> dict[str, object]:
    """Return how long it takes to compare two frames: ours, datacompy, `DataFrame.compare`."""
    place = home(str(size), size)
    figures: dict[str, object] = dict(turns(("diff", "pandas"), place, rounds))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([PYTHON, HERE / "frames.py", place, folder], check=True)
        figures["datacompy"] = last_line([PEERS, HERE / "peer.py", folder])
    return figures | {"rows": size}


def last_line(command: list[object]) -> dict[str, object]:
    """Return the JSON in the last line that *command* prints."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def home(name: str, size: int, bare: int = homes.BARE) -> Path:
    """Return the home called *name*, built where it is not there yet."""
    place = HOMES / name / ".skillmeat"
    if not (HOMES / name / "done").exists():
        say(f"building a home of {size:,} artifacts")
        shutil.rmtree(HOMES / name, ignore_errors=True)
        homes.build(HOMES / name, size, bare=bare)
        (HOMES / name / "done").touch()
    return place


def say(what: str) -> None:
    """Show on stderr what is going on."""
    print(f"  {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
