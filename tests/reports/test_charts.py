"""The charts: what they count, that they are always the same, and that names are only text."""

import re
from base64 import b64decode
from functools import cache

import pytest
from builders import audited, imported, known, row, snapshot, synced
from test_html import tags

from skillmeat_audit.reports.facts.matrix import LINE_LIMIT
from skillmeat_audit.reports.pictures.time_axis import Moment, bars, lines

HOSTILE = "skill:<img src=x onerror=alert(1)>"
NAMES = ("matrix", "pages", "causes", "timeline")


@cache
def example(name="Team $x^$ \U0001f984 <b>"):
    """Return an audit of two collections: one row is right, one is bare, one differs."""
    entries = [imported(f"skill:a{n}", description="Does.") for n in range(3)]
    rows = [
        synced(entries[0]),
        row("skill:a1"),
        synced(entries[2], description="Did.", added_at="2026-03-01 00:00:00.000000"),
        row("skill:a1", "t1"),
    ]
    collections = (("default", "Default Collection"), ("t1", name))
    return audited(snapshot(entries, rows, catalog=[known("skill:a1")], collections=collections))


def many(count):
    """Return the audit of *count* bare rows."""
    entries = [imported(f"skill:a{n:04}", description="Does.") for n in range(count)]
    return audited(snapshot(entries, [row(each["artifact_id"]) for each in entries]))


def signs(audit):
    """Return the matrix as text: per line the artifact, and the state of each field."""
    fields = audit.matrix.fields
    return {
        line.label: {name: cell.state for name, cell in zip(fields, line.cells, strict=True)}
        for group in audit.matrix.groups
        for line in group.lines
    }


def test_the_matrix_shows_the_state_of_every_field():
    states = signs(example())

    assert states["skill:a1"]["description"] == "missing"
    assert states["skill:a2"]["description"] == "differs"
    assert states["skill:a2"]["source"] == "right"
    assert "skill:a0" not in states
    assert (example().matrix.wrong, example().matrix.right) == (3, 1)


def test_a_cell_of_the_matrix_says_what_should_be_there():
    html = example().charts.matrix._repr_html_()

    assert 'title="description: differs; holds: Did.; the manifest has: Does."' in html


def test_the_matrix_knows_rows_that_are_absent_and_rows_without_an_entry():
    states = signs(
        audited(snapshot([imported("skill:new", description="Does.")], [row("skill:old")]))
    )

    assert states["skill:new"]["description"] == "missing"
    assert "skill:old" not in states  # a bare row has nothing that only it has
    orphan = audited(snapshot([], [row("skill:old", description="Does.")]))
    assert signs(orphan)["skill:old"]["description"] == "only-here"


@pytest.mark.parametrize(("count", "lines"), [(LINE_LIMIT, LINE_LIMIT), (LINE_LIMIT + 1, 1)])
def test_many_equal_rows_are_one_line(count, lines):
    matrix = many(count).matrix

    assert sum(len(group.lines) for group in matrix.groups) == lines
    assert matrix.hidden == 0
    assert sum(line.rows for group in matrix.groups for line in group.lines) == count


def test_the_matrix_ignores_the_scope():
    audit = example()

    assert audit.only(rule="D002").matrix.numbers.equals(audit.matrix.numbers)


def test_pages_are_counted_by_collection():
    numbers = example("Team").charts.pages.numbers.set_index(["collection", "text"])

    # A row that was never synced is served from the manifest.
    assert list(numbers.loc[("Default Collection", "description")]) == [3, 0, 0]
    assert numbers.loc["Team"].to_numpy().sum() == 2


def test_rows_and_not_findings_are_counted_by_cause():
    audit = example()
    numbers = audit.charts.causes.numbers

    wrong = audit.findings[audit.findings["severity"] != "info"].dropna(subset=["collection_id"])
    assert numbers.to_numpy().sum() == len(
        wrong[["collection_id", "artifact_id"]].drop_duplicates()
    )
    assert numbers.to_numpy().sum() < len(audit.findings)


