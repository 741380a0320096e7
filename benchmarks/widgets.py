"""Measures how long the explorer takes to answer a click, with 100,000 findings.

``make bench`` runs it; each line is the median of seven.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from builders import audited, imported, row, snapshot

import skillmeat_audit as sma
from skillmeat_audit import Audit

ARTIFACTS = 25_000  # each lacks four values
ROUNDS = 7
LIMIT_MS = 200  # a longer response to a click feels slow


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


def actions(explorer: Any, panel: Any) -> dict[str, Callable[[int], object]]:
    """Return what a person does, by its name."""

    def do(action: str, **rest: object) -> None:
        explorer.grid.receive({"do": action, **rest})

    def tick(line: int) -> None:
        panel.changes.grid.receive({"do": "click", "line": line, "mode": "toggle"})

    rules, columns = ("D001", "S001", "S003"), ("rule", "severity", "artifact", "should be")
    return {
        "filter by rule": lambda n: do("filter", name="rule", values=[rules[n % 3]]),
        "filter by two rules": lambda n: do("filter", name="rule", values=[*rules[n % 2 :]]),
        "filter by severity": lambda n: do(
            "filter", name="severity", values=[("error", "info")[n % 2]]
        ),
        "no filter": lambda n: setattr(explorer, "filters", {"text": "a"} if n % 2 else {}),
        "filter by text": lambda n: do("filter", name="text", text=f"what skill:a0{n}"),
        "filter by artifact": lambda n: do("filter", name="artifact", text=f"a0{n}"),
        "reset again": lambda _: do("reset"),
        "sort": lambda n: do("sort", column=columns[n % 4]),
        "scroll": lambda n: do("rows", start=1000 * n),
        "unfold a row": lambda n: do("fold", line=20_000 + n),
        "select a row": lambda n: do("click", line=20_000 + n),
        "move by key": lambda _: do("move", by=1),
        "select a range": lambda n: do("click", line=9_000 + n, mode="range"),
        "select all": lambda _: do("all"),
        "clear": lambda _: do("none"),
        "one line per finding": lambda n: do("group", on=bool(n % 2)),
        "untick a change": lambda n: tick(n),
    }


def main() -> None:
    """Do what a person does in the explorer and the panel; fail if something is slow."""
    audit = audit_many()
    start = perf_counter()
    explorer = sma.explore(audit)
    panel = sma.repair_panel(explorer)  # it follows the selection
    print(f"{'explorer and panel':<20} {1000 * (perf_counter() - start):7.0f} ms")
    start = perf_counter()
    panel.changes.show(audit.plan(targets=("rows",)))
    print(f"{'plan, all changes':<20} {1000 * (perf_counter() - start):7.0f} ms")
    durations = {name: median_ms(action) for name, action in actions(explorer, panel).items()}
    for name, duration in durations.items():
        print(f"{name:<20} {duration:7.0f} ms")
    shipped = len(json.dumps([explorer.grid.view, explorer.grid.facets, explorer.grid.window]))
    print(f"{'in the browser':<20} {shipped / 1000:7.0f} kB")
    if (slowest := max(durations.values())) > LIMIT_MS:
        sys.exit(f"{slowest:.0f} ms is more than {LIMIT_MS}")


if __name__ == "__main__":
    main()
