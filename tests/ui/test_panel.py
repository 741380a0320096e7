"""The repair panel: each step enables the next, and errors are shown in it."""

import sqlite3
from contextlib import closing
from html import unescape

import msgspec
import pytest
from builders import audited, row, snapshot
from conftest import dump

import skillmeat_audit as sma
from skillmeat_audit.base.errors import CancelledError, HomeError, UsageError
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.repair.transaction import BATCH_ROWS

STEPS = {"plan": "1 plan", "rehearse": "2 rehearse", "apply": "3 apply", "undo": "4 undo"}
SECONDS = 60


@pytest.fixture
def panel(make_home, tmp_path):
    """Return the panel of a home that needs repair."""
    return panel_of(make_home(), tmp_path)


def panel_of(home, tmp_path, **options):
    options = sma.Options(state_dir=tmp_path / "state", **options)
    return sma.repair_panel(sma.audit(home, progress=False), options)


@pytest.fixture
def cancelled_panel(make_home, tmp_path):
    """Return a panel and a set of steps: a run in one of these steps is cancelled at once."""
    steps = set()

    def proceed(done, total):
        if panel.step in steps:
            panel.cancel()
        return True

    panel = panel_of(make_home(), tmp_path, proceed=proceed)
    return panel, steps


def press(panel, *steps):
    for step in steps:
        panel.control(STEPS[step]).click()
        assert panel.wait(SECONDS)


def ready(panel):
    """Return the steps that can be taken."""
    return {step for step, label in STEPS.items() if not panel.control(label).disabled}


def database(panel):
    return panel.audit.snapshot.home.root / "cache" / "cache.db"


def test_each_step_enables_the_next(panel):
    assert ready(panel) == {"plan"}
    press(panel, "plan")
    assert ready(panel) == {"plan", "rehearse"}
    press(panel, "rehearse")
    assert ready(panel) == {"plan", "rehearse", "apply"}
    press(panel, "apply")
    assert ready(panel) == {"plan", "undo"}
    press(panel, "undo")
    assert ready(panel) == {"plan"}


def test_only_apply_writes_and_undo_restores_every_row(panel):
    before = dump(database(panel))

    press(panel, "plan", "rehearse")
    assert dump(database(panel)) == before
    press(panel, "apply")
    assert dump(database(panel)) != before
    press(panel, "undo")
    assert dump(database(panel)) == before


@pytest.mark.slow
def test_plan_and_run_are_traits_and_the_backup_is_shown(panel):
    press(panel, "plan", "rehearse", "apply")

    assert len(panel.plan.document.changes) == 4
    assert panel.run.outcome.backup.exists()
    assert len(panel.run.recheck.fixed) > 20
    assert str(panel.run.outcome.backup) in panel.html


def test_a_change_of_options_discards_the_plan(panel):
    press(panel, "plan", "rehearse")

    panel.control("delete orphans").value = True

    assert panel.plan is None
    assert ready(panel) == {"plan"}


@pytest.mark.slow
def test_undo_stays_possible_when_the_options_change(panel):
    press(panel, "plan", "rehearse", "apply")

    panel.control("delete orphans").value = True

    assert ready(panel) == {"plan", "undo"}


@pytest.mark.slow
def test_the_overwrite_limit_is_shown_and_enforced(panel):
    panel.control("rows that may be overwritten or deleted").value = 0
    panel.control("delete orphans").value = True
    press(panel, "plan")
    assert "overwrites or deletes 1 of 5 rows; 0 may be: raise the limit" in panel.html

    press(panel, "rehearse")

    assert "overwrite or delete 1 of 5 rows" in panel.error
    assert panel.error in panel.html
    assert ready(panel) == {"plan", "rehearse"}


@pytest.mark.slow
def test_the_default_limit_is_not_in_the_code(panel):
    press(panel, "plan", "rehearse")
    assert "max_overwrites" not in panel.html

    panel.control("rows that may be overwritten or deleted").value = 4
    press(panel, "plan", "rehearse")
    assert "max_overwrites=4" in panel.html


