"""The explorer: what its filters find, what is selected, and what it shows."""

from functools import cache

import pytest
from builders import audited, imported, row, snapshot, synced
from traitlets import TraitError

import skillmeat_audit as sma
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.ui.widgets.explorer import Explorer
from skillmeat_audit.ui.widgets.table import PAGE

HOSTILE = "skill:<img src=x onerror=alert(1)>\u202e\x1b"
NUMBER = 30


def example():
    """Return an explorer of `findings`."""
    return sma.explore(findings())


@cache
def findings():
    """Return an audit of many bare rows, one of them in another collection, one that differs."""
    ids = [f"skill:a{number:02}" for number in range(NUMBER)]
    entries = [imported(each, description=f"Does {each}.") for each in ids]
    rows = [row(each) for each in ids[1:]] + [row(ids[5], "t1")]
    rows.append(synced(entries[0], description="Did."))
    return audited(snapshot(entries, rows))


def control(explorer, label):
    """Return the control with this label."""
    found, waiting = [], [explorer]
    while waiting:
        each = waiting.pop()
        waiting += getattr(each, "children", ())
        if getattr(each, "description", None) == label:
            found.append(each)
    (only,) = found
    return only


def page(explorer):
    """Return the HTML of the table."""
    return explorer._table._html.value


def test_everything_is_found_at_first():
    explorer = example()

    assert len(explorer.found) == len(explorer.audit.findings)
    assert explorer.selection.empty
    assert explorer.code == "audit.findings"


def test_filters_narrow_what_is_found_and_say_it_in_code():
    explorer = example()

    control(explorer, "rule").value = "D001"
    control(explorer, "collection").value = "t1"

    assert explorer.wanted == {"rule": "D001", "collection": "t1"}
    assert len(explorer.found) == 1
    assert explorer.found.equals(eval(explorer.code, {"audit": explorer.audit}))


def test_setting_what_is_wanted_sets_the_filters():
    explorer = example()

    explorer.wanted = {"severity": "error", "text": "A07"}

    assert control(explorer, "severity").value == "error"
    assert control(explorer, "text").value == "A07"
    assert set(explorer.found["artifact_id"]) == {"skill:a07"}


def test_an_unknown_filter_is_refused():
    with pytest.raises(TraitError, match="no filter is called colour"):
        example().wanted = {"colour": "red"}


def test_the_counts_follow_the_other_filters():
    explorer = example()

    control(explorer, "text").value = "a05"

    labels = [label for label, _ in control(explorer, "collection").options]
    assert "Team · 5" in labels
    assert "Default Collection · 5" in labels
    rules = [label for label, _ in control(explorer, "rule").options]
    assert any(label.startswith("D001") and label.endswith("· 2") for label in rules)


def test_a_filter_that_is_not_used_says_how_many_it_would_filter():
    explorer = example()
    explorer.wanted = {"rule": "D001"}

    assert control(explorer, "severity").label == f"all · {NUMBER}"
    assert f"{NUMBER} errors" in explorer._status.value
    assert "0 warnings" in explorer._status.value


def test_a_filter_that_finds_nothing_can_be_taken_back():
    explorer = example()

    explorer.wanted = {"rule": "D001", "text": "no such text"}
    assert len(explorer.found) == 0
    assert "Findings 0 to 0 of 0" in page(explorer)

    control(explorer, "reset filters").click()
    assert len(explorer.found) == len(explorer.audit.findings)
    assert control(explorer, "text").value == ""


def test_only_a_page_is_shown():
    explorer = example()
    total = len(explorer.found)

    assert page(explorer).count('<th scope="row">') == PAGE
    assert f"Findings 1 to {PAGE} of {total}" in page(explorer)
    assert control(explorer, "◀ previous page").disabled

    control(explorer, "next page ▶").click()
    assert f"Findings {PAGE + 1} to {2 * PAGE} of {total}" in page(explorer)
    assert not control(explorer, "◀ previous page").disabled


def test_the_last_page_has_no_next():
    explorer = example()
    explorer.wanted = {"rule": "D002"}

    assert control(explorer, "next page ▶").disabled
    hidden = [box.layout.display == "none" for box in explorer._table._boxes]
    assert hidden == [False] + [True] * (PAGE - 1)


