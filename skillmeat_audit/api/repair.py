"""Plans repairs, carries them out, and undoes them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pandas as pd

from skillmeat_audit.api.audit import Audit, Scope, scoped
from skillmeat_audit.api.options import Options
from skillmeat_audit.api.recheck import AuditChanges, audit_database, compare_audits
from skillmeat_audit.base.errors import (
    AuditError,
    DatabaseError,
    HomeError,
    StateError,
    UsageError,
)
from skillmeat_audit.base.text import is_utf8, printable
from skillmeat_audit.base.urls import without_password
from skillmeat_audit.diff.cells import missing_cells
from skillmeat_audit.loaders.home import DEFAULT_HOME, find_home
from skillmeat_audit.loaders.snapshot import Reading, confirm_evidence
from skillmeat_audit.model import changes as model
from skillmeat_audit.model.fields import COLUMNS
from skillmeat_audit.model.findings import WRITABLE, Disposition
from skillmeat_audit.model.snapshot import Home
from skillmeat_audit.model.tables import CHANGES, OUTCOMES
from skillmeat_audit.repair import journal as journals
from skillmeat_audit.repair import plan as plans
from skillmeat_audit.repair.apply import apply_plan, rehearse_plan
from skillmeat_audit.repair.journal import Journal
from skillmeat_audit.repair.settling import settle_run, withdraw_settled
from skillmeat_audit.repair.transaction import RunSettings
from skillmeat_audit.repair.undo import undo_run
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.repair import plan_html, run_html
from skillmeat_audit.reports.terminal.runs import delta_sentence as told
from skillmeat_audit.reports.terminal.runs import outcome_words, summarize_changes, why_no_undo
from skillmeat_audit.schema.shape import Era


@dataclass(frozen=True)
class Plan:
    """Changes to a cache, decided and not yet made; shows itself in a notebook.

    ``document`` is what is saved; ``url`` the cache's address, credentials included, which is not.
    """

    document: model.PlanDocument
    url: str = field(repr=False)
    names: Names = field(default=Names({}, {}), repr=False)

    @property
    def changes(self) -> pd.DataFrame:
        """The changes as ``CHANGES``: one row per cell (per row for deletes), in order."""
        return CHANGES.from_records([
            {
                "op": change.op, "collection_id": change.collection_id,
                "artifact_id": change.artifact_id, "column": column or None,
                "before": change.before.get(column), "after": change.after.get(column),
                "disposition": change.disposition, "rules": " ".join(change.rules),
            }
            for change in self.document.changes
            for column in (list(change.after) or [""])
        ])  # fmt: skip

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the plan as JSON (``skillmeat-audit/plan/1``); return its path."""
        try:
            Path(path).write_bytes(plans.encode_plan(self.document))
        except OSError as exc:
            raise StateError(f"cannot write {printable(path)}: {exc.strerror or exc}") from exc
        return Path(path)

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], database: str | os.PathLike[str] | None = None
    ) -> "Plan":
        """Return the plan in *path*, checked; *database* overrides the address it names.

        Raises `PlanError` naming the place that is wrong.
        """
        document = plans.load_plan(Path(path))
        place = find_home(document.home, database or document.database)
        return cls(document, str(place.database))

    def rehearse(self, options: Options | None = None) -> "Run":
        """Do all that `apply` does and roll it back; see `rehearse`."""
        return rehearse(self, options=options)

    def apply(self, options: Options | None = None) -> "Run":
        """Write the plan; see `apply`."""
        return apply(self, options=options)

    def __repr__(self) -> str:
        changes = summarize_changes(self.document.changes)
        return f"<Plan: {changes}; see .changes, .save(path), .rehearse(), .apply()>"

    def _repr_html_(self) -> str:
        return plan_html(self.document, self.names)