def manifest(panel):
    return panel.audit.snapshot.home.root / "collections" / "default" / "collection.toml"


@pytest.mark.slow
def test_what_apply_does_is_said_before_in_one_sentence(panel):
    assert "apply fills" not in panel.html

    press(panel, "plan")

    assert (
        "apply fills 6 keys of 1 manifest and 24 cells in 3 rows; inserts 1 row; "
        "overwrites 0 values; backup and journal in "
    ) in panel.html
    assert '<pre class="diff">' in panel.html
    press(panel, "rehearse", "apply")
    assert "apply fills" not in panel.html


@pytest.mark.slow
def test_manifests_are_written_and_put_back(panel):
    before = manifest(panel).read_bytes()

    press(panel, "plan", "rehearse")
    assert manifest(panel).read_bytes() == before
    press(panel, "apply")
    assert manifest(panel).read_bytes() != before
    assert "all written cells last" in panel.html
    press(panel, "undo")
    assert manifest(panel).read_bytes() == before
    assert "Undone: what the run changed is as before." in panel.html


@pytest.mark.slow
@pytest.mark.parametrize(
    ("targets", "writes", "code"),
    [
        (("rows",), (4, 0), "targets=(&#x27;rows&#x27;,))"),
        (("manifests",), (0, 6), "targets=(&#x27;manifests&#x27;,))"),
    ],
)
def test_rows_or_manifests_alone_are_a_choice(panel, targets, writes, code):
    manifest_before, rows_before = manifest(panel).read_bytes(), dump(database(panel))
    panel.control("writes").value = targets

    press(panel, "plan")
    document = panel.plan.document
    assert (len(document.changes), len(panel.plan.edits)) == writes
    assert code in panel.html
    press(panel, "rehearse", "apply")

    assert panel.step == "applied" and panel.error == ""
    assert (manifest(panel).read_bytes() != manifest_before) == ("manifests" in targets)
    assert (dump(database(panel)) != rows_before) == ("rows" in targets)


@pytest.mark.slow
def test_a_conflict_of_an_edit_is_no_success(panel):
    press(panel, "plan", "rehearse")
    text = manifest(panel).read_text()
    title = 'title = "lock-audit"\n'
    assert title in text
    manifest(panel).write_text(text.replace(title, f'{title}license = "GPL-3.0"\n'))

    press(panel, "apply")

    assert len(panel.run.outcome.edit_conflicts) == 1
    assert "Applied, but 1 conflict: skipped, and listed below; plan again." in panel.html
    assert 'class="tag warning"' in panel.html
    assert "Applied and audited again" not in panel.html


def test_an_error_is_shown_in_the_panel(panel, caplog):
    press(panel, "plan")
    database(panel).unlink()

    press(panel, "rehearse")

    assert "cannot" in panel.error
    assert 'class="tag error"' in panel.html
    assert not caplog.records


def test_an_unexpected_exception_is_shown_in_the_panel(panel, caplog, monkeypatch):
    press(panel, "plan")
    monkeypatch.setattr(sma.Plan, "rehearse", None)

    press(panel, "rehearse")

    assert "TypeError" in panel.error
    assert "a bug of skillmeat-audit" in panel.html
    assert not caplog.records


@pytest.mark.slow
def test_an_apply_cancelled_between_batches_writes_nothing(cancelled_panel):
    panel, steps = cancelled_panel
    before = dump(database(panel))
    press(panel, "plan", "rehearse")
    steps.add("rehearsed")

    press(panel, "apply")

    assert "cancelled after 0 of 4 rows and rolled back" in panel.notice
    assert dump(database(panel)) == before
    assert ready(panel) == {"plan", "rehearse", "apply"}


def test_a_rehearsal_can_be_cancelled(cancelled_panel):
    panel, steps = cancelled_panel
    press(panel, "plan")
    steps.add("planned")

    press(panel, "rehearse")

    assert panel.notice.startswith("cancelled after")
    assert ready(panel) == {"plan", "rehearse"}


