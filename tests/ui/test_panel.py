"""The repair panel: each step opens the next, and what goes wrong is said in it."""

import pytest
from builders import audited, row, snapshot
from conftest import dump
from test_explorer import control

import skillmeat_audit as sma
from skillmeat_audit.base.errors import CancelledError
from skillmeat_audit.repair.transaction import BATCH_ROWS

STEPS = {"plan": "1 plan", "rehearse": "2 rehearse", "apply": "3 apply", "undo": "4 undo"}
SECONDS = 60


@pytest.fixture
def panel(make_home, tmp_path):
    """Return the panel of a home that needs repair."""
    audit = sma.audit(make_home(), progress=False)
    return sma.repair_panel(audit, sma.Options(state_dir=tmp_path / "state"))


def press(panel, *steps):
    for step in steps:
        control(panel, STEPS[step]).click()
        assert panel.wait(SECONDS)


def ready(panel):
    """Return the steps that can be taken."""
    return {step for step, label in STEPS.items() if not control(panel, label).disabled}


def database(panel):
    return panel.audit.snapshot.home.root / "cache" / "cache.db"


def test_each_step_opens_the_next(panel):
    assert ready(panel) == {"plan"}
    press(panel, "plan")
    assert ready(panel) == {"plan", "rehearse"}
    press(panel, "rehearse")
    assert ready(panel) == {"plan", "rehearse", "apply"}
    press(panel, "apply")
    assert ready(panel) == {"plan", "undo"}
    press(panel, "undo")
    assert ready(panel) == {"plan"}


def test_nothing_is_written_before_apply_and_undo_puts_it_back(panel):
    before = dump(database(panel))

    press(panel, "plan", "rehearse")
    assert dump(database(panel)) == before
    press(panel, "apply")
    assert dump(database(panel)) != before
    press(panel, "undo")
    assert dump(database(panel)) == before


def test_the_values_are_there(panel):
    press(panel, "plan", "rehearse", "apply")

    assert len(panel.plan.document.changes) == 4
    assert panel.run.outcome.backup.exists()
    assert len(panel.run.recheck.fixed) > 20
    assert str(panel.run.outcome.backup) in panel._terms.value


def test_another_choice_needs_another_rehearsal(panel):
    press(panel, "plan", "rehearse")

    control(panel, "delete orphans").value = True

    assert panel.plan is None
    assert ready(panel) == {"plan"}


def test_undo_stays_open_when_the_choice_changes(panel):
    press(panel, "plan", "rehearse", "apply")

    control(panel, "delete orphans").value = True

    assert ready(panel) == {"plan", "undo"}


def test_the_cap_is_in_sight_and_kept(panel):
    control(panel, "rows that may be overwritten or deleted").value = 0
    control(panel, "delete orphans").value = True
    assert "0 may be overwritten or deleted" in panel._terms.value

    press(panel, "plan", "rehearse")

    assert "overwrite or delete 1 of 5 rows" in panel.error
    assert panel.error in panel._status.value
    assert ready(panel) == {"plan", "rehearse"}


def test_an_error_is_shown_in_the_panel(panel, caplog):
    press(panel, "plan")
    database(panel).unlink()

    press(panel, "rehearse")

    assert "cannot" in panel.error
    assert 'class="tag error"' in panel._status.value
    assert not caplog.records


def test_a_fault_of_ours_is_shown_too(panel, caplog):
    press(panel, "plan")
    panel.plan = "not a plan" and panel.plan
    panel._ran = None

    press(panel, "rehearse")

    assert "TypeError" in panel.error
    assert not caplog.records


def test_cancelled_between_batches_nothing_is_written(panel):
    before = dump(database(panel))
    press(panel, "plan", "rehearse")
    panel._proceed = lambda done, total: False

    press(panel, "apply")

    assert "cancelled after 0 of 4 rows and rolled back" in panel.error
    assert dump(database(panel)) == before
    assert ready(panel) == {"plan", "rehearse", "apply"}


