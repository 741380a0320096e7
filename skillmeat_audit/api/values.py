"""The values that requests return, each leading to the next: an audit, its plan, a run of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from skillmeat_audit.api.audited_home import AuditedHome
from skillmeat_audit.api.plan_selection import narrow_plan
from skillmeat_audit.api.planning import (
    TARGETS,
    PlanDraft,
    PlanScope,
    PlanSources,
    draft_plan,
    make_plan,
    manifest_diffs,
    native_path,
    open_plan,
    save_plan,
)
from skillmeat_audit.api.run_frames import changes_frame, edits_frame, outcomes_frame
from skillmeat_audit.api.scope import (
    Scope,
    apply_scope,
    filter_findings,
)
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.text import printable
from skillmeat_audit.diff.page_repairs import page_repairs
from skillmeat_audit.loaders.snapshot import confirm_evidence
from skillmeat_audit.model.changes import PlanDocument, RunOutcome
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.facets import FindingFilter, filter_arguments
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.run_sentences import summarize_plan, summarize_run
from skillmeat_audit.reports.facts.summary import describe_severities
from skillmeat_audit.reports.notebook.audit import audit_html
from skillmeat_audit.reports.notebook.frames import ShownFrame
from skillmeat_audit.reports.notebook.repair import plan_html, run_html

if TYPE_CHECKING:
    from skillmeat_audit.api.options import Options
    from skillmeat_audit.repair.run_settings import RunSettings


@dataclass(frozen=True, repr=False)
class Audit(AuditedHome):
    """An audited home; shows itself in a notebook. `skillmeat_audit.audit` returns it.

    Parameters
    ----------
    snapshot : Snapshot
        The layers as loaded; ``rows``, ``manifest``, ``frontmatter`` and ``catalog`` lead to them.
    comparison, writers
        The cells that differ, and the code path that last wrote each row (``WRITERS``).
    findings, ignored : DataFrame
        The findings in scope, and those that the scope leaves out by rule, as ``FINDINGS``.
    selection, unselected : Selection, DataFrame
        Which part of the findings was asked for, and how many are hidden; the hidden ones
        (``FINDINGS``), of which a plan takes those that repair the page of a finding.
    accepted, live : optional
        What a baseline accepts; ``pages`` beside those of a running SkillMeat (`LiveComparison`).

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> audit = sma.audit(sma.sample(), progress=False)
    >>> len(audit.findings), len(audit.only(rule="D001").findings)
    (29, 3)
    """

    def only(
        self, findings: pd.DataFrame | None = None, **filters: Unpack[FindingFilter]
    ) -> "Audit":
        """Return this audit with only some of its findings: *findings*, or those that match.

        `FindingFilter` lists the filters. Plan, charts and summary are of these findings alone.
        """
        candidates = self.findings if findings is None else findings
        part = filter_arguments(filters) or ("" if findings is None else "a choice of findings")
        selected = filter_findings(candidates, filters, self.snapshot, self.page_facts)
        # Added up: `only` of a part hides what either of them leaves out.
        hidden = self.selection.hidden + len(self.findings) - len(selected)
        part = "; ".join(filter(None, (self.selection.part, part)))
        selection = replace(self.selection, part=part, hidden=hidden)
        return replace(
            self,
            findings=selected,
            ignored=self.ignored.head(0),
            selection=selection,
            unselected=pd.concat([self.unselected, self.findings], ignore_index=True),
        )

    def plan(
        self,
        select: Sequence[str] = (),
        *,
        artifacts: Sequence[str] = (),
        dispositions: Sequence[str] = ("safe", "fill"),
        deletes: bool = False,
        targets: Collection[str] = TARGETS,
    ) -> "Plan":
        """Return the plan that repairs the findings, in rows and manifests.

        *select* and *artifacts* narrow it as in `Scope`; a rule about pages (V) selects the repairs
        of the page. Orphaned rows are deleted only with *deletes*. A row that is filled without its
        manifest is blank again after SkillMeat's next restart or refresh, so a plan fills both;
        *targets* is one of them where only ``rows`` or only ``manifests`` are to be written. Raises
        `UsageError`, `DatabaseError`, and `HomeError` where files have changed.
        """
        # A plan never rests on the parse cache.
        confirm_evidence(self.snapshot)
        findings = self._repaired(Scope(select=select, artifacts=artifacts))
        scope = PlanScope(dispositions, deletes, targets)
        return Plan(*make_plan(self._sources, findings, scope), self.names)

    def draft(self, scope: PlanScope, artifacts: Sequence[str] = ()) -> PlanDraft:
        """Return what a plan in *scope* would write, from what the audit read.

        Raises what `plan` does, except where files have changed.
        """
        return draft_plan(self._sources, self._repaired(Scope(artifacts=artifacts)), scope)

    def _repaired(self, scope: Scope) -> pd.DataFrame:
        """Return the findings in *scope*, with those whose repair mends their pages."""
        findings, _, others = apply_scope(self.findings, scope, self.snapshot)
        others = pd.concat([self.unselected, others], ignore_index=True)
        repairs = page_repairs(self.pages, findings, others)
        return pd.concat([findings, repairs]).drop_duplicates(ignore_index=True)

    @cached_property
    def _sources(self) -> PlanSources:
        return PlanSources(self.comparison)

    def __repr__(self) -> str:
        home, answer = printable(self.summary.home), self.headline.sentence
        counts = describe_severities(self.summary.counts)
        return f"<Audit of {home}: {answer} {counts}; see .findings, .show('type:name'), .plan()>"

    def _repr_html_(self) -> str:
        return audit_html(self)


@dataclass(frozen=True)
class Plan:
    """Changes to a cache, not yet made; shows itself in a notebook. `Audit.plan` returns it.

    Parameters
    ----------
    document : PlanDocument
        What is saved.
    url, names
        The cache's address with credentials, and what rules are called: both are not saved.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> plan = sma.audit(sma.sample(), progress=False).plan(select=["D001"])
    >>> plan
    <Plan: 3 rows to update (3 cells); see .changes, .edits, .save(path), .rehearse(), .apply()>
    >>> plan.rehearse().outcomes["outcome"].to_list()
    ['applied', 'applied', 'applied']
    """

    document: PlanDocument
    url: str = field(repr=False)
    names: Names = field(default=Names({}, {}), repr=False)

    @property
    def home(self) -> str:
        """The home's folder, in the encoding of this process's locale."""
        return native_path(self.document.home)

    @property
    def changes(self) -> pd.DataFrame:
        """The changes of rows as ``CHANGES``: one row per cell, in order."""
        return ShownFrame(changes_frame(self.document))

    @property
    def edits(self) -> pd.DataFrame:
        """The edits of manifests as ``EDITS``: one row per key, in order."""
        return ShownFrame(edits_frame(self.document))

    @cached_property
    def diffs(self) -> tuple[ManifestDiff, ...]:
        """What the plan would change in each manifest as it is now, as a unified diff."""
        return manifest_diffs(self.document)

    def save(self, path: PathLike) -> Path:
        """Write the plan as JSON (``skillmeat-audit/plan/2``); return its path."""
        return save_plan(self.document, Path(path))

    @classmethod
    def load(cls, path: PathLike, database: PathLike | None = None) -> "Plan":
        """Return the plan in *path*, at *database* if given; raise `PlanError` if it is wrong."""
        return cls(*open_plan(Path(path), database))

    def narrowed(self, only: Sequence[str] = (), excluded: Sequence[str] = ()) -> "Plan":
        """Return the plan for the artifacts *only*, without the *excluded*; names as in `Scope`."""
        return replace(self, document=narrow_plan(self.document, only, excluded))

    def rehearse(self, options: "Options | None" = None) -> "Run":
        """Do all that `apply` does and roll it back: nothing is changed or kept."""
        from skillmeat_audit.api import execution  # noqa: PLC0415 - SQLAlchemy, only to write

        outcome, settings, *_ = execution.execute_rehearsal(self.document, self.url, options)
        return Run(outcome, None, self.url, settings, self.names)

    def apply(self, options: "Options | None" = None, *, recheck: bool = True) -> "Run":
        """Write the plan; see `skillmeat_audit.apply`."""
        from skillmeat_audit.api import execution  # noqa: PLC0415 - SQLAlchemy, only to write

        done = execution.execute_plan(self.document, self.url, options, recheck=recheck)
        after = None if done.after is None else Audit(*done.after)
        return Run(done.outcome, done.recheck, self.url, done.settings, self.names, after)

    def __repr__(self) -> str:
        summary = summarize_plan(self.document)
        return f"<Plan: {summary}; see .changes, .edits, .save(path), .rehearse(), .apply()>"

    def _repr_html_(self) -> str:
        return plan_html(self.document, self.diffs, self.names)


@dataclass(frozen=True)
class Run:
    """A run of a plan, or an undo; shows itself in a notebook. `apply` returns it.

    Parameters
    ----------
    outcome : RunOutcome
        One entry per change, and where the run's journal and backup are.
    recheck : AuditDelta or None
        The findings that are fixed, remaining and new; None of a rehearsal and of an undo.
    url, settings, names, after
        The cache's address, how the run was done, what rules are called, the audit after it.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> run = sma.audit(sma.sample(), progress=False).plan().apply(sma.Options("state"))
    >>> len(run.outcomes), len(run.after.findings)
    (4, 1)
    >>> len(run.undo().outcome.applied)
    4
    """

    outcome: RunOutcome
    recheck: AuditDelta | None
    url: str = field(repr=False)
    settings: "RunSettings" = field(repr=False)
    names: Names = field(default=Names({}, {}), repr=False)
    after: Audit | None = field(default=None, repr=False)

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row per change as ``OUTCOMES``: applied, or skipped and why."""
        return ShownFrame(outcomes_frame(self.outcome))

    def undo(self, *, rehearse: bool = False) -> "Run":
        """Put back what this run changed; raise `UsageError` where it wrote nothing.

        With *rehearse*, all of it is done and rolled back.
        """
        from skillmeat_audit.api import execution  # noqa: PLC0415 - SQLAlchemy, only to write

        run, settings = self.outcome.run, self.settings
        outcome = execution.execute_undo(run, self.url, settings, rehearsed=rehearse)
        return Run(outcome, None, self.url, self.settings, self.names)

    def __repr__(self) -> str:
        name, summary = self.outcome.run, summarize_run(self.outcome, self.recheck)
        undo_hint = ", .undo()" if name else ""
        return f"<Run {name or '(nothing written)'}: {summary}; see .outcomes{undo_hint}>"

    def _repr_html_(self) -> str:
        names = self.names if self.after is None else self.after.names
        return run_html(self.outcome, self.recheck, names)