def test_the_options_can_stop_a_run_too(make_home, tmp_path):
    panel = panel_of(make_home(), tmp_path, proceed=lambda done, total: False)

    press(panel, "plan", "rehearse")

    assert panel.notice.startswith("cancelled after 0 of 4 rows")


def test_a_cancelled_plan_leaves_no_plan(panel, monkeypatch):
    plan = sma.Audit.plan
    monkeypatch.setattr(
        sma.Audit, "plan", lambda audit, **options: panel.cancel() or plan(audit, **options)
    )

    press(panel, "plan")

    assert panel.notice == "cancelled; nothing was planned"
    assert panel.plan is None
    assert ready(panel) == {"plan"}


def test_the_activity_is_shown_while_it_runs(panel):
    statuses = []
    panel.observe(lambda change: statuses.append(panel.html), "busy")

    press(panel, "plan", "rehearse")

    assert ["planning…" in html for html in statuses] == [True, False, False, False]
    assert ["rehearsing…" in html for html in statuses] == [False, False, True, False]


@pytest.mark.slow
def test_a_cancelled_undo_changes_nothing(cancelled_panel):
    panel, steps = cancelled_panel
    press(panel, "plan", "rehearse", "apply")
    applied = dump(database(panel))
    steps.add("applied")

    press(panel, "undo")

    assert panel.notice.startswith("cancelled after 0 of 4 rows")
    assert dump(database(panel)) == applied
    assert ready(panel) == {"plan", "undo"}


@pytest.mark.slow
def test_the_explorer_shows_the_remaining_findings_after_a_run_and_all_after_its_undo(
    make_home, tmp_path
):
    explorer = sma.explore(sma.audit(make_home(), progress=False).only(severity="error"))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    before = explorer.matches
    explorer.filters = {"rule": "D001"}

    press(panel, "plan", "rehearse", "apply")
    assert panel.step == "applied"
    assert explorer.matches.empty
    assert len(explorer.audit.findings) == len(before) - 3
    assert set(explorer.audit.findings["severity"]) == {"error"}

    press(panel, "undo")
    assert len(explorer.matches) == 3
    assert explorer.audit.findings.equals(before)


@pytest.mark.slow
def test_the_remaining_findings_can_be_repaired_in_a_second_run(make_home, tmp_path):
    explorer = sma.explore(sma.audit(make_home(), progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    explorer.filters = {"rule": "D001"}
    press(panel, "plan", "rehearse", "apply")

    explorer.filters = {"rule": "S001"}
    press(panel, "plan", "rehearse", "apply")

    assert panel.error == ""
    assert panel.run.outcome.conflicts == ()
    assert len(panel.run.recheck.fixed) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "codes"),
    [
        ("plan", ["the same in code: <code>panel.audit.plan(dispositions="]),
        ("rehearse", ["the same in code: <code>panel.plan.rehearse("]),
        ("apply", ["this run in code: <code>panel.run</code>", "<code>panel.plan.apply("]),
        ("undo", ["this run in code: <code>panel.run</code>", "<code>panel.undoable_run.undo()"]),
    ],
)
def test_each_step_shows_the_code_for_what_it_shows(panel, step, codes):
    press(panel, *list(STEPS)[: list(STEPS).index(step) + 1])

    assert [code for code in codes if code not in panel.html] == []
    assert "panel.run.outcomes" in panel.html or step == "plan"
    assert panel.html.count('class="copy"') == 1


def test_the_shown_code_of_a_plan_returns_the_same_plan(panel):
    press(panel, "plan")
    code = panel.html.partition("the same in code: <code>")[2].partition("</code>")[0]

    plan = eval(unescape(code), {"panel": panel})

    assert plan.document == panel.plan.document


def conflicting(panel):
    """Change all descriptions of the cache behind the panel's back."""
    with closing(sqlite3.connect(database(panel))) as connection, connection:
        connection.execute("UPDATE collection_artifacts SET description = 'written elsewhere'")