def test_cancel_stops_at_the_next_batch(panel):
    press(panel, "plan")
    going_on = panel._worker.going_on
    panel._worker.going_on = lambda: panel._worker.cancel() or going_on()

    press(panel, "rehearse")

    assert panel.error.startswith("cancelled after")


def test_a_plan_that_was_cancelled_is_none(panel):
    panel._worker.going_on = lambda: False

    press(panel, "plan")

    assert panel.error == "cancelled; nothing was planned"
    assert panel.plan is None
    assert ready(panel) == {"plan"}


def test_what_is_going_on_is_said(panel):
    said = []
    panel.observe(lambda change: said.append(panel._status.value), "busy")

    press(panel, "plan", "rehearse")

    assert "planning…" in said[0]
    assert "rehearsing…" in said[2]


def test_undo_can_be_cancelled_too(panel):
    press(panel, "plan", "rehearse", "apply")
    applied = dump(database(panel))
    going_on = panel._worker.going_on
    panel._worker.going_on = lambda: panel._worker.cancel() or going_on()

    press(panel, "undo")

    assert panel.error.startswith("cancelled after 0 of 4 rows")
    assert dump(database(panel)) == applied
    assert ready(panel) == {"plan", "undo"}


def test_after_a_run_the_explorer_shows_what_is_left_and_after_undo_what_was(make_home, tmp_path):
    explorer = sma.explore(sma.audit(make_home(), progress=False).only(severity="error"))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    before = explorer.found
    explorer.wanted = {"rule": "D001"}

    press(panel, "plan", "rehearse", "apply")
    assert panel.step == "applied"
    assert explorer.found.empty
    assert len(explorer.audit.findings) == len(before) - 3
    assert set(explorer.audit.findings["severity"]) == {"error"}

    press(panel, "undo")
    assert len(explorer.found) == 3
    assert explorer.audit.findings.equals(before)


def test_what_is_left_can_be_repaired_next(make_home, tmp_path):
    explorer = sma.explore(sma.audit(make_home(), progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    explorer.wanted = {"rule": "D001"}
    press(panel, "plan", "rehearse", "apply")

    explorer.wanted = {"rule": "S001"}
    press(panel, "plan", "rehearse", "apply")

    assert panel.error == ""
    assert panel.run.outcome.conflicts == ()
    assert len(panel.run.recheck.fixed) == 3


def test_each_step_shows_its_code(panel):
    shown = []
    for step in STEPS:
        press(panel, step)
        shown.append(panel._code.value)

    for code, html in zip(("audit.plan(", "plan.rehearse(", "plan.apply(", "run.undo("), shown,
                          strict=True):  # fmt: skip
        assert code in html


def test_of_an_explorer_it_repairs_what_is_selected(make_home, tmp_path):
    explorer = sma.explore(sma.audit(make_home(), progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    explorer.wanted = {"rule": "D001", "collection": "default"}
    press(panel, "plan")
    assert len(panel.plan.changes) == 2

    control(explorer, "1").value = True
    assert panel.plan is None
    press(panel, "plan")

    assert len(panel.plan.changes) == 1
    assert list(panel.plan.changes["column"]) == ["description"]


def test_a_home_without_a_cache_is_told(tmp_path):
    audit = audited(snapshot([], [row()], era=None, identity=None))
    panel = sma.repair_panel(audit)

    press(panel, "plan")

    assert "no cache to repair" in panel.error
    assert "no cache to repair" in panel.static_html()


def test_without_a_kernel_the_plan_can_be_read(panel):
    bundle = panel._repr_mimebundle_()

    assert "before → after" in bundle["text/html"]
    assert bundle["text/plain"] == "<Panel: choose, 29 findings; see .plan, .run, .step, .error>"


def test_a_run_asks_between_batches(make_home, tmp_path):
    asked = []

    def proceed(done, total):
        asked.append((done, total))
        return len(asked) < 2

    plan = sma.audit(make_home(), progress=False).plan()
    with pytest.raises(CancelledError, match="cancelled after 4 of 4 rows"):
        plan.apply(sma.Options(state_dir=tmp_path, proceed=proceed))

    assert asked == [(0, 4), (4, 4)]
    assert BATCH_ROWS >= 100