@dataclass(frozen=True)
class Run:
    """A run carried out, and the audit after it; shows itself in a notebook.

    ``outcome`` has an entry per change; ``after`` is the audit after it, ``recheck`` what that
    says against the one before. Both are None of a rehearsal and of an undo.
    """

    outcome: model.RunOutcome
    recheck: AuditChanges | None
    url: str = field(repr=False)
    terms: RunSettings = field(repr=False)
    names: Names = field(default=Names({}, {}), repr=False)
    after: Audit | None = field(default=None, repr=False)

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row per change as ``OUTCOMES``: applied, or skipped and why."""
        return OUTCOMES.from_records([
            {
                "op": each.change.op, "collection_id": each.change.collection_id,
                "artifact_id": each.change.artifact_id,
                "outcome": "applied" if isinstance(each, model.Applied) else "skipped",
                "reason": each.reason if isinstance(each, model.Skipped) else None,
            }
            for each in self.outcome.outcomes
        ])  # fmt: skip

    def undo(self) -> "Run":
        """Put back what this run changed; raise `UsageError` where it wrote nothing."""
        found = [
            each for each in journals.read_runs(self.terms.folder) if each.run == self.outcome.run
        ]
        if not found:
            raise UsageError("this run wrote nothing: there is nothing to undo")
        if found[0].state == "damaged":
            raise StateError(why_no_undo(found[0]))
        outcome = undo_run(found[0], self.url, self.terms)
        return Run(outcome, None, self.url, self.terms, self.names)

    def __repr__(self) -> str:
        outcome, way_back = self.outcome, ", .undo()" if self.outcome.run else ""
        again = "" if self.recheck is None else f"; {told(self.recheck)}"
        return (
            f"<Run {outcome.run or '(nothing written)'}: {plural(len(outcome.applied), 'change')} "
            f"{outcome_words(outcome)}, {plural(len(outcome.conflicts), 'conflict')}{again}; "
            f"see .outcomes{way_back}>"
        )

    def _repr_html_(self) -> str:
        return run_html(self.outcome, self.recheck, self.names)


def plan(
    audited: Audit,
    *,
    scope: Scope | None = None,
    dispositions: Sequence[str] = WRITABLE,
    deletes: bool = False,
) -> Plan:
    """Return the plan that mends what *audited* found, within *scope*.

    Only findings of one of *dispositions* are mended (safe and fill unless told otherwise); rows
    that are orphans are deleted only with *deletes*. A plan never rests on the index: after an
    audit that did, the files are read again. Raises `UsageError`, `DatabaseError`, and
    `HomeError` for a home whose files differ from what was audited, or whose path no JSON can hold.
    """
    snapshot = audited.snapshot
    confirm_evidence(snapshot)
    unknown = sorted(set(dispositions) - {Disposition.SAFE, Disposition.FILL, Disposition.REVIEW})
    if unknown:
        raise UsageError(f"no disposition {printable(unknown[0])} can be planned")
    url = snapshot.home.database
    if url is None or snapshot.identity is None or snapshot.era is None:
        raise DatabaseError("there is no cache to repair: start SkillMeat once to have it built")
    findings, _ = scoped(audited.findings, scope or Scope(), snapshot)
    rows = snapshot.rows.drop(columns=[name for name in COLUMNS if name not in snapshot.columns])
    changes = plans.changes_from(
        findings, missing_cells(snapshot), rows, dispositions, deletes=deletes
    )
    document = model.PlanDocument(
        schema_="skillmeat-audit/plan/1",
        home=_plannable(snapshot.home),
        database=without_password(url),
        identity=snapshot.identity,
        era=cast("Era", snapshot.era),
        changes=changes,
    )
    return Plan(document, url, audited.names)


def _plannable(home: Home) -> str:
    path = str(home.root.resolve())
    if not is_utf8(path):
        raise HomeError(f"no plan can hold the path {printable(path)}: it is not UTF-8; rename it")
    return path


def apply(planned: Plan, *, options: Options | None = None, recheck: bool = True) -> Run:
    """Write *planned* and return what became of it; see `repair.apply.apply_plan`.

    With *recheck* the home is audited before and after: what is fixed, what remains, what is new.
    """
    options = options or Options()
    terms = options.terms(planned.document.home)
    place = planned.document.home, planned.url
    reading = Reading(progress=False, state_dir=options.state_dir, allow_links=options.allow_links)
    before = audit_database(*place, **reading) if recheck else None
    outcome = apply_plan(planned.document, planned.url, terms)
    rechecked = after = None
    if before is not None:
        try:
            after = audit_database(*place, **reading) if outcome.run else before
            rechecked = compare_audits(before.findings, after.findings)
        except AuditError as exc:  # what was written stays written, and has to be told
            outcome = replace(outcome, notes=(*outcome.notes, f"could not audit again: {exc}"))
    return Run(outcome, rechecked, planned.url, terms, planned.names, after)


def rehearse(planned: Plan, *, options: Options | None = None) -> Run:
    """Do all that `apply` does and roll it back: nothing is changed, nothing is kept."""
    terms = (options or Options()).terms(planned.document.home)
    outcome = rehearse_plan(planned.document, planned.url, terms)
    return Run(outcome, None, planned.url, terms, planned.names)


def undo(
    home: str | os.PathLike[str] = DEFAULT_HOME,
    run: str | None = None,
    *,
    database: str | os.PathLike[str] | None = None,
    options: Options | None = None,
) -> Run:
    """Put back what *run* changed in *home*: by default the latest that was not undone yet."""
    listed = runs(home, database=database, options=options)
    undone = {each.undoes for each in listed if each.state == "committed"}
    if run is None:
        open_runs = (each for each in listed if each.kind == "apply" and each.run not in undone)
        chosen = next((each for each in open_runs if each.state == "committed"), None)
    else:
        chosen = next((each for each in listed if each.run == run), None)
    if chosen is None:
        wanted = f"no run {printable(run)}" if run else "no run that could be undone"
        raise UsageError(f"{wanted} of this home; 'skillmeat-audit runs' lists them")
    if chosen.state != "committed":
        raise UsageError(why_no_undo(chosen))
    url = str(find_home(home, database).database)
    terms = (options or Options()).terms(_home_path(home, database))
    return Run(undo_run(chosen, url, terms), None, url, terms)


def runs(
    home: str | os.PathLike[str] = DEFAULT_HOME,
    *,
    database: str | os.PathLike[str] | None = None,
    options: Options | None = None,
) -> list[Journal]:
    """Return the runs on *home*, the latest first, those that were interrupted settled first."""
    settle(home, database=database, options=options)
    return journals.read_runs((options or Options()).terms(_home_path(home, database)).folder)


def settle(
    home: str | os.PathLike[str] = DEFAULT_HOME,
    *,
    database: str | os.PathLike[str] | None = None,
    options: Options | None = None,
) -> list[Journal]:
    """Return the runs that were interrupted, settled by what the cache proves, and the damaged.

    ``committed``: the cache was written; ``failed``: nothing of it was. Where the cache cannot tell
    (it is locked, another one, or changed since) the state stays ``interrupted``. Runs that were
    only going on elsewhere are waited for, and not returned.
    """
    place = find_home(home, database)
    terms = (options or Options()).terms(_home_path(home, database))
    listed = journals.read_runs(terms.folder)
    waiting = [each for each in listed if each.state in ("interrupted", "damaged")]
    settled = [_settled(each, place.database, terms) for each in waiting]
    if place.database is not None and listed:
        withdraw_settled(terms.folder, place.database)
    return [each for each in settled if each is not None]


def _settled(run: Journal, url: str | None, terms: RunSettings) -> Journal | None:
    if url is None or run.state == "damaged":
        return run
    return settle_run(run, url, terms.wait_seconds)


def _home_path(home: str | os.PathLike[str], database: str | os.PathLike[str] | None) -> str:
    return str(find_home(home, database).root.resolve())
