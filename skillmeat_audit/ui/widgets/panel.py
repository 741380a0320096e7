"""The repair panel: plan, look at it, rehearse, apply, undo; each step opens the next.

A run is one transaction. Cancelled between two batches, it is rolled back as a whole: the cache is
as before. Once it has committed there is nothing left to cancel, and undo is the way back.
"""

from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets
import traitlets

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.recheck import select_same
from skillmeat_audit.api.values import Audit, Plan, Run
from skillmeat_audit.base.errors import AuditError, CancelledError
from skillmeat_audit.model.findings import WRITABLE, Disposition
from skillmeat_audit.repair.apply import loses, overwrite_limit
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.html import fragment, next_calls, paragraph, strong, tag
from skillmeat_audit.ui.widgets.explorer import Explorer
from skillmeat_audit.ui.widgets.parts import StaticBox, button, code_html, row, status_html
from skillmeat_audit.ui.widgets.worker import Worker

STEPS = ("choose", "planned", "rehearsed", "applied", "undone")
_SAID = {
    "choose": "Nothing planned yet.",
    "planned": "Planned: look at it, then rehearse.",
    "rehearsed": "Rehearsed and rolled back: the same plan can be applied now.",
    "applied": "Applied and audited again; undo puts everything back.",
    "undone": "Undone: the rows are as before.",
}


