"""The repair panel: plan, rehearse, apply and undo, each step enabled by the one before."""

from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets
import traitlets

from skillmeat_audit.api.fresh_audit import audit_again, same_part
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.values import Audit, Plan, Run
from skillmeat_audit.base.errors import AuditError, CancelledError
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import fragment, next_calls, paragraph, strong, tag
from skillmeat_audit.reports.notebook.repair import run_html
from skillmeat_audit.ui.widgets.change_list import ChangeList, bounded_html
from skillmeat_audit.ui.widgets.choices import RepairChoices
from skillmeat_audit.ui.widgets.controls import (
    StaticBox,
    button,
    code_html,
    row,
    status_html,
    variable_name,
)
from skillmeat_audit.ui.widgets.explorer import Explorer
from skillmeat_audit.ui.widgets.panel_texts import (
    RUN_WORDS,
    STATUS_TEXTS,
    cancelled_html,
    conflict_html,
    effect_html,
    limits_html,
    options_code,
)
from skillmeat_audit.ui.widgets.worker import Worker


class Panel(StaticBox):
    """A widget that repairs an audit, or the ``subset`` of an explorer.

    Traits: ``step`` is the last completed step, ``plan`` is the plan of the ticked changes, ``run``
    the latest run, ``undoable_run`` the run that *undo* would undo, ``busy`` is True while work
    runs, ``error`` is the latest error message, ``notice`` says that work was cancelled. A change
    of the selection or of the options discards the plan; only a rehearsed plan can be applied.
    After a run or its undo the home is audited again, and the explorer shows that audit.
    """

    step = traitlets.Enum(tuple(STATUS_TEXTS), default_value="choose")
    plan = traitlets.Instance(Plan, allow_none=True)
    run = traitlets.Instance(Run, allow_none=True)
    undoable_run = traitlets.Instance(Run, allow_none=True)
    busy = traitlets.Bool()
    error = traitlets.Unicode()
    notice = traitlets.Unicode()

    def __init__(self, source: Audit | Explorer, options: Options | None = None) -> None:
        self._source, self._options = source, options or Options()
        self._worker, self._outdated = Worker(self._on_worker_end), False
        # The audit that was shown before the first run, and the one shown after the latest.
        self._reference = self._latest = self._shown_audit
        self._activity = self._submitted_code = ""
        self._make_controls()
        super().__init__(self._arrange_controls())
        if isinstance(source, Explorer):
            source.observe(lambda _: self._discard_plan(), "revision")
        # Handlers run in the worker's thread where it sets a trait: ipywidgets allows that.
        self.observe(lambda _: self._update_controls(), ["step", "busy", "error", "notice"])
        self._update_controls()

    @property
    def audit(self) -> Audit:
        """The audit whose findings are repaired."""
        return self._source.subset if isinstance(self._source, Explorer) else self._source

    @property
    def _shown_audit(self) -> Audit:
        return self._source.home_audit if isinstance(self._source, Explorer) else self._source

    @property
    def _chosen_count(self) -> int:
        if isinstance(self._source, Explorer):
            return self._source.chosen_count
        return len(self._source.findings)

    @property
    def _variable(self) -> str:
        return variable_name(self, "panel")

    @property
    def _has_plan(self) -> bool:
        return self.plan is not None and not self.plan.document.is_empty

    @property
    def options(self) -> Options:
        """The options of the next run: those given, with the overwrite limit of the panel."""
        return self._choices.options

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for running work to end; return False on time-out."""
        return self._worker.wait(timeout_seconds)

    def cancel(self) -> None:
        """Cancel running work; a run is rolled back at its next batch."""
        self._worker.cancel()

    def static_html(self) -> str:
        """Return the plan that the panel would start with."""
        try:
            plan = bounded_html(self.audit.plan())
        except AuditError as exc:
            plan = fragment(paragraph(tag(str(exc), "error")))
        hint = paragraph("Repair panel: run this cell in Jupyter to rehearse, apply and undo")
        return fragment(hint, next_calls("plan = audit.plan()", "plan.rehearse()")) + plan

    def __repr__(self) -> str:
        findings = plural(self._chosen_count, "finding")
        return f"<Panel: {self.step}, {findings}; see .step, .plan, .run, .error>"

    def _make_controls(self) -> None:
        self._choices = RepairChoices(self._options, len(self.audit.rows), self._discard_plan)
        self._plan = button("1 plan", "compute what a repair would write", self._start_plan)
        self._rehearse = button("2 rehearse", "write, then roll back", self._start_rehearsal)
        self._apply = button("3 apply", "write the rehearsed plan", self._start_apply)
        self._undo = button("4 undo", "restore what the run changed", self._start_undo)
        self._cancel = button("cancel", "roll back at the next batch", self.cancel)
        self._progress = widgets.IntProgress(description="rows", layout={"width": "220px"})
        self._status, self._effect, self._code, self._result = (widgets.HTML() for _ in range(4))
        self.changes = ChangeList(self._change_plan, lambda: self.busy)

    def _arrange_controls(self) -> list[widgets.Widget]:
        return [
            self._choices,
            row(self._plan, self._rehearse, self._apply, self._undo, self._cancel, self._progress),
            self._status,
            self._effect,
            self._code,
            self._result,
            self.changes,
        ]

    def _discard_plan(self) -> None:
        """Discard the plan, because its selection or options changed; while busy, discard later."""
        # A worker thread may use the plan now; `_on_worker_end` comes back to it. After an apply or
        # undo there is nothing to discard: the explorer changed because of the run itself.
        self._outdated = self.busy
        if not self.busy:
            self.plan, self._result.value, self._code.value = None, "", ""
            self.error = self.notice = ""
            self.changes.clear()
            self.step = "choose"
            self._update_controls()

    def _change_plan(self, plan: Plan) -> None:
        """Take the plan of the ticked changes; it has to be rehearsed anew."""
        self.plan, self.step, self._result.value = plan, "planned", ""
        self.error = self.notice = ""
        self._code.value = code_html("the ticked changes in code", f"{self._variable}.plan")
        self._update_controls()

    def _start_plan(self) -> None:
        choices, audit = self._choices, self.audit

        def work() -> None:
            plan = choices.plan(audit)
            # Planning has no batches, so a cancel takes effect only here.
            if self._worker.is_cancelled:
                raise CancelledError("cancelled; nothing was planned")
            self.changes.show(plan)
            self.plan, self.step = plan, "planned"

        self._submit("planning", f"{self._variable}.audit.plan({choices.code})", work)

    def _start_rehearsal(self) -> None:
        if (plan := self.plan) is not None:
            code = f"{self._variable}.plan.rehearse({options_code(self.options)})"
            self._submit(
                "rehearsing",
                code,
                lambda: self._show_run(plan.rehearse(self._watched_options()), "rehearsed"),
            )

    def _start_apply(self) -> None:
        plan = self.plan
        if plan is None or self.step != "rehearsed":
            return

        def work() -> None:
            run = plan.apply(self._watched_options())
            if run.outcome.run:
                self.undoable_run = run
            self.changes.clear()
            # Where nothing was written, others have changed the rows: that is to be seen too.
            self._show_fresh(run.after)
            self._show_run(run, "applied")

        code = f"{self._variable}.plan.apply({options_code(self.options)})"
        self._submit("applying, with an audit before and after", code, work)

    def _start_undo(self) -> None:
        undoable_run = self.undoable_run
        if undoable_run is None:
            return

        def work() -> None:
            run = undoable_run.undo()
            # What was skipped can be tried again, once the row is as the run left it.
            self.undoable_run = undoable_run if run.outcome.has_conflicts else None
            self.changes.clear()
            self._show_fresh(None)
            self._show_run(run, "undone")

        self._submit("undoing, with an audit after", f"{self._variable}.undoable_run.undo()", work)

    def _submit(self, activity: str, code: str, work: Callable[[], None]) -> None:
        """Start *work*, and show its *activity* and the *code* for the same action."""
        if self.busy:
            return
        self._activity, self._submitted_code = activity, code
        self.error, self.notice, self._outdated, self.busy = "", "", False, True
        self._code.value, self._result.value, self._progress.value = "", "", 0
        self._worker.start(work)

    def _show_run(self, run: Run, step: str) -> None:
        names = self.audit.names if run.after is None else run.after.names
        self._result.value = run_html(run.outcome, run.recheck, names, f"{self._variable}.run")
        self.run, self.step = run, step

    def _show_fresh(self, fresh: Audit | None) -> None:
        """Show how things are after a run: *fresh*, or a new audit."""
        if (shown := self._shown_audit) is not self._latest:  # somebody showed another
            self._reference = shown
        try:
            fresh = fresh or audit_again(shown, self._options)
        except AuditError as exc:  # the run is done, and that has to be said
            self.notice = f"could not audit again: {exc}"
            return
        # Only what was asked for, and what is new.
        self._latest = same_part(fresh, self._reference)
        if isinstance(self._source, Explorer):
            self._source.show_audit(self._latest)
        else:
            self._source = self._latest

    def _on_worker_end(self, message: str, is_cancelled: bool) -> None:
        if message:
            self.notice, self.error = (message, "") if is_cancelled else ("", message)
        else:
            self._code.value = self._code_html()
        self.busy = False
        if self._outdated and self.step in ("planned", "rehearsed"):
            self._discard_plan()

    def _code_html(self) -> str:
        """Return the code for what is shown: running that of an apply again would write again."""
        if self.step in ("applied", "undone"):
            return code_html("this run in code", f"{self._variable}.run", self._submitted_code)
        return code_html("the same in code", self._submitted_code)

    def _watched_options(self) -> Options:
        return replace(self.options, proceed=self._report_progress)

    def _report_progress(self, done: int, total: int) -> bool:
        """Show the progress of a run; return False if it should roll back."""
        self._progress.max, self._progress.value = max(total, 1), done
        self._progress.description = f"rows {done} of {total}"
        self._cancel.disabled = done >= total  # the commit follows: from here only undo helps
        return self._options.proceed(done, total) and not self._worker.is_cancelled

    def _update_controls(self) -> None:
        """Show the status, and enable the buttons of the steps that are possible now."""
        ready = not self.busy
        self._plan.disabled = not ready
        self._rehearse.disabled = not (
            ready and self._has_plan and self.step in ("planned", "rehearsed")
        )
        self._apply.disabled = not (ready and self.step == "rehearsed")
        self._undo.disabled = not (ready and self.undoable_run is not None)
        self._cancel.disabled = ready
        self._progress.layout.visibility = "hidden" if ready else "visible"
        self._effect.value = ""
        if self.plan is not None and self.step in ("planned", "rehearsed") and self._has_plan:
            home, rows = self.audit.snapshot.home.root.resolve(), len(self.audit.rows)
            effect = effect_html(self.plan.document, self.options.run_settings(str(home)).folder)
            limit = limits_html(self.plan.document, rows, self._choices.limit.value)
            self._effect.value = fragment(effect, limit)
        findings = plural(self._chosen_count, "finding")
        # Set last: screen readers announce the status when it changes, and the buttons must match.
        self._status.value = status_html(self._status_text(), f"{findings} chosen")

    def _status_text(self) -> str:
        if self.error or self.busy:
            return tag(self.error, "error") if self.error else tag(f"{self._activity}…", "info")
        if self.notice:
            return cancelled_html(self.notice)
        if self.step == "planned" and not self._has_plan:
            return strong("Nothing to repair: no change is ticked.")
        if self.step in RUN_WORDS and self.run is not None and self.run.outcome.has_conflicts:
            return conflict_html(self.step, self.run.outcome)
        return tag(STATUS_TEXTS[self.step], "info" if self.step == "choose" else "applied")
