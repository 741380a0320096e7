"""The repair panel: plan, rehearse, apply and undo, each step enabled by the one before.

A run is one transaction: cancelled between two batches, it is rolled back as a whole, and the
manifests stay as they are. After the commit there is nothing left to cancel, and only undo brings
rows and manifests back.
"""

from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets
import traitlets
from markupsafe import Markup

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.planning import TARGETS
from skillmeat_audit.api.recheck import select_same
from skillmeat_audit.api.values import Audit, Plan, Run
from skillmeat_audit.base.errors import AuditError, CancelledError
from skillmeat_audit.model.findings import WRITABLE
from skillmeat_audit.repair.apply import overwrite_limit
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import fragment, next_calls, paragraph, strong, tag
from skillmeat_audit.ui.widgets.controls import (
    LABEL_STYLE,
    StaticBox,
    button,
    checkbox,
    code_html,
    dropdown,
    row,
    status_html,
)
from skillmeat_audit.ui.widgets.explorer import Explorer
from skillmeat_audit.ui.widgets.panel_texts import (
    DISPOSITION_LABELS,
    RUN_WORDS,
    STATUS_TEXTS,
    TARGET_LABELS,
    conflict_html,
    effect_html,
    limits_html,
    options_code,
)
from skillmeat_audit.ui.widgets.worker import Worker


