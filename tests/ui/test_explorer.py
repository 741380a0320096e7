"""The explorer: its filters, its selection, and the HTML that it displays."""

import io
import re
from functools import cache
from html import unescape
from urllib.parse import parse_qsl

import msgspec
import pandas as pd
import pytest
from builders import audited, imported, row, snapshot, synced
from traitlets import TraitError

import skillmeat_audit as sma
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.ui.widgets.controls import descendants
from skillmeat_audit.ui.widgets.grid import WINDOW_LINES

HOSTILE = "skill:<img src=x onerror=alert(1)>\u202e\x1b"
NUMBER = 30


def explore_many():
    """Return an explorer of `audit_of_bare_rows`."""
    return sma.explore(audit_of_bare_rows())


@cache
def audit_of_bare_rows():
    """Return an audit of many bare rows: one in another collection, one that differs."""
    ids = [f"skill:a{number:02}" for number in range(NUMBER)]
    entries = [imported(artifact_id, description=f"Does {artifact_id}.") for artifact_id in ids]
    rows = [row(artifact_id) for artifact_id in ids[1:]] + [row(ids[5], "t1")]
    rows.append(synced(entries[0], description="Did."))
    return audited(snapshot(entries, rows))


def do(explorer, action, **rest):
    """Send what the browser sends when a person does *action*."""
    explorer.grid.receive({"do": action, **rest})


def flat(explorer):
    """Show one line per finding."""
    do(explorer, "group", on=False)
    return explorer


def column(explorer, name):
    """Return what the lines in the window show in a column."""
    names = [each.name for each in explorer.grid.columns if each.shown]
    return [line["cells"][names.index(name)][1] for line in explorer.grid.window["lines"]]


def facet(explorer, name):
    return next(each for each in explorer.grid.facets if each["name"] == name)


def test_without_filters_all_findings_match():
    explorer = explore_many()

    assert len(explorer.matches) == len(explorer.audit.findings)
    assert explorer.selection.empty
    assert explorer.code == "explorer.audit.findings"


def test_filters_narrow_the_matches_and_the_code_returns_the_same():
    explorer = explore_many()

    do(explorer, "filter", name="rule", values=["D001"])
    do(explorer, "filter", name="collection", values=["t1"])

    assert explorer.filters == {"rule": "D001", "collection": "t1"}
    assert len(explorer.matches) == 1
    assert explorer.matches.equals(eval(explorer.code, {"explorer": explorer}))


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("rule", ["D001", "D002"], NUMBER + 1),
        ("kind", ["skill"], 4 * NUMBER + 1),
        ("kind", ["agent"], 0),
        ("column", ["description", "source"], 2 * NUMBER + 1),
        ("disposition", ["safe"], 4 * NUMBER),
        ("evidence", ["manifest"], 4 * NUMBER),
    ],
)
def test_a_facet_accepts_several_values(name, values, expected):
    explorer = explore_many()

    do(explorer, "filter", name=name, values=values)

    matches = eval(explorer.code, {"explorer": explorer})
    column = {"kind": "artifact_id"}.get(name, name)
    assert explorer.matches.equals(matches)
    assert all(str(value).startswith(tuple(values)) for value in matches[column])
    assert (len(matches) > 0) == (expected > 0)


@pytest.mark.parametrize(
    ("name", "text", "rules"),
    [
        ("artifact", "A07", {"D001", "S001", "S003", "S005", "T001"}),
        ("actual", "did.", {"D002"}),
        ("expected", "DOES SKILL:A00", {"D002"}),
        ("text", "a00", {"D002"}),
    ],
)
def test_text_is_searched_in_a_column_or_in_all(name, text, rules):
    explorer = explore_many()

    do(explorer, "filter", name=name, text=text)

    assert set(explorer.matches["rule"]) <= rules
    assert len(explorer.matches)
    do(explorer, "filter", name=name, text="")
    assert explorer.filters == {}