def test_rows_are_counted_by_the_day_of_their_last_write():
    numbers = example().charts.timeline.numbers

    assert list(numbers.sum()) == [3, 1]
    assert list(numbers.index) == sorted(numbers.index)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_the_same_every_time(name):
    again = example.__wrapped__()

    assert getattr(example().charts, name).html == getattr(again.charts, name).html


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_says_in_words_what_it_shows(name):
    chart = getattr(example().charts, name)

    assert len(chart.alt) > 60
    assert chart.alt in repr(chart)


def test_the_time_axis_is_an_image_where_svg_is_removed():
    chart = example().charts.timeline
    html = re.sub("<(img|path|rect)([^>]*?)/?>", r"<\1\2></\1>", str(chart.html))

    found = tags(html)
    (image,) = [attributes for tag, attributes in found if tag == "img"]
    assert image["alt"] == chart.alt
    svg = b64decode(image["src"].partition(",")[2])
    assert b"currentColor" in svg and b'color="#777777"' in svg
    assert len(svg) < 20_000


def test_a_time_axis_is_true_to_time():
    days = ("2026-03-01", "2026-03-02", "2026-06-01")
    drawn = bars("rows", [Moment(day, {"wrong": 1}) for day in days]).svg()

    x = [float(each) for each in re.findall('<rect x="([0-9.]+)"', drawn)]
    assert (x[2] - x[1]) / (x[1] - x[0]) == pytest.approx(91, rel=0.05)


def test_releases_are_marked_and_the_one_before_is_in_sight():
    axis = bars("rows", [Moment("2026-12-01", {"wrong": 1})])

    assert [mark.day for mark in axis.marks] == ["2026-08-04"]
    assert "2026-08-04 release 0.74.0" in axis.svg()


def test_a_run_that_failed_is_a_cross():
    drawn = lines(
        "runs",
        [
            Moment("2026-12-01T10:00:00+00:00", {"errors": 3}),
            Moment("2026-12-01T11:00:00+00:00", {"errors": None}),
        ],
    ).svg()

    assert "2026-12-01 11:00: could not be checked" in drawn
    assert "2026-12-01 10:00: errors 3" in drawn


@pytest.mark.parametrize("name", NAMES)
def test_names_are_only_text(name):
    html = getattr(example(HOSTILE).charts, name)._repr_html_()

    assert "<img src=x" not in html
    assert HOSTILE in example(HOSTILE).charts.pages.alt


def test_a_home_without_a_fault_has_charts_too():
    entry = imported(description="Does.")
    charts = audited(snapshot([entry], [synced(entry)])).charts

    assert "all cells of 1 row are right" in charts.matrix._repr_html_()
    assert "nothing to count" in charts.causes._repr_html_()
    assert ".timeline" in repr(charts)
    assert charts._repr_html_().count("skillmeat-audit") > 4


def test_an_empty_home_has_charts_too():
    charts = audited(snapshot([], [])).charts

    assert charts._repr_html_().count('class="skillmeat-audit"') == 4


@pytest.mark.slow
def test_a_check_loads_no_charts(make_home):
    import subprocess
    import sys

    code = (
        "import sys; from skillmeat_audit.ui.cli.main import main; main(['check', sys.argv[1]]);"
        "sys.exit(bool({'ipywidgets', 'IPython'} & set(sys.modules)))"
    )
    home = make_home("clean")

    assert subprocess.run([sys.executable, "-c", code, home], check=False).returncode == 0


def test_equal_numbers_are_two_dots_and_runs_seconds_apart_have_an_axis_of_seconds():
    moments = [
        Moment(f"2026-02-10T09:00:{second}Z", {"errors": 13, "warnings": 13})
        for second in ("00", "20")
    ]

    svg = lines("runs", moments).svg()

    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert len({*dots}) == 4
    assert "09:00:20" in svg and "08:5" not in svg.replace("08:59:", "")