@pytest.mark.slow
def test_an_undo_with_conflicts_is_no_success_and_can_be_tried_again(make_home, tmp_path):
    home = make_home()
    explorer = sma.explore(sma.audit(home, progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    press(panel, "plan", "rehearse", "apply")
    conflicting(panel)

    press(panel, "undo")

    assert panel.run.outcome.has_conflicts
    assert "Undone: what the run changed is as before." not in panel.html
    assert 'class="tag warning"' in panel.html
    assert ready(panel) == {"plan", "undo"}
    fresh = sma.audit(home, progress=False, state_dir=tmp_path)
    assert explorer.audit.findings.equals(fresh.findings)


@pytest.mark.slow
def test_a_run_that_is_undone_already_says_so(panel):
    press(panel, "plan", "rehearse", "apply")
    run = panel.run
    press(panel, "undo")

    with pytest.raises(UsageError, match=f"{run.outcome.run} is undone already, by run"):
        run.undo()
    panel.run.undo()  # what was undone can be written again
    assert len(run.undo().outcome.applied) == 4  # and undone again


@pytest.mark.slow
def test_an_apply_that_met_only_conflicts_shows_a_fresh_audit(make_home, tmp_path):
    home = make_home()
    explorer = sma.explore(sma.audit(home, progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    explorer.filters = {"rule": "D001"}
    press(panel, "plan", "rehearse")
    conflicting(panel)

    press(panel, "apply")

    assert panel.run.outcome.run is None
    assert "Nothing was changed, but 3 conflicts" in panel.html
    assert explorer.audit.findings.equals(sma.audit(home, progress=False).findings)
    assert ready(panel) == {"plan"}


@pytest.mark.slow
def test_a_part_of_an_audit_stays_that_part_after_apply_and_undo(make_home, tmp_path):
    home = make_home()
    explorer = sma.explore(sma.audit(home, progress=False).only(severity="error"))
    before = explorer.audit.findings
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    press(panel, "plan", "rehearse", "apply", "undo")

    assert explorer.audit.findings.equals(before)


@pytest.mark.slow
def test_the_panel_of_an_audit_plans_from_the_audit_after_its_run(panel):
    press(panel, "plan", "rehearse", "apply")
    assert len(panel.audit.findings) == 1

    press(panel, "plan")

    assert panel.plan.document.is_empty
    assert "Nothing to repair" in panel.html


@pytest.mark.slow
def test_a_cancelled_run_is_neither_an_error_nor_a_success(cancelled_panel):
    panel, steps = cancelled_panel
    press(panel, "plan", "rehearse")
    steps.add("rehearsed")

    press(panel, "apply")

    assert panel.error == ""
    assert f"■</b>&nbsp;{panel.notice}" in panel.html
    assert 'class="tag error"' not in panel.html
    assert "rehearsed and rolled back" not in panel.html
    assert "in code: " not in panel.html


@pytest.mark.slow
def test_an_audit_that_fails_after_the_undo_does_not_hide_the_undo(panel, monkeypatch):
    from skillmeat_audit.ui.widgets import panel as panel_module

    press(panel, "plan", "rehearse", "apply")

    def fail(*_):
        raise HomeError("the home is busy")

    monkeypatch.setattr(panel_module, "audit_again", fail)
    press(panel, "undo")

    assert panel.step == "undone"
    assert "could not audit again: the home is busy" in panel.html
    assert "4 rows" in panel.html


def untick(panel, line):
    panel.changes.grid.receive({"do": "click", "line": line, "mode": "toggle"})


def unfold(panel, line):
    panel.changes.grid.receive({"do": "fold", "line": line})


@pytest.mark.slow
def test_unticked_changes_are_not_written(panel):
    press(panel, "plan")
    whole = panel.plan.document
    unfold(panel, 0)
    untick(panel, 1)

    assert sum(len(each.edits) for each in panel.plan.document.manifests) == 5
    assert "1 change unticked: not written" in panel.html
    assert "apply fills 5 keys of 1 manifest" in panel.html
    press(panel, "rehearse", "apply")
    assert len(panel.run.outcome.edits) == 5
    assert len(whole.changes) == len(panel.run.outcome.outcomes)


def test_unticking_after_a_rehearsal_needs_another_rehearsal(panel):
    press(panel, "plan", "rehearse")

    untick(panel, 0)

    assert ready(panel) == {"plan", "rehearse"}
    assert "the ticked changes in code: <code>panel.plan</code>" in panel.html


def test_without_any_ticked_change_there_is_nothing_to_apply(panel):
    press(panel, "plan")

    panel.changes.grid.receive({"do": "none"})

    assert panel.plan.document.is_empty
    assert ready(panel) == {"plan"}
    assert "no change is ticked" in panel.html

    panel.changes.grid.receive({"do": "all"})
    assert ready(panel) == {"plan", "rehearse"}


def test_a_deleted_row_is_one_change(panel):
    panel.control("delete orphans").value = True
    panel.control("review: overwrites without a value in the manifest").value = True
    press(panel, "plan")
    grid, units = panel.changes.grid, panel.changes._units.units
    position = next(n for n, unit in enumerate(units) if unit.what == "delete")
    grid.receive({"do": "group", "on": False})

    untick(panel, position)

    assert "delete" not in {change.op for change in panel.plan.document.changes}


def test_the_values_of_the_clicked_change_are_shown_whole(panel):
    press(panel, "plan")

    panel.changes.grid.receive({"do": "click", "line": 0})

    assert "5 changes, before → after" in panel.html
    assert panel.changes.grid.selected.all()


@pytest.mark.slow
def test_changes_can_be_sorted_and_exported(panel):
    press(panel, "plan")
    grid = panel.changes.grid
    sent = []
    grid.send = lambda message, buffers: sent.append((message["name"], buffers[0]))

    grid.receive({"do": "group", "on": False})
    for descending in (False, True):
        grid.receive({"do": "sort", "column": "column"})
        columns = [panel.changes._units.units[n].column for n in grid._ordered]
        assert columns == sorted(columns, reverse=descending)
    untick(panel, 0)
    grid.receive({"do": "export", "format": "plan"})

    ((name, content),) = sent
    assert name == "plan.json"
    assert msgspec.json.decode(content, type=PlanDocument) == panel.plan.document


@pytest.mark.slow
def test_the_panel_of_an_explorer_repairs_its_selection(make_home, tmp_path):
    explorer = sma.explore(sma.audit(make_home(), progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    explorer.filters = {"rule": "D001", "collection": "default"}
    press(panel, "plan")
    assert len(panel.plan.changes) == 2

    explorer.grid.receive({"do": "click", "line": 0})
    assert panel.plan is None
    press(panel, "plan")

    assert len(panel.plan.changes) == 1
    assert list(panel.plan.changes["column"]) == ["description"]


def test_a_home_without_a_cache_is_an_error_message(tmp_path):
    audit = audited(snapshot([], [row()], era=None, identity=None))
    panel = sma.repair_panel(audit)

    press(panel, "plan")

    assert "no cache to repair" in panel.error
    assert "no cache to repair" in panel.static_html()


def test_the_static_form_is_the_plan(panel):
    bundle = panel._repr_mimebundle_()

    assert "before → after" in bundle["text/html"]
    assert bundle["text/plain"] == "<Panel: choose, 29 findings; see .step, .plan, .run, .error>"


@pytest.mark.slow
def test_a_run_asks_between_batches_whether_to_proceed(make_home, tmp_path):
    asked = []

    def proceed(done, total):
        asked.append((done, total))
        return len(asked) < 2

    plan = sma.audit(make_home(), progress=False).plan()
    with pytest.raises(CancelledError, match="cancelled after 4 of 4 rows"):
        plan.apply(sma.Options(state_dir=tmp_path, proceed=proceed))

    assert asked == [(0, 4), (4, 4)]
    assert BATCH_ROWS >= 100