def test_setting_filters_sets_their_controls():
    explorer = explore_many()

    explorer.filters = {"severity": ["error", "warning"], "text": "A07"}

    chosen = {value: is_chosen for value, _, _, is_chosen in facet(explorer, "severity")["values"]}
    assert chosen["error"] is True
    assert facet(explorer, "text")["text"] == "A07"
    assert set(explorer.matches["artifact_id"]) == {"skill:a07"}


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"colour": "red"}, "no filter is called colour"),
        ({"rule": "D999"}, "no rule is called D999"),
        ({"rule": ["D001", "D999"]}, "no rule is called D999"),
        ({"severity": "fatal"}, "no severity is called fatal"),
        ({"rule": [1]}, "the filter rule is a text, or a list of texts"),
        ({"text": ["a"]}, "the filter text is a text"),
    ],
)
def test_an_unknown_filter_is_refused(filters, message):
    with pytest.raises(TraitError, match=message):
        explore_many().filters = filters


def test_the_counts_of_a_facet_respect_the_other_filters():
    explorer = explore_many()

    do(explorer, "filter", name="text", text="a05")

    counts = {label: number for _, label, number, _ in facet(explorer, "collection")["values"]}
    assert counts == {"Team": 5, "Default Collection": 5}
    rules = {value: number for value, _, number, _ in facet(explorer, "rule")["values"]}
    assert rules["D001"] == 2


def test_a_facet_counts_all_its_values_whatever_is_chosen_in_it():
    explorer = explore_many()

    explorer.filters = {"rule": "D001"}

    rules = {value: number for value, _, number, _ in facet(explorer, "rule")["values"]}
    assert rules["D001"] == NUMBER
    assert rules["D002"] == 1
    assert f"{NUMBER} errors" in explorer.grid.status
    assert "0 warnings" in explorer.grid.status


def test_filters_without_matches_can_be_reset():
    explorer = explore_many()

    explorer.filters = {"rule": "D001", "text": "no such text"}
    assert len(explorer.matches) == 0
    assert explorer.grid.view["total"] == 0
    assert explorer.grid.window["lines"] == []
    assert "Nothing is left" not in explorer.grid.status

    do(explorer, "reset")
    assert len(explorer.matches) == len(explorer.audit.findings)
    assert facet(explorer, "text")["text"] == ""


def test_one_row_is_one_line_that_unfolds():
    explorer = explore_many()
    assert explorer.grid.view["total"] == NUMBER + 1  # a05 has two rows
    line = next(n for n, text in enumerate(column(explorer, "artifact")) if text == "skill:a07")

    do(explorer, "fold", line=line)

    assert explorer.grid.view["total"] == NUMBER + 1 + 5
    assert column(explorer, "artifact")[line : line + 6] == ["skill:a07"] * 6
    levels = [each["level"] for each in explorer.grid.window["lines"][line : line + 6]]
    assert levels == [0, 1, 1, 1, 1, 1]
    do(explorer, "fold", line=line)
    assert explorer.grid.view["total"] == NUMBER + 1


def test_only_the_lines_in_sight_are_sent():
    explorer = flat(explore_many())
    total = len(explorer.matches)
    assert explorer.grid.view["total"] == total > WINDOW_LINES
    assert len(explorer.grid.window["lines"]) == WINDOW_LINES

    do(explorer, "rows", start=total - 5)

    numbers = [line["n"] for line in explorer.grid.window["lines"]]
    assert numbers == list(range(total - WINDOW_LINES, total))


def test_a_click_on_a_heading_sorts_and_a_second_one_reverses():
    explorer = flat(explore_many())

    do(explorer, "sort", column="rule")
    assert column(explorer, "rule") == sorted(column(explorer, "rule"))
    assert explorer.grid.view["sort"] == ("rule", False)

    do(explorer, "sort", column="rule")
    assert explorer.grid.view["sort"] == ("rule", True)
    assert column(explorer, "rule")[0].startswith("T001")


@pytest.mark.parametrize("name", ["artifact", "now", "should be", "repair", "collection", "writer"])
def test_every_column_sorts(name):
    explorer = flat(explore_many())

    explorer.sort_by(name, descending=True)

    assert explorer.grid.view["sort"] == (name, True)
    assert len(explorer.grid.window["lines"]) == WINDOW_LINES


