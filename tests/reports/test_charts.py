"""The charts: what they count, that they are always the same, and that names are only text."""

import re
from base64 import b64decode
from functools import cache

import pytest
from builders import audited, imported, known, row, snapshot, synced
from test_html import tags

from skillmeat_audit.reports.facts.tallies import by_day
from skillmeat_audit.reports.notebook.charts import Charts

HOSTILE = "skill:<img src=x onerror=alert(1)>"
NAMES = ("cells", "writers", "days", "coverage")


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


def test_wrong_cells_are_counted_by_column_and_layer():
    numbers = example().charts.cells.numbers

    assert numbers.loc["description", "manifest"] == 3
    assert list(numbers.index)[:2] == ["description", "source"]


def test_coverage_counts_what_rows_have():
    numbers = example("Team").charts.coverage.numbers

    assert numbers.loc["Default Collection"].to_dict() == {
        "rows": 3,
        "description": 2,
        "source": 2,
    }
    assert numbers.loc["Team"].to_dict() == {"rows": 1, "description": 0, "source": 0}


def test_every_finding_of_a_writer_is_counted():
    audit = example()

    assert audit.charts.writers.numbers.to_numpy().sum() == len(audit.findings)


def test_findings_are_counted_by_day():
    assert list(example().charts.days.numbers.index) == ["2026-02-10", "2026-03-01"]


def test_many_days_are_grouped_by_month():
    days = [f"2026-{n // 28 + 1:02}-{n % 28 + 1:02} 00:00:00" for n in range(80)]
    entries = [imported(f"skill:a{n:02}", description="Does.") for n in range(80)]
    rows = [row(each["artifact_id"], added_at=day) for each, day in zip(entries, days, strict=True)]
    audit = audited(snapshot(entries, rows))

    assert list(by_day(audit.findings, audit.rows, audit.names).index) == [
        "2026-01",
        "2026-02",
        "2026-03",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_the_same_every_time(name):
    again = Charts(example().snapshot, example().findings, example().names)

    assert getattr(example().charts, name).svg == getattr(again, name).svg


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_says_in_words_what_it_shows(name):
    chart = getattr(example().charts, name)

    (image,) = [
        found
        for tag, found in tags(re.sub("<img[^>]*>", r"\g<0></img>", str(chart._repr_html_())))
        if tag == "img"
    ]
    assert image["alt"] == chart.alt
    assert len(chart.alt) > 60
    assert b64decode(image["src"].partition(",")[2]) == chart.svg


def test_long_words_are_not_cut_in_the_middle():
    entries = [imported(f"skill:a{n}", description="Does.") for n in range(9)]
    names = tuple((f"c{n}", f"Collection {n} of some length") for n in range(9))
    rows = [
        row(each["artifact_id"], place) for each, (place, _) in zip(entries, names, strict=True)
    ]
    chart = audited(snapshot(entries, rows, collections=names)).charts.coverage

    assert "; and 4 more." in chart.alt
    assert len(chart.alt) > 300
    assert chart._repr_html_().count(chart.alt) == 2


def test_the_words_are_read_out_once():
    assert '<figcaption aria-hidden="true">' in example().charts.cells._repr_html_()


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_small_and_its_text_is_text(name):
    svg = getattr(example().charts, name).svg

    assert len(svg) < 20_000
    assert b">Default Collection</text>" in svg or name != "coverage"
    assert b"Verdana, sans-serif" in svg


def test_names_are_only_text():
    chart = example(HOSTILE).charts.coverage

    assert HOSTILE in chart.numbers.index
    assert "<img src=x" not in chart._repr_html_()


def test_nothing_to_count_is_a_chart_too():
    entry = imported(description="Does.")
    charts = audited(snapshot([entry], [synced(entry)])).charts

    assert "Nothing to count" in charts.cells.alt
    assert ".coverage" in repr(charts)
    assert charts._repr_html_().count("<figure") == 4


def test_a_check_loads_no_charts(make_home):
    import subprocess
    import sys

    code = (
        "import sys; from skillmeat_audit.ui.cli.main import main; main(['check', sys.argv[1]]);"
        "sys.exit(bool({'matplotlib', 'ipywidgets', 'IPython'} & set(sys.modules)))"
    )
    home = make_home("clean")

    assert subprocess.run([sys.executable, "-c", code, home], check=False).returncode == 0
