"""The repair panel: each step enables the next, and errors are shown in it."""

import pytest
from builders import audited, row, snapshot
from conftest import dump

import skillmeat_audit as sma
from skillmeat_audit.base.errors import CancelledError
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


def test_undo_stays_possible_when_the_options_change(panel):
    press(panel, "plan", "rehearse", "apply")

    panel.control("delete orphans").value = True

    assert ready(panel) == {"plan", "undo"}


def test_the_overwrite_limit_is_shown_and_enforced(panel):
    panel.control("rows that may be overwritten or deleted").value = 0
    panel.control("delete orphans").value = True
    assert "0 may be overwritten or deleted" in panel.html

    press(panel, "plan", "rehearse")

    assert "overwrite or delete 1 of 5 rows" in panel.error
    assert panel.error in panel.html
    assert ready(panel) == {"plan", "rehearse"}


def manifest(panel):
    return panel.audit.snapshot.home.root / "collections" / "default" / "collection.toml"


def test_what_apply_does_is_said_before_in_one_sentence(panel):
    assert "apply fills" not in panel.html

    press(panel, "plan")

    assert (
        "apply fills 6 keys of 1 manifest and 24 cells in 3 rows; inserts 1 row; "
        "overwrites 0 values"
    ) in panel.html
    assert '<pre class="diff">' in panel.html
    press(panel, "rehearse", "apply")
    assert "apply fills" not in panel.html


def test_manifests_are_written_and_put_back(panel):
    before = manifest(panel).read_bytes()

    press(panel, "plan", "rehearse")
    assert manifest(panel).read_bytes() == before
    press(panel, "apply")
    assert manifest(panel).read_bytes() != before
    assert "would not last: 0 of the written cells" in panel.html
    press(panel, "undo")
    assert manifest(panel).read_bytes() == before
    assert "Undone: what the run changed is as before." in panel.html


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


def test_an_apply_cancelled_between_batches_writes_nothing(cancelled_panel):
    panel, steps = cancelled_panel
    before = dump(database(panel))
    press(panel, "plan", "rehearse")
    steps.add("rehearsed")

    press(panel, "apply")

    assert "cancelled after 0 of 4 rows and rolled back" in panel.error
    assert dump(database(panel)) == before
    assert ready(panel) == {"plan", "rehearse", "apply"}


def test_a_rehearsal_can_be_cancelled(cancelled_panel):
    panel, steps = cancelled_panel
    press(panel, "plan")
    steps.add("planned")

    press(panel, "rehearse")

    assert panel.error.startswith("cancelled after")
    assert ready(panel) == {"plan", "rehearse"}


def test_the_options_can_stop_a_run_too(make_home, tmp_path):
    panel = panel_of(make_home(), tmp_path, proceed=lambda done, total: False)

    press(panel, "plan", "rehearse")

    assert panel.error.startswith("cancelled after 0 of 4 rows")


def test_a_cancelled_plan_leaves_no_plan(panel, monkeypatch):
    plan = sma.Audit.plan
    monkeypatch.setattr(
        sma.Audit, "plan", lambda audit, **options: panel.cancel() or plan(audit, **options)
    )

    press(panel, "plan")

    assert panel.error == "cancelled; nothing was planned"
    assert panel.plan is None
    assert ready(panel) == {"plan"}


def test_the_activity_is_shown_while_it_runs(panel):
    statuses = []
    panel.observe(lambda change: statuses.append(panel.html), "busy")

    press(panel, "plan", "rehearse")

    assert "planning…" in statuses[0]
    assert "rehearsing…" in statuses[2]


def test_a_cancelled_undo_changes_nothing(cancelled_panel):
    panel, steps = cancelled_panel
    press(panel, "plan", "rehearse", "apply")
    applied = dump(database(panel))
    steps.add("applied")

    press(panel, "undo")

    assert panel.error.startswith("cancelled after 0 of 4 rows")
    assert dump(database(panel)) == applied
    assert ready(panel) == {"plan", "undo"}


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


def test_each_step_shows_its_code(panel):
    for step, code in zip(
        STEPS, ("audit.plan(", "plan.rehearse(", "plan.apply(", "run.undo("), strict=True
    ):
        press(panel, step)
        assert f"the same in code: <code>{code}" in panel.html.replace("plan = ", "").replace(
            "run = ", ""
        )


def test_the_panel_of_an_explorer_repairs_its_selection(make_home, tmp_path):
    explorer = sma.explore(sma.audit(make_home(), progress=False))
    panel = sma.repair_panel(explorer, sma.Options(state_dir=tmp_path))
    explorer.filters = {"rule": "D001", "collection": "default"}
    press(panel, "plan")
    assert len(panel.plan.changes) == 2

    explorer.control("1").value = True
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