def test_an_unknown_column_does_not_sort():
    with pytest.raises(UsageError, match="no column is called colour"):
        explore_many().sort_by("colour")


def test_columns_can_be_chosen_but_never_all_hidden():
    explorer = explore_many()
    cells = len(explorer.grid.window["lines"][0]["cells"])

    do(explorer, "column", name="evidence", shown=True)
    assert len(explorer.grid.window["lines"][0]["cells"]) == cells + 1
    for each in list(explorer.grid.columns):
        do(explorer, "column", name=each.name, shown=False)

    assert [each.name for each in explorer.grid.columns if each.shown] == ["writer"]


def test_showing_another_audit_keeps_the_filters_and_clears_the_selection():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    do(explorer, "click", line=0)

    explorer.show_audit(explorer.audit.only(severity="error"))

    assert explorer.filters == {"rule": "D002"}
    assert explorer.matches.empty
    assert explorer.selection.empty
    assert f"0 of {4 * NUMBER} findings" in explorer.html


def test_an_audit_without_findings_is_said_to_be_clean():
    explorer = explore_many()

    explorer.show_audit(explorer.audit.only(explorer.audit.findings.head(0)))

    assert "Nothing is left: the audit has no finding." in explorer.html


def test_a_clicked_line_is_selected_and_its_layers_are_shown():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    lengths = []
    explorer.observe(lambda _: lengths.append(len(explorer.selection)), "revision")

    do(explorer, "click", line=0)

    assert list(explorer.selection["rule"]) == ["D002"]
    assert lengths == [1]
    assert list(explorer.subset.findings["artifact_id"]) == ["skill:a00"]
    assert "<mark>" in explorer.html
    assert explorer.grid.window["lines"][0]["state"] == "all"
    do(explorer, "click", line=0)
    assert explorer.selection.empty


def test_lines_are_selected_by_range_and_one_by_one():
    explorer = flat(explore_many())

    do(explorer, "click", line=2)
    do(explorer, "click", line=5, mode="range")
    assert [line["state"] for line in explorer.grid.window["lines"][:7]] == (
        ["none"] * 2 + ["all"] * 4 + ["none"]
    )
    do(explorer, "click", line=3, mode="toggle")
    assert len(explorer.selection) == 3
    do(explorer, "click", line=0)
    assert len(explorer.selection) == 1


def test_a_range_over_folded_rows_takes_all_their_findings():
    explorer = explore_many()

    do(explorer, "click", line=0)
    do(explorer, "click", line=2, mode="range")
    first_three = {each["cells"][0][1] for each in explorer.grid.window["lines"][:3]}

    assert set(explorer.selection["artifact_id"]) == first_three
    assert len(explorer.selection) == 15


def test_a_row_of_which_a_part_is_selected_says_so():
    explorer = explore_many()
    do(explorer, "fold", line=0)

    do(explorer, "click", line=2, mode="toggle")

    states = [line["state"] for line in explorer.grid.window["lines"][:4]]
    assert states == ["some", "none", "all", "none"]


def test_the_keyboard_moves_and_extends_the_selection():
    explorer = flat(explore_many())

    do(explorer, "move", by=1)
    do(explorer, "move", by=1, extend=True)
    assert explorer.grid.current == 1
    assert len(explorer.selection) == 2
    do(explorer, "move", by=10**6)
    assert explorer.grid.current == len(explorer.matches) - 1
    assert explorer.grid.window["lines"][-1]["n"] == explorer.grid.current


@pytest.mark.parametrize(
    "message",
    [
        {"do": "click", "line": 10**9},
        {"do": "fold", "line": -5},
        {"do": "rows", "start": -3},
        {"do": "no such action"},
        {},
    ],
)
def test_a_message_about_lines_that_are_not_there_changes_nothing(message):
    explorer = explore_many()
    before = explorer.grid.window

    explorer.grid.receive(message)

    assert explorer.grid.window == before
    assert explorer.selection.empty


