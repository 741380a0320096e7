"""The explorer: its filters, its selection, and the HTML that it displays."""

from functools import cache

import pytest
from builders import audited, imported, row, snapshot, synced
from ipywidgets import Checkbox
from traitlets import TraitError

import skillmeat_audit as sma
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.ui.widgets.controls import descendants
from skillmeat_audit.ui.widgets.table import PAGE_SIZE

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


def check_boxes(explorer):
    return [box for box in descendants(explorer.table) if isinstance(box, Checkbox)]


def test_without_filters_all_findings_match():
    explorer = explore_many()

    assert len(explorer.matches) == len(explorer.audit.findings)
    assert explorer.selection.empty
    assert explorer.code == "audit.findings"


def test_filters_narrow_the_matches_and_the_code_returns_the_same():
    explorer = explore_many()

    explorer.control("rule").value = "D001"
    explorer.control("collection").value = "t1"

    assert explorer.filters == {"rule": "D001", "collection": "t1"}
    assert len(explorer.matches) == 1
    assert explorer.matches.equals(eval(explorer.code, {"audit": explorer.audit}))


def test_setting_filters_sets_their_controls():
    explorer = explore_many()

    explorer.filters = {"severity": "error", "text": "A07"}

    assert explorer.control("severity").value == "error"
    assert explorer.control("text").value == "A07"
    assert set(explorer.matches["artifact_id"]) == {"skill:a07"}


def test_an_unknown_filter_is_refused():
    with pytest.raises(TraitError, match="no filter is called colour"):
        explore_many().filters = {"colour": "red"}


def test_the_counts_of_a_filter_respect_the_other_filters():
    explorer = explore_many()

    explorer.control("text").value = "a05"

    labels = [label for label, _ in explorer.control("collection").options]
    assert "Team · 5" in labels
    assert "Default Collection · 5" in labels
    rules = [label for label, _ in explorer.control("rule").options]
    assert any(label.startswith("D001") and label.endswith("· 2") for label in rules)


def test_an_unused_filter_shows_the_number_of_matches():
    explorer = explore_many()
    explorer.filters = {"rule": "D001"}

    assert explorer.control("severity").label == f"all · {NUMBER}"
    assert f"{NUMBER} errors" in explorer.html
    assert "0 warnings" in explorer.html


def test_filters_without_matches_can_be_reset():
    explorer = explore_many()

    explorer.filters = {"rule": "D001", "text": "no such text"}
    assert len(explorer.matches) == 0
    assert "Findings 0 to 0 of 0" in explorer.table.html

    explorer.control("reset filters").click()
    assert len(explorer.matches) == len(explorer.audit.findings)
    assert explorer.control("text").value == ""


def test_one_page_is_shown_at_a_time():
    explorer = explore_many()
    total = len(explorer.matches)

    assert explorer.table.html.count('<th scope="row">') == PAGE_SIZE
    assert f"Findings 1 to {PAGE_SIZE} of {total}" in explorer.table.html
    assert explorer.control("◀ previous page").disabled

    explorer.control("next page ▶").click()
    assert f"Findings {PAGE_SIZE + 1} to {2 * PAGE_SIZE} of {total}" in explorer.table.html
    assert not explorer.control("◀ previous page").disabled


def test_the_last_page_disables_next_and_hides_unused_check_boxes():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}

    assert explorer.control("next page ▶").disabled
    hidden = [box.layout.display == "none" for box in check_boxes(explorer)]
    assert hidden == [False] + [True] * (PAGE_SIZE - 1)


def test_the_sorted_column_is_marked_in_the_table():
    explorer = explore_many()

    explorer.control("sort by").value = "severity"
    assert 'aria-sort="ascending">severity<span aria-hidden="true"> ↑' in explorer.table.html
    assert "✖" in explorer.table.html

    explorer.control("descending").value = True
    assert 'aria-sort="descending">severity<span aria-hidden="true"> ↓' in explorer.table.html
    assert explorer.table.html.count("aria-sort") == 1
    assert "✖" not in explorer.table.html


