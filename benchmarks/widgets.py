"""Measures the explorer over 100,000 findings: how long until a click is answered.

Run it as ``make benchmark``; each line is the median of seven.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from builders import audited, imported, row, snapshot

import skillmeat_audit as sma
from skillmeat_audit import Audit

ARTIFACTS = 25_000  # each lacks four values
TIMES = 7
LIMIT_MS = 300  # a click that takes longer feels slow


def timed(act: Callable[[int], object]) -> float:
    """Return the median duration of *act*, in milliseconds; it is told which time it is."""
    durations = []
    for number in range(TIMES):
        start = perf_counter()
        act(number)
        durations.append(perf_counter() - start)
    return 1000 * median(durations)


def many() -> Audit:
    """Return the audit of many bare rows."""
    ids = [f"skill:a{number:05}" for number in range(ARTIFACTS)]
    entries = [imported(each, description=f"Does what {each} is for. " * 8) for each in ids]
    start = perf_counter()
    audit = audited(snapshot(entries, [row(each) for each in ids]))
    print(f"{len(audit.findings):,} findings of {ARTIFACTS:,} rows, {perf_counter() - start:.1f} s")
    return audit


def main() -> None:
    """Change filters, sort, turn pages and select; fail where it is slow."""
    audit = many()
    start = perf_counter()
    explorer = sma.explore(audit)
    print(f"explorer made        {1000 * (perf_counter() - start):7.0f} ms")
    rules = ("D001", "S001", "S003")
    acts: dict[str, Callable[[int], object]] = {
        "filter by rule": lambda n: setattr(explorer, "wanted", {"rule": rules[n % 3]}),
        "filter by severity": lambda n: setattr(
            explorer, "wanted", {"severity": ("error", "info")[n % 2]}
        ),
        "filter by text": lambda n: setattr(explorer, "wanted", {"text": f"what skill:a0{n}"}),
        "no filter": lambda n: setattr(explorer, "wanted", {"text": "a"} if n % 2 else {}),
        "sort": lambda n: setattr(explorer._sort, "value", ("severity", "rule")[n % 2]),
        "turn the page": lambda n: explorer._next.click(),
        "select a finding": lambda n: explorer._tick(n, True),
        "select all": lambda _: explorer._select_all(),
    }
    durations = {name: timed(act) for name, act in acts.items()}
    sma.repair_panel(explorer)  # it follows what is chosen
    durations["filter, with a panel"] = timed(acts["filter by rule"])
    for name, duration in durations.items():
        print(f"{name:<20} {duration:7.0f} ms")
    if (slowest := max(durations.values())) > LIMIT_MS:
        sys.exit(f"{slowest:.0f} ms is more than {LIMIT_MS}")


if __name__ == "__main__":
    main()
