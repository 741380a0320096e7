"""Tells what was measured: a table for people, JSON for machines, and which targets are met."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- measured by `make bench` -->\n", "<!-- end -->\n"
NONE = "–"  # no target, told for comparison
Results = dict[str, Any]
Target = tuple[str, str, str, bool]  # what, the target, what was measured, whether it is met


def keep(results: Results, *, whole: bool) -> None:
    """Print *results*; keep them, and show them in the README, where the run was *whole*."""
    told = "\n".join(lines(results)) + "\n"
    print(told)
    if not whole:
        return
    (HERE / "results").mkdir(exist_ok=True)
    place = HERE / "results" / f"{results['machine']['date']}.json"
    place.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", "utf-8")


def lines(results: Results) -> Iterator[str]:
    """Yield the tables."""
    machine = results["machine"]
    yield (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, Python {machine['python']}. Medians of wall time; CPU time "
        "of all processes together; × is times the floor."
    )
    yield ""
    yield from _sizes(results["sizes"])
    yield ""
    yield from _targets(results)


def _sizes(sizes: dict[str, Any]) -> Iterator[str]:
    yield (
        "| artifacts | floor | check | CPU | unchanged | plan | apply | undo | report | "
        "peak memory of check, unchanged |"
    )
    yield "|" + " ---: |" * 10
    for size, steps in sizes.items():
        floor = steps["floor"]["wall"]
        check, unchanged = steps["check"], steps["unchanged"]
        cells = [
            f"{int(size):,}",
            f"{floor:.2f} s",
            f"{check['wall']:.2f} s, {check['wall'] / floor:.2f} ×",
            f"{check['cpu']:.2f} s",
            f"{unchanged['wall']:.2f} s, {unchanged['wall'] / floor:.2f} ×",
            *(f"{steps[name]['wall']:.2f} s" for name in ("plan", "apply", "undo", "report")),
            f"{check['peak_mb']:.0f}, {unchanged['peak_mb']:.0f} MB",
        ]
        yield f"| {' | '.join(cells)} |"


def _targets(results: Results) -> Iterator[str]:
    yield "| what | target | measured | |"
    yield "| --- | --- | --- | --- |"
    sizes = results["sizes"]
    for what, target, measured, met in (
        *_of_checks(sizes),
        *_of_growth(sizes),
        *_of_writing(results["bulk"]),
        *_of_refresh(results.get("refresh")),
        *_of_frames(results["diff"]),
        *_of_start(results["start"]),
    ):
        verdict = "" if target == NONE else "met" if met else "**missed**"
        yield f"| {what} | {target} | {measured} | {verdict} |"


def _of_checks(sizes: dict[str, Any]) -> Iterator[Target]:
    told = {"check": ("check", 1.5), "unchanged": ("check, nothing changed", 0.5)}
    for name, (what, limit) in told.items():
        for size in [each for each in sizes if each in ("10000", "100000")]:
            ratio = sizes[size][name]["wall"] / sizes[size]["floor"]["wall"]
            place = f"{what}, {int(size):,}"
            yield place, f"≤ {limit} × floor", f"{ratio:.2f} ×", ratio <= limit


def _of_growth(sizes: dict[str, Any]) -> Iterator[Target]:
    if {"10000", "100000"} <= set(sizes):
        growth = sizes["100000"]["check"]["wall"] / sizes["10000"]["check"]["wall"]
        yield "growth of check, 10,000 to 100,000", "≤ 11 ×", f"{growth:.1f} ×", growth <= 11
        peak = sizes["100000"]["check"]["peak_mb"]
        yield "peak memory of check, 100,000", "≤ 900 MB", f"{peak:.0f} MB", peak <= 900


def _of_writing(bulk: dict[str, Any]) -> Iterator[Target]:
    ours, rows = bulk["apply"]["wall"], bulk["apply"]["done"]
    ratio = ours / bulk["bare"]["wall"]
    what = f"apply {rows:,.0f} changed rows, journal and backup included"
    yield what, "≤ 3 × a bare sorted executemany", f"{ratio:.1f} × ({ours:.2f} s)", ratio <= 3
    faster = bulk["orm"]["wall"] / bulk["orm"]["done"] * rows / ours
    what = "the same, against an ORM's upserts with a commit each"
    yield what, NONE, f"{faster:.0f} × faster", faster > 1


def _of_refresh(refresh: Results | None) -> Iterator[Target]:
    if refresh is None:
        return
    ours, theirs = refresh["ours"]["wall"], refresh["theirs"]["wall"]
    what = "check, plan and apply at 1,000, against SkillMeat 0.74.0's refresh-cache"
    measured = f"{theirs / ours:.0f} × ({ours:.2f} s, {theirs:.0f} s)"
    yield what, "≥ 50 × faster", measured, theirs >= 50 * ours
    measured = f"{refresh['before']} before, {refresh['left']} after"
    yield "rows to be mended before its refresh and after it", NONE, measured, True


def _of_frames(diff: Results) -> Iterator[Target]:
    ours, theirs, rows = diff["diff"]["wall"], diff["datacompy"]["wall"], diff["rows"]
    what = f"diff of two frames of {rows:,} rows, against datacompy"
    measured = f"{theirs / ours:.1f} × ({ours:.2f} s, {theirs:.2f} s)"
    yield what, "≥ 5 × faster", measured, theirs >= 5 * ours
    faster = diff["pandas"]["wall"] / ours
    yield "the same, against `DataFrame.compare`", NONE, f"{faster:.1f} × faster", faster > 1


def _of_start(start: Results) -> Iterator[Target]:
    for name, what, limit in (("help", "`--help`", 0.25), ("check", "check of 300", 1.2)):
        took = start[name]
        yield f"{what}, whole process", f"≤ {limit} s", f"{took:.2f} s", took <= limit