def test_a_selection_outlives_filters_and_what_is_hidden_is_counted_and_not_repaired():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    do(explorer, "click", line=0)

    explorer.filters = {"rule": "D001"}
    assert len(explorer.selection) == 1
    assert "1 of them hidden by the filters: not repaired" in explorer.grid.status
    assert explorer.subset.findings.empty

    explorer.filters = {"rule": "D002"}
    assert "hidden by the filters" not in explorer.grid.status
    assert len(explorer.subset.findings) == 1


def test_all_matches_are_added_to_the_selection():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    do(explorer, "click", line=0)
    explorer.filters = {"rule": "D001"}

    do(explorer, "all")
    assert len(explorer.selection) == NUMBER + 1

    do(explorer, "none")
    assert explorer.selection.empty
    assert len(explorer.subset.findings) == NUMBER


def test_what_is_shown_can_be_saved(monkeypatch):
    explorer = explore_many()
    explorer.filters = {"rule": "D001"}
    explorer.sort_by("artifact", descending=True)
    files = {}
    monkeypatch.setattr(
        explorer.grid, "send", lambda message, buffers: files.update({message["name"]: buffers[0]})
    )

    for name in ("csv", "parquet"):
        do(explorer, "export", format=name)

    csv = pd.read_csv(io.BytesIO(files["findings.csv"]))
    assert list(csv["artifact_id"]) == sorted(explorer.matches["artifact_id"], reverse=True)
    parquet = pd.read_parquet(io.BytesIO(files["findings.parquet"]))
    assert list(parquet["artifact_id"]) == list(csv["artifact_id"])


@pytest.mark.slow
def test_the_plan_of_what_is_shown_can_be_saved(make_home, monkeypatch):
    explorer = sma.explore(sma.audit(make_home(), progress=False))
    explorer.filters = {"rule": "D001"}
    files = {}
    monkeypatch.setattr(
        explorer.grid, "send", lambda message, buffers: files.update({message["name"]: buffers[0]})
    )

    do(explorer, "export", format="plan")

    saved = msgspec.json.decode(files["plan.json"], type=PlanDocument)
    assert saved == explorer.subset.plan().document


def test_an_export_without_a_plan_says_why():
    explorer = sma.explore(audited(snapshot([], [row()], era=None, identity=None)))

    do(explorer, "export", format="plan")

    assert "no cache to repair" in explorer.grid.view["status"]


def test_the_static_form_is_a_table_and_a_line_of_text():
    bundle = explore_many()._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "12 of " in bundle["text/html"]
    assert bundle["text/plain"].startswith("<Explorer: ")


def test_the_widget_and_its_static_form_are_two_outputs(monkeypatch):
    from skillmeat_audit.ui.widgets import controls

    outputs = []
    monkeypatch.setattr(controls, "display", lambda data, raw: outputs.append(data))
    explorer = explore_many()
    explorer._ipython_display_()

    widget, static = outputs
    assert "text/html" not in widget
    assert explorer.model_id in static["text/html"]
    assert "12 of " in static["text/html"]


def test_the_code_names_the_variable_that_holds_the_explorer(monkeypatch):
    from types import SimpleNamespace

    from skillmeat_audit.ui.widgets import controls

    explorer = explore_many()
    variables = {"_": explorer, "found": explorer, "other": 1}
    monkeypatch.setattr(controls, "get_ipython", lambda: SimpleNamespace(user_ns=variables))
    explorer.update_code()

    assert "<code>found.audit.findings</code>" in explorer.html


def test_hostile_names_are_escaped():
    audit = audited(snapshot([], [row(HOSTILE)], collections=(("default", HOSTILE),)))
    explorer = sma.explore(audit)
    do(explorer, "click", line=0)

    html = explorer.html + explorer.static_html()

    assert "<img src=x" not in html
    assert not set("\u202e\x1b") & set(html)


