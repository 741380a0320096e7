"""Measures how long the explorer takes to answer a click, with 100,000 findings.

``make bench`` runs it; each line is the median of seven.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from builders import audited, imported, row, snapshot
from ipywidgets import Checkbox

import skillmeat_audit as sma
from skillmeat_audit import Audit
from skillmeat_audit.ui.widgets.controls import descendants

ARTIFACTS = 25_000  # each lacks four values
ROUNDS = 7
LIMIT_MS = 300  # a longer response to a click feels slow


def median_ms(action: Callable[[int], object]) -> float:
    """Return the median duration of *action*, which is called with the number of the round."""
    durations = []
    for number in range(ROUNDS):
        start = perf_counter()
        action(number)
        durations.append(perf_counter() - start)
    return 1000 * median(durations)


def audit_many() -> Audit:
    """Return an audit of many bare rows."""
    ids = [f"skill:a{number:05}" for number in range(ARTIFACTS)]
    entries = [imported(name, description=f"Does what {name} is for. " * 8) for name in ids]
    start = perf_counter()
    audit = audited(snapshot(entries, [row(name) for name in ids]))
    print(f"{len(audit.findings):,} findings of {ARTIFACTS:,} rows, {perf_counter() - start:.1f} s")
    return audit


def main() -> None:
    """Change filters, sort, turn pages and select; fail if one of them is slow."""
    audit = audit_many()
    start = perf_counter()
    explorer = sma.explore(audit)
    print(f"explorer created     {1000 * (perf_counter() - start):7.0f} ms")
    check_boxes = [box for box in descendants(explorer.table) if isinstance(box, Checkbox)]
    rules = ("D001", "S001", "S003")
    actions: dict[str, Callable[[int], object]] = {
        "filter by rule": lambda n: setattr(explorer, "filters", {"rule": rules[n % 3]}),
        "filter by severity": lambda n: setattr(
            explorer, "filters", {"severity": ("error", "info")[n % 2]}
        ),
        "filter by text": lambda n: setattr(explorer, "filters", {"text": f"what skill:a0{n}"}),
        "no filter": lambda n: setattr(explorer, "filters", {"text": "a"} if n % 2 else {}),
        "sort": lambda n: setattr(
            explorer.control("sort by"), "value", ("severity", "rule")[n % 2]
        ),
        "turn the page": lambda n: explorer.control("next page ▶").click(),
        "select a finding": lambda n: setattr(check_boxes[n], "value", True),
        "select all": lambda _: explorer.control("select all matches").click(),
    }
    durations = {name: median_ms(action) for name, action in actions.items()}
    sma.repair_panel(explorer)  # it follows the selection
    durations["filter, with a panel"] = median_ms(actions["filter by rule"])
    for name, duration in durations.items():
        print(f"{name:<20} {duration:7.0f} ms")
    if (slowest := max(durations.values())) > LIMIT_MS:
        sys.exit(f"{slowest:.0f} ms is more than {LIMIT_MS}")


if __name__ == "__main__":
    main()
