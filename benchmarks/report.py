"""Reports the results: tables with targets for the documentation, and JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "explanation" / "speed.md"
BEGIN, END = "<!-- measured by `make bench` -->\n", "<!-- end -->\n"
NO_TARGET = "–"  # a figure for comparison only
Results = dict[str, Any]
Target = tuple[str, str, str, bool]  # subject, target, measured, whether it is met


def save(results: Results, *, complete: bool) -> None:
    """Print *results*; after a *complete* run, also save them and update the page."""
    tables = "\n".join(lines(results)) + "\n"
    print(tables)
    if not complete:
        return
    (HERE / "results").mkdir(exist_ok=True)
    file = HERE / "results" / f"{results['machine']['date']}.json"
    file.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", "utf-8")


def lines(results: Results) -> Iterator[str]:
    """Yield the lines of both tables, in Markdown."""
    machine = results["machine"]
    yield (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, Python {machine['python']}, load {machine['load']} at the "
        "start. Medians of wall time; CPU time of all processes together; × is times the floor. "
        "Unchanged: an audit whose files did not change; again: a whole process in which "
        "nothing did."
    )
    yield ""
    yield from _size_lines(results["sizes"])
    yield ""
    yield from _target_lines(results)
    yield ""
    yield from fleet_lines(results["fleet"])
    yield ""
    yield from large_lines(results["large"])


def fleet_lines(fleet: Results) -> Iterator[str]:
    """Yield the lines of the table of a fleet, in Markdown."""
    yield (
        f"| {fleet['homes']} homes of {fleet['artifacts']} artifacts | homes per second, changed | "
        "CPU per home | unchanged | CPU per home | memory, in each worker |"
    )
    yield "| --- |" + " ---: |" * 5
    for name, measured in fleet["ways"].items():
        changed, unchanged = measured["changed"], measured["unchanged"]
        cells = [
            name,
            *(f"{way['per_second']:.1f} | {way['cpu_ms']:.0f} ms" for way in (changed, unchanged)),
            f"{changed['mb']:.0f} MB, {changed['worker_mb']:.0f} MB",
        ]
        yield f"| {' | '.join(cells)} |"


def large_lines(large: Results) -> Iterator[str]:
    """Yield the lines of the table of a large cache, in Markdown."""
    outputs = ("exit code", "text")
    yield f"| {large['rows']:,} rows | {' | '.join(f'check, {each}' for each in outputs)} |"
    yield "| --- |" + " ---: |" * len(outputs)
    for name, figures in large["measured"].items():
        cells = (
            f"{each['wall']:.1f} s, {each['cpu']:.1f} s CPU, {each['peak_mb']:,.0f} MB"
            for each in (figures[output] for output in outputs)
        )
        yield f"| {name} | {' | '.join(cells)} |"


def _size_lines(sizes: dict[str, Any]) -> Iterator[str]:
    yield (
        "| artifacts | floor | check | CPU | on one core | unchanged | again | plan | apply | "
        "undo | report | "
        "peak memory of check, unchanged |"
    )
    yield "|" + " ---: |" * 12
    for size, steps in sizes.items():
        floor = steps["floor"]["wall"]
        check, unchanged = steps["check"], steps["unchanged"]
        cells = [
            f"{int(size):,}",
            f"{floor:.2f} s",
            f"{check['wall']:.2f} s, {check['wall'] / floor:.2f} ×",
            f"{check['cpu']:.2f} s, {check['cpu'] / steps['floor']['cpu']:.2f} ×",
            f"{steps['check_one_core']['wall']:.2f} s, "
            f"{steps['check_one_core']['wall'] / steps['floor_one_core']['wall']:.2f} ×",
            f"{unchanged['wall']:.2f} s, {unchanged['wall'] / floor:.2f} ×",
            f"{steps['answer']['wall']:.2f} s, {steps['answer']['wall'] / floor:.2f} ×",
            *(f"{steps[name]['wall']:.2f} s" for name in ("plan", "apply", "undo", "report")),
            f"{check['peak_mb']:.0f}, {unchanged['peak_mb']:.0f} MB",
        ]
        yield f"| {' | '.join(cells)} |"


def _target_lines(results: Results) -> Iterator[str]:
    yield "| what | target | measured | |"
    yield "| --- | --- | --- | --- |"
    sizes = results["sizes"]
    for what, target, measured, met in (
        *_check_targets(sizes),
        *_growth_targets(sizes),
        *_write_targets(results["bulk"]),
        *_refresh_targets(results.get("refresh")),
        *_diff_targets(results["diff"]),
        *_view_targets(results["one"]),
        *_start_targets(results["start"], sizes),
        *_fleet_targets(results["fleet"]),
        *_large_targets(results["large"]),
    ):
        verdict = "" if target == NO_TARGET else "met" if met else "**missed**"
        yield f"| {what} | {target} | {measured} | {verdict} |"


def _check_targets(sizes: dict[str, Any]) -> Iterator[Target]:
    for size, limit in (("10000", 1.3), ("100000", 1.0)):
        if size in sizes:
            ratio = sizes[size]["check"]["cpu"] / sizes[size]["floor"]["cpu"]
            what = f"check, {int(size):,}, CPU"
            yield what, f"≤ {limit} × floor", f"{ratio:.2f} ×", ratio <= limit
    if "10000" in sizes:
        ratio = sizes["10000"]["check"]["cpu"] / sizes["10000"]["limit"]["cpu"]
        yield "check, 10,000, CPU, against the limit", "≤ 3 ×", f"{ratio:.2f} ×", ratio <= 3
    for size in [size for size in sizes if size in ("10000", "100000")]:
        ratio = sizes[size]["answer"]["wall"] / sizes[size]["floor"]["wall"]
        what = f"check, nothing changed, whole process, {int(size):,}"
        yield what, "≤ 0.25 × floor", f"{ratio:.2f} ×", ratio <= 0.25


def _growth_targets(sizes: dict[str, Any]) -> Iterator[Target]:
    if {"10000", "100000"} <= set(sizes):
        growth = sizes["100000"]["check"]["wall"] / sizes["10000"]["check"]["wall"]
        yield "growth of check, 10,000 to 100,000", "≤ 11 ×", f"{growth:.1f} ×", growth <= 11
        peak = sizes["100000"]["check"]["peak_mb"]
        yield "peak memory of check, 100,000", "≤ 700 MB", f"{peak:.0f} MB", peak <= 700


def _write_targets(bulk: dict[str, Any]) -> Iterator[Target]:
    ours, rows = bulk["apply"]["wall"], bulk["apply"]["done"]
    bare, rowid, undo = (bulk[name]["wall"] for name in ("bare", "rowid", "undo"))
    what = f"apply {rows:,.0f} changed rows, no manifest; journal and backup included"
    ratio = f"{ours / bare:.1f} × ({ours:.2f} s)"
    yield what, "≤ 2 × a bare sorted executemany", ratio, ours <= 2 * bare
    what = "the apply, against a bare UPDATE by rowid"
    yield what, NO_TARGET, f"{ours / rowid:.1f} × ({rowid:.2f} s)", True
    what = f"undo of {rows:,.0f} rows"
    yield what, "≤ 2 × apply", f"{undo / ours:.1f} × ({undo:.2f} s)", undo <= 2 * ours
    faster = bulk["orm"]["wall"] / bulk["orm"]["done"] * rows / ours
    what = "the apply, against an ORM's upserts with a commit each"
    yield what, NO_TARGET, f"{faster:.0f} × faster", faster > 1


def _refresh_targets(refresh: Results | None) -> Iterator[Target]:
    if refresh is None:
        return
    ours, theirs = refresh["ours"]["wall"], refresh["theirs"]["wall"]
    what = "check, plan and apply at 1,000, against SkillMeat 0.74.0's refresh-cache"
    measured = f"{theirs / ours:.0f} × ({ours:.2f} s, {theirs:.0f} s)"
    yield what, "≥ 50 × faster", measured, theirs >= 50 * ours
    measured = f"{refresh['before']} before, {refresh['left']} after"
    yield "rows that need repair, before its refresh and after it", NO_TARGET, measured, True


def _diff_targets(diff: Results) -> Iterator[Target]:
    ours, rows = diff["diff"], diff["rows"]
    limits = {"datacompy_pandas": 5, "datacompy_polars": 1, "duckdb": 0, "pandas": 0}
    for name, limit in limits.items():
        faster = diff[name]["wall"] / ours["wall"]
        cpu = diff[name]["cpu"] / ours["cpu"]
        what = f"diff of two frames of {rows:,} rows, against {name.replace('_', ', ')}"
        target = f"≥ {limit} × faster" if limit else NO_TARGET
        yield (
            what,
            target,
            f"{faster:.1f} × ({ours['wall']:.2f} s; CPU {cpu:.1f} ×)",
            faster >= limit,
        )


def _view_targets(one: dict[str, Any]) -> Iterator[Target]:
    for name, measured in one.items():
        milliseconds = 1000 * measured["wall"]
        what = f"{name} of one artifact of 10,000, after the audit"
        yield what, "≤ 20 ms", f"{milliseconds:.0f} ms", milliseconds <= 20


def _start_targets(start: Results, sizes: dict[str, Any]) -> Iterator[Target]:
    seconds = {"`--help`": (start["help"], 0.25), "check of 300": (start["check"], 0.35)}
    if "300" in sizes:
        seconds["check of 300, nothing changed"] = sizes["300"]["answer"]["wall"], 0.1
    for what, (measured, limit) in seconds.items():
        yield f"{what}, whole process", f"≤ {limit} s", f"{measured:.2f} s", measured <= limit
    above = start["cpu_check"] - start["cpu_pandas"]
    measured_cpu = f"{above:.2f} s ({start['cpu_check']:.2f} s, {start['cpu_pandas']:.2f} s)"
    yield "check of 300, CPU beyond that of `import pandas`", NO_TARGET, measured_cpu, True


def _fleet_targets(fleet: Results) -> Iterator[Target]:
    changed = [way["changed"] for way in fleet["ways"].values()]
    fastest = max(each["per_second"] for each in changed)
    yield "fleet, changed homes per second", "≥ 20", f"{fastest:.1f}", fastest >= 20
    largest = max(each["worker_mb"] for each in changed)
    yield "fleet, memory of a worker", "≤ 150 MB", f"{largest:.0f} MB", largest <= 150


def _large_targets(large: Results) -> Iterator[Target]:
    for name, figures in large["measured"].items():
        checked, what = figures["exit code"], f"{large['rows']:,} rows, {name}"
        is_met = checked["cpu"] <= 12 and checked["peak_mb"] <= 1000
        measured = f"{checked['cpu']:.1f} s, {checked['peak_mb']:,.0f} MB"
        yield what, "≤ 12 s CPU, 1,000 MB", measured, is_met