@pytest.mark.parametrize("artifact_id", ["skill:stray", None])
def test_selecting_a_finding_without_artifact_shows_the_finding(artifact_id):
    problem = {"kind": "undeclared", "artifact_id": artifact_id, "place": "x", "detail": "a stray"}
    explorer = sma.explore(audited(snapshot(problems=[problem])))
    assert set(explorer.matches["rule"]) == {"F006"}

    mentions = explorer.html.count("F006")

    do(explorer, "click", line=0)

    assert explorer.html.count("F006") == mentions + 1


def test_every_control_has_a_label():
    panel = sma.repair_panel(explore_many())
    controls = [child for child in descendants(panel) if hasattr(child, "disabled")]

    assert len(controls) > 8
    assert [child for child in controls if not child.description] == []


def test_without_ipywidgets_the_error_names_the_extra_to_install(monkeypatch):
    import sys

    audit = audited(snapshot([], [row()]))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)

    with pytest.raises(UsageError, match=r"not installed; run: .*pip install .*\[notebook\]"):
        sma.explore(audit)


def chart_filters(explorer):
    """Return the filters that the charts of *explorer* hold, as a browser returns them."""
    marks = re.findall(r'data-filter="([^"]*)"', explorer.html)
    return [dict(parse_qsl(unescape(each), keep_blank_values=True)) for each in marks]


@pytest.mark.parametrize("sample", [True, False])
def test_a_click_on_any_part_of_a_chart_shows_the_findings_on_it(sample):
    explorer = sma.explore(sma.audit(sma.sample(), progress=False)) if sample else explore_many()
    every = chart_filters(explorer)
    names = {name for filters in every for name in filters}
    of_pages = set() if sample else {"page"}
    assert names == {"writer", "collection", "artifact", "column", "severity"} | of_pages
    for filters in every:
        explorer.guard.receive({"filter": filters})
        assert len(explorer.matches), filters
        shown = explorer.matches
        for name, column in (("column", "column"), ("writer", "writer"), ("severity", "severity")):
            if name in explorer.filters:
                assert set(shown[column].fillna("")) == {filters[name]}


@pytest.mark.parametrize(
    "message",
    [None, [], {"filter": ["rule"]}, {"filter": {"color": "red"}}, {"filter": {"rule": "X"}}],
)
def test_filters_that_no_chart_holds_change_nothing(message):
    explorer = explore_many()
    explorer.guard.receive(message)
    assert explorer.filters == {}
    assert len(explorer.matches) == len(explorer.audit.findings)


def test_a_hostile_name_in_a_chart_is_only_text():
    entry = imported(HOSTILE, description="Does.")
    explorer = sma.explore(audited(snapshot([entry], [row(HOSTILE)])))
    assert "<img" not in explorer.html
    explorer.guard.receive({"filter": chart_filters(explorer)[0]})
    assert set(explorer.matches["artifact_id"]) == {HOSTILE}


def test_a_fleet_is_filtered_by_home(make_fleet):
    made = make_fleet(2)
    fleet = sma.fleet(made.file)
    explorer = sma.explore(fleet)
    box = explorer.grid.facets[1]

    assert box["name"] == "home"
    assert [value for value, *_ in box["values"]] == made.names
    assert explorer.grid.columns[0].name == "home"
    assert set(column(explorer, "home")) == {*made.names}
    explorer.filters = {"home": made.names[1], "rule": "D001"}
    assert set(explorer.matches["home"]) == {made.names[1]}
    assert list(explorer.matches.columns) == list(fleet.findings.columns)
    assert len(explorer.matches) == 3
    assert "sma.explore(fleet)" in explorer.static_html()
    assert "page" not in {box.get("name") for box in explorer.grid.facets}
    with pytest.raises(TraitError, match="no filter is called page"):
        explorer.filters = {"page": "blank"}
    with pytest.raises(UsageError, match="a fleet is planned home by home"):
        sma.repair_panel(explorer)


def test_lines_of_a_fleet_are_folded_by_home(make_fleet):
    made = make_fleet(2)
    explorer = sma.explore(sma.fleet(made.file))
    one = sma.explore(sma.audit(made.path(made.names[0]), progress=False))

    assert explorer.grid.view["total"] == 2 * one.grid.view["total"]