class Panel(StaticBox):
    """A widget that repairs what *source* holds: an audit, or what is chosen in an explorer.

    ``step`` is how far it has come, ``plan`` and ``run`` the latest of their kind, ``applied`` the
    run that can be undone, ``busy`` tells whether work goes on, ``error`` what went wrong last. A
    change of choice or options makes a new plan necessary; only a plan that has been rehearsed can
    be applied. After a run the explorer shows what is left; after its undo, what was before.
    """

    step = traitlets.Enum(STEPS, default_value="choose")
    plan = traitlets.Instance(Plan, allow_none=True)
    run = traitlets.Instance(Run, allow_none=True)
    applied = traitlets.Instance(Run, allow_none=True)
    busy = traitlets.Bool()
    error = traitlets.Unicode()

    def __init__(self, source: Audit | Explorer, options: Options | None = None) -> None:
        self._source, self._given = source, options or Options()
        self._worker, self._stale = Worker(self._ended), False
        self._before: Audit | None = None
        self._doing = ""
        self._make_controls()
        super().__init__(self._arranged())
        if isinstance(source, Explorer):
            source.observe(lambda _: self._start_over(), ["selection", "found"])
        self.observe(lambda _: self._refresh(), ["step", "busy", "error"])
        self._refresh()

    @property
    def audit(self) -> Audit:
        """The audit whose findings are repaired."""
        return self._source.chosen if isinstance(self._source, Explorer) else self._source

    @property
    def options(self) -> Options:
        """How runs are carried out, by the options given and the controls."""
        return replace(self._given, max_overwrites=self._cap.value)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the work that goes on; tell whether it ended."""
        return self._worker.wait(timeout_seconds)

    def static_html(self) -> str:
        """Return the plan that the panel would start with."""
        try:
            shown = self.audit.plan()._repr_html_()
        except AuditError as exc:
            shown = fragment(paragraph(tag(str(exc), "error")))
        said = "Repair panel: run this cell in Jupyter to rehearse, apply and undo"
        return (
            fragment(paragraph(said), next_calls("plan = audit.plan()", "plan.rehearse()")) + shown
        )

    def __repr__(self) -> str:
        findings = plural(len(self.audit.findings), "finding")
        return f"<Panel: {self.step}, {findings}; see .plan, .run, .step, .error>"

    def _make_controls(self) -> None:
        total = len(self.audit.rows)
        limit = self._given.max_overwrites
        self._boxes = {
            name: _box(text, ticked=name in WRITABLE)
            for name, text in (
                (Disposition.SAFE, "safe: the manifest says so"),
                (Disposition.FILL, "fill: empty, another layer knows"),
                (Disposition.REVIEW, "review: overwrites without the manifest's word"),
            )
        }
        self._deletes = _box("delete orphans", ticked=False)
        self._cap = widgets.BoundedIntText(
            overwrite_limit(total) if limit is None else limit, min=0, max=total,
            description="rows that may be overwritten or deleted", layout={"width": "360px"},
            style={"description_width": "auto"},
        )  # fmt: skip
        for control in (*self._boxes.values(), self._deletes, self._cap):
            control.observe(lambda _: self._start_over(), "value")
        self._plan = button("1 plan", "decide what would be written", self._do_plan)
        self._rehearse = button("2 rehearse", "write all, then roll back", self._do_rehearse)
        self._apply = button("3 apply", "write the plan that was rehearsed", self._do_apply)
        self._undo = button("4 undo", "put back what the run changed", self._do_undo)
        self._cancel = button("cancel", "roll back at the next batch", self._worker.cancel)
        self._bar = widgets.IntProgress(description="rows", layout={"width": "220px"})
        self._status, self._terms, self._code, self._result = (widgets.HTML() for _ in range(4))

    def _arranged(self) -> list[widgets.Widget]:
        return [
            row(*self._boxes.values(), self._deletes, self._cap),
            self._terms,
            row(self._plan, self._rehearse, self._apply, self._undo, self._cancel, self._bar),
            self._status,
            self._code,
            self._result,
        ]

    def _start_over(self) -> None:
        """Drop the plan: what it was made from has changed."""
        self._stale = self.busy
        if not self.busy:
            self.plan, self._result.value, self._code.value, self.error = None, "", "", ""
            self.step = "choose"
            self._refresh()

    def _do_plan(self) -> None:
        kinds = tuple(name.value for name, box in self._boxes.items() if box.value)
        deletes = self._deletes.value
        source = "explorer.chosen" if isinstance(self._source, Explorer) else "audit"
        more = ", deletes=True" if deletes else ""
        code = f"plan = {source}.plan(dispositions={kinds!r}{more})"
        self._do("planning", code, lambda: self._planned(
            self.audit.plan(dispositions=kinds, deletes=deletes)
        ))  # fmt: skip

    def _do_rehearse(self) -> None:
        plan = self.plan
        if plan is not None:
            self._do("rehearsing", f"plan.rehearse({self._arguments()})", lambda: self._ran(
                plan.rehearse(self._watched()), "rehearsed"
            ))  # fmt: skip

    def _do_apply(self) -> None:
        plan = self.plan
        if plan is not None and self.step == "rehearsed":
            doing = "applying, with an audit before and after"
            self._do(doing, f"run = plan.apply({self._arguments()})", lambda: self._ran(
                plan.apply(self._watched()), "applied"
            ))  # fmt: skip

    def _do_undo(self) -> None:
        run = self.applied
        if run is not None:
            self._do("undoing", "run.undo()", lambda: self._ran(run.undo(), "undone"))

    def _do(self, doing: str, code: str, work: Callable[[], None]) -> None:
        """Start *work*, showing in a word what it is, and the *code* that does the same."""
        if self.busy:
            return
        self._doing = doing
        self.error, self._stale, self.busy = "", False, True
        self._code.value, self._bar.value = code_html(code), 0
        self._worker.start(work)

    def _planned(self, plan: Plan) -> None:
        if not self._worker.going_on():
            raise CancelledError("cancelled; nothing was planned")
        self.plan, self._result.value, self.step = plan, plan._repr_html_(), "planned"

    def _ran(self, run: Run, step: str) -> None:
        if step == "applied" and run.outcome.run:
            self.applied = run
            self._turn_to(run)
        elif step == "undone":
            self.applied = None
            if self._before is not None and isinstance(self._source, Explorer):
                self._source.turn_to(self._before)
        self.run, self._result.value, self.step = run, run._repr_html_(), step

    def _turn_to(self, run: Run) -> None:
        """Have the explorer show what *run* left, of what it showed before."""
        source = self._source
        if isinstance(source, Explorer) and run.after is not None and run.recheck is not None:
            self._before = source.audit
            after = run.after.findings
            same = select_same(after, source.audit.findings, run.recheck.new)
            source.turn_to(run.after.only(same))

    def _ended(self, error: str | None) -> None:
        self.error = error or ""
        self.busy = False
        if self._stale and self.step in ("planned", "rehearsed"):
            self._start_over()

    def _watched(self) -> Options:
        return replace(self.options, proceed=self._proceed)

    def _proceed(self, done: int, total: int) -> bool:
        self._bar.max, self._bar.value = max(total, 1), done
        self._bar.description = f"rows {done} of {total}"
        self._cancel.disabled = done >= total  # from here on there is only undo
        return self._worker.going_on()

    def _arguments(self) -> str:
        """Return the options that are not as usual, as code."""
        usual, mine = Options(), self.options
        named = {
            name: str(value) if name == "state_dir" else value
            for name in ("state_dir", "max_overwrites", "wait_seconds", "service")
            if (value := getattr(mine, name)) != getattr(usual, name)
        }
        said = ", ".join(f"{name}={value!r}" for name, value in named.items())
        return f"sma.Options({said})" if said else ""

    def _refresh(self) -> None:
        """Show how far things are, and open the buttons that make sense now."""
        ready = not self.busy
        self._plan.disabled = not ready
        self._rehearse.disabled = not (
            ready and self._changes and self.step in ("planned", "rehearsed")
        )
        self._apply.disabled = not (ready and self.step == "rehearsed")
        self._undo.disabled = not (ready and self.applied is not None)
        self._cancel.disabled = ready
        self._bar.layout.visibility = "hidden" if ready else "visible"
        self._terms.value = fragment(self._limits())
        self._status.value = status_html(self._said(), self._of())

    @property
    def _changes(self) -> int:
        return 0 if self.plan is None else len(self.plan.document.changes)

    def _said(self) -> str:
        if self.error:
            return tag(self.error, "error")
        if self.busy:
            return tag(f"{self._doing}…", "info")
        if self.step == "planned" and not self._changes:
            return strong("Nothing to repair.")
        return tag(_SAID[self.step], "applied" if self.step != "choose" else "info")

    def _of(self) -> str:
        return f"{plural(len(self.audit.findings), 'finding')} chosen"

    def _limits(self) -> str:
        """Return what a run may overwrite, what the plan would, and where the backup goes."""
        losing = 0 if self.plan is None else sum(map(loses, self.plan.document.changes))
        folder = self.options.run_settings(str(self.audit.snapshot.home.root.resolve())).folder
        backup = None if self.run is None else self.run.outcome.backup
        return paragraph(
            f"this plan overwrites or deletes {losing} of {plural(len(self.audit.rows), 'row')}; "
            f"{self._cap.value} may be overwritten or deleted",
            f"backup: {backup}" if backup else f"backup and journal go to {folder}",
        )


def _box(text: str, *, ticked: bool) -> widgets.Checkbox:
    return widgets.Checkbox(ticked, description=text, indent=False, layout={"width": "auto"})