def test_sorting_is_told_in_the_table():
    explorer = example()

    control(explorer, "sort by").value = "severity"
    assert 'aria-sort="ascending">severity<span aria-hidden="true"> ↑' in page(explorer)
    assert "✖" in page(explorer)

    control(explorer, "descending").value = True
    assert 'aria-sort="descending">severity<span aria-hidden="true"> ↓' in page(explorer)
    assert page(explorer).count("aria-sort") == 1
    assert "✖" not in page(explorer)


def test_a_line_has_the_number_of_its_box():
    explorer = example()
    control(explorer, "next page ▶").click()

    assert f'<span class="unseen">{PAGE + 1}: </span>' in page(explorer)
    assert control(explorer, f"{PAGE + 1}").tooltip.startswith(f"select finding {PAGE + 1}: ")


def test_it_can_turn_to_another_audit_and_keeps_its_filters():
    explorer = example()
    explorer.wanted = {"rule": "D002"}
    control(explorer, "1").value = True

    explorer.turn_to(explorer.audit.only(severity="error"))

    assert explorer.wanted == {"rule": "D002"}
    assert explorer.found.empty
    assert explorer.selection.empty
    assert f"0 of {4 * NUMBER} findings" in explorer._status.value


def test_a_selection_is_a_value_and_shows_its_layers():
    explorer = example()
    explorer.wanted = {"rule": "D002"}
    seen = []
    explorer.observe(lambda change: seen.append(len(change["new"])), "selection")

    control(explorer, "1").value = True

    assert list(explorer.selection["rule"]) == ["D002"]
    assert seen == [1]
    assert list(explorer.chosen.findings["artifact_id"]) == ["skill:a00"]
    assert "<mark>" in explorer._detail.value
    assert '<tr class="selected"><th scope="row"><span class="unseen">1, selected: </span>' in page(
        explorer
    )


def test_a_selection_outlives_filters_and_pages():
    explorer = example()
    explorer.wanted = {"rule": "D002"}
    control(explorer, "1").value = True

    explorer.wanted = {"rule": "D001"}
    assert not control(explorer, "1").value
    assert len(explorer.selection) == 1

    explorer.wanted = {"rule": "D002"}
    assert control(explorer, "1").value
    control(explorer, "1").value = False
    assert explorer.selection.empty


def test_all_that_is_found_can_be_selected_and_cleared():
    explorer = example()
    explorer.wanted = {"rule": "D001"}

    control(explorer, "select all found").click()
    assert len(explorer.selection) == NUMBER

    control(explorer, "clear selection").click()
    assert explorer.selection.empty
    assert len(explorer.chosen.findings) == NUMBER


def test_without_a_kernel_there_is_a_table_and_text():
    bundle = example()._repr_mimebundle_()

    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert f"<caption>{PAGE} of " in bundle["text/html"]
    assert bundle["text/plain"].startswith("<Explorer: ")


def test_names_are_only_text():
    audit = audited(snapshot([], [row(HOSTILE)], collections=(("default", HOSTILE),)))
    explorer = sma.explore(audit)
    explorer._table._boxes[0].value = True

    shown = page(explorer) + explorer._detail.value + explorer.static_html()

    assert "<img src=x" not in shown
    assert not set("\u202e\x1b") & set(shown)


@pytest.mark.parametrize("artifact_id", ["skill:stray", None])
def test_a_finding_on_no_artifact_shows_itself(artifact_id):
    problem = {"kind": "undeclared", "artifact_id": artifact_id, "place": "x", "detail": "a stray"}
    explorer = sma.explore(audited(snapshot(problems=[problem])))
    assert set(explorer.found["rule"]) == {"F006"}

    control(explorer, "1").value = True

    assert "F006" in explorer._detail.value


def test_every_control_has_a_label():
    waiting, unlabelled = [example()], []
    while waiting:
        each = waiting.pop()
        waiting += getattr(each, "children", ())
        if hasattr(each, "disabled") and not each.description:
            unlabelled.append(each)

    assert [each for each in unlabelled if each.layout.display != "none"] == []


def test_without_the_extra_it_says_what_is_missing(monkeypatch):
    import sys

    audit = audited(snapshot([], [row()]))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)

    with pytest.raises(UsageError, match="install skillmeat-audit with the extra 'notebook'"):
        sma.explore(audit)


def test_it_is_an_explorer():
    assert isinstance(example(), Explorer)