def test_a_line_and_its_check_box_have_the_same_number():
    explorer = explore_many()
    explorer.control("next page ▶").click()

    assert f'<span class="unseen">{PAGE_SIZE + 1}: </span>' in explorer.table.html
    assert explorer.control(f"{PAGE_SIZE + 1}").tooltip.startswith(
        f"select finding {PAGE_SIZE + 1}: "
    )


def test_showing_another_audit_keeps_the_filters_and_clears_the_selection():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    explorer.control("1").value = True

    explorer.show_audit(explorer.audit.only(severity="error"))

    assert explorer.filters == {"rule": "D002"}
    assert explorer.matches.empty
    assert explorer.selection.empty
    assert f"0 of {4 * NUMBER} findings" in explorer.html


def test_a_selected_finding_is_in_the_selection_and_its_layers_are_shown():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    lengths = []
    explorer.observe(lambda change: lengths.append(len(change["new"])), "selection")

    explorer.control("1").value = True

    assert list(explorer.selection["rule"]) == ["D002"]
    assert lengths == [1]
    assert list(explorer.subset.findings["artifact_id"]) == ["skill:a00"]
    assert "<mark>" in explorer.html
    assert (
        '<tr class="selected"><th scope="row"><span class="unseen">1, selected: </span>'
        in explorer.table.html
    )


def test_a_selection_outlives_a_change_of_filters():
    explorer = explore_many()
    explorer.filters = {"rule": "D002"}
    explorer.control("1").value = True

    explorer.filters = {"rule": "D001"}
    assert not explorer.control("1").value
    assert len(explorer.selection) == 1

    explorer.filters = {"rule": "D002"}
    assert explorer.control("1").value
    explorer.control("1").value = False
    assert explorer.selection.empty


def test_all_matches_can_be_selected_and_cleared():
    explorer = explore_many()
    explorer.filters = {"rule": "D001"}

    explorer.control("select all matches").click()
    assert len(explorer.selection) == NUMBER

    explorer.control("clear selection").click()
    assert explorer.selection.empty
    assert len(explorer.subset.findings) == NUMBER


def test_the_static_form_is_a_table_and_a_line_of_text():
    bundle = explore_many()._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert f"<caption>{PAGE_SIZE} of " in bundle["text/html"]
    assert bundle["text/plain"].startswith("<Explorer: ")


def test_hostile_names_are_escaped():
    audit = audited(snapshot([], [row(HOSTILE)], collections=(("default", HOSTILE),)))
    explorer = sma.explore(audit)
    check_boxes(explorer)[0].value = True

    html = explorer.html + explorer.static_html()

    assert "<img src=x" not in html
    assert not set("\u202e\x1b") & set(html)


@pytest.mark.parametrize("artifact_id", ["skill:stray", None])
def test_selecting_a_finding_without_artifact_shows_the_finding(artifact_id):
    problem = {"kind": "undeclared", "artifact_id": artifact_id, "place": "x", "detail": "a stray"}
    explorer = sma.explore(audited(snapshot(problems=[problem])))
    assert set(explorer.matches["rule"]) == {"F006"}

    mentions = explorer.html.count("F006")

    explorer.control("1").value = True

    assert explorer.html.count("F006") == mentions + 1


def test_every_control_has_a_label():
    controls = [child for child in descendants(explore_many()) if hasattr(child, "disabled")]

    assert len(controls) > PAGE_SIZE
    assert [child for child in controls if not child.description] == []


def test_without_ipywidgets_the_error_names_the_extra_to_install(monkeypatch):
    import sys

    audit = audited(snapshot([], [row()]))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)

    with pytest.raises(UsageError, match=r"not installed; run: .*pip install .*\[notebook\]"):
        sma.explore(audit)