class Panel(StaticBox):
    """A widget that repairs an audit, or the ``subset`` of an explorer.

    Traits: ``step`` is the last completed step, ``plan`` and ``run`` are the latest of their kind,
    ``undoable_run`` is the run that *undo* would undo, ``busy`` is True while work runs, ``error``
    is the latest error message. A change of the selection or of the options discards the plan;
    only a rehearsed plan can be applied. After a run the explorer shows the findings that remain,
    after its undo those from before the run.
    """

    step = traitlets.Enum(tuple(STATUS_TEXTS), default_value="choose")
    plan = traitlets.Instance(Plan, allow_none=True)
    run = traitlets.Instance(Run, allow_none=True)
    undoable_run = traitlets.Instance(Run, allow_none=True)
    busy = traitlets.Bool()
    error = traitlets.Unicode()

    def __init__(self, source: Audit | Explorer, options: Options | None = None) -> None:
        self._source, self._options = source, options or Options()
        self._worker, self._outdated = Worker(self._on_worker_end), False
        self._audit_before_run: Audit | None = None
        self._activity = ""
        self._make_controls()
        super().__init__(self._arrange_controls())
        if isinstance(source, Explorer):
            source.observe(lambda _: self._discard_plan(), ["selection", "matches"])
        # Handlers run in the worker's thread where it sets a trait: ipywidgets allows that.
        self.observe(lambda _: self._update_controls(), ["step", "busy", "error"])
        self._update_controls()

    @property
    def audit(self) -> Audit:
        """The audit whose findings are repaired."""
        return self._source.subset if isinstance(self._source, Explorer) else self._source

    @property
    def options(self) -> Options:
        """The options of the next run: those given, with the overwrite limit of the panel."""
        return replace(self._options, max_overwrites=self._max_overwrites.value)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for running work to end; return False on time-out."""
        return self._worker.wait(timeout_seconds)

    def cancel(self) -> None:
        """Cancel running work; a run is rolled back at its next batch."""
        self._worker.cancel()

    def static_html(self) -> str:
        """Return the plan that the panel would start with."""
        try:
            plan = self.audit.plan()._repr_html_()
        except AuditError as exc:
            plan = fragment(paragraph(tag(str(exc), "error")))
        hint = paragraph("Repair panel: run this cell in Jupyter to rehearse, apply and undo")
        return fragment(hint, next_calls("plan = audit.plan()", "plan.rehearse()")) + plan

    def __repr__(self) -> str:
        findings = plural(len(self.audit.findings), "finding")
        return f"<Panel: {self.step}, {findings}; see .step, .plan, .run, .error>"

    def _make_controls(self) -> None:
        row_count, limit = len(self.audit.rows), self._options.max_overwrites
        self._dispositions = {
            disposition: checkbox(label, ticked=disposition in WRITABLE)
            for disposition, label in DISPOSITION_LABELS.items()
        }
        self._deletes = checkbox("delete orphans")
        self._max_overwrites = widgets.BoundedIntText(
            overwrite_limit(row_count) if limit is None else limit,
            min=0,
            max=row_count,
            description="rows that may be overwritten or deleted",
            layout={"width": "360px"},
            style=LABEL_STYLE,
        )
        self._targets = dropdown("writes", "290px")
        self._targets.options, self._targets.value = list(TARGET_LABELS.items()), TARGETS
        for control in self._choices():
            control.observe(lambda _: self._discard_plan(), "value")
        self._plan = button("1 plan", "compute what a repair would write", self._start_plan)
        self._rehearse = button("2 rehearse", "write, then roll back", self._start_rehearsal)
        self._apply = button("3 apply", "write the rehearsed plan", self._start_apply)
        self._undo = button("4 undo", "restore what the run changed", self._start_undo)
        self._cancel = button("cancel", "roll back at the next batch", self.cancel)
        self._progress = widgets.IntProgress(description="rows", layout={"width": "220px"})
        self._status, self._limits, self._code, self._result = (widgets.HTML() for _ in range(4))

    def _choices(self) -> list[widgets.Widget]:
        """Return the controls that decide what is planned."""
        dispositions = self._dispositions.values()
        return [self._targets, *dispositions, self._deletes, self._max_overwrites]

    def _arrange_controls(self) -> list[widgets.Widget]:
        return [
            row(*self._choices()),
            self._limits,
            row(self._plan, self._rehearse, self._apply, self._undo, self._cancel, self._progress),
            self._status,
            self._code,
            self._result,
        ]

    def _discard_plan(self) -> None:
        """Discard the plan, because its selection or options changed; while busy, discard later."""
        # A worker thread may use the plan now; `_on_worker_end` comes back to it. After an apply or
        # undo there is nothing to discard: the explorer changed because of the run itself.
        self._outdated = self.busy
        if not self.busy:
            self.plan, self._result.value, self._code.value, self.error = None, "", "", ""
            self.step = "choose"
            self._update_controls()

    def _start_plan(self) -> None:
        dispositions = tuple(key.value for key, box in self._dispositions.items() if box.value)
        deletes, targets = self._deletes.value, self._targets.value
        source = "explorer.subset" if isinstance(self._source, Explorer) else "audit"
        code = f"plan = {source}.plan(dispositions={dispositions!r}"
        code += ", deletes=True" if deletes else ""
        code += ")" if targets == TARGETS else f", targets={targets!r})"

        def work() -> None:
            plan = self.audit.plan(dispositions=dispositions, deletes=deletes, targets=targets)
            # Planning has no batches, so a cancel takes effect only here.
            if self._worker.is_cancelled:
                raise CancelledError("cancelled; nothing was planned")
            self.plan, self._result.value, self.step = plan, plan._repr_html_(), "planned"

        self._submit("planning", code, work)

    def _start_rehearsal(self) -> None:
        if (plan := self.plan) is not None:
            code = f"plan.rehearse({options_code(self.options)})"
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
                self._show_remaining(run)
            self._show_run(run, "applied")

        code = f"run = plan.apply({options_code(self.options)})"
        self._submit("applying, with an audit before and after", code, work)

    def _start_undo(self) -> None:
        undoable_run = self.undoable_run
        if undoable_run is None:
            return

        def work() -> None:
            run = undoable_run.undo()
            self.undoable_run = None
            if self._audit_before_run is not None and isinstance(self._source, Explorer):
                self._source.show_audit(self._audit_before_run)
            self._show_run(run, "undone")

        self._submit("undoing", "run.undo()", work)

    def _submit(self, activity: str, code: str, work: Callable[[], None]) -> None:
        """Start *work*, and show its *activity* and the *code* for the same action."""
        if self.busy:
            return
        self._activity = activity
        self.error, self._outdated, self.busy = "", False, True
        self._code.value, self._progress.value = code_html(code), 0
        self._worker.start(work)

    def _show_run(self, run: Run, step: str) -> None:
        self.run, self._result.value, self.step = run, run._repr_html_(), step

    def _show_remaining(self, run: Run) -> None:
        """Show in the explorer which of its findings remain after *run*, and the new ones."""
        source = self._source
        if isinstance(source, Explorer) and run.after is not None and run.recheck is not None:
            self._audit_before_run = source.audit
            after = run.after.findings
            # Of the explorer's findings only: it may show a part of the audit.
            same = select_same(after, source.audit.findings, run.recheck.new)
            source.show_audit(run.after.only(same))

    def _on_worker_end(self, error: str | None) -> None:
        self.error = error or ""
        self.busy = False
        if self._outdated and self.step in ("planned", "rehearsed"):
            self._discard_plan()

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
        has_plan = self.plan is not None and not self.plan.document.is_empty
        self._plan.disabled = not ready
        self._rehearse.disabled = not (ready and has_plan and self.step in ("planned", "rehearsed"))
        self._apply.disabled = not (ready and self.step == "rehearsed")
        self._undo.disabled = not (ready and self.undoable_run is not None)
        self._cancel.disabled = ready
        self._progress.layout.visibility = "hidden" if ready else "visible"
        self._limits.value = fragment(self._limits_html())
        findings = plural(len(self.audit.findings), "finding")
        # Set last: screen readers announce the status when it changes, and the buttons must match.
        self._status.value = status_html(self._status_text(), f"{findings} chosen")

    def _status_text(self) -> str:
        if self.error:
            return tag(self.error, "error")
        if self.busy:
            return tag(f"{self._activity}…", "info")
        if self.step == "planned" and self.plan is not None and self.plan.document.is_empty:
            return strong("Nothing to repair.")
        if self.step in RUN_WORDS and self.run is not None and self.run.outcome.has_conflicts:
            return conflict_html(self.step, self.run.outcome)
        return tag(STATUS_TEXTS[self.step], "info" if self.step == "choose" else "applied")

    def _limits_html(self) -> Markup:
        folder = self.options.run_settings(str(self.audit.snapshot.home.root.resolve())).folder
        backup = None if self.run is None else self.run.outcome.backup
        plan = None if self.plan is None else self.plan.document
        is_ahead = self.step in ("planned", "rehearsed")
        effect = effect_html(plan, folder) if is_ahead else effect_html(None, backup or folder)
        return effect + limits_html(plan, len(self.audit.rows), self._max_overwrites.value)
