"""Audits a home, and answers questions about what was found."""

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from skillmeat_audit.api.repaired import load_repaired
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.diff.cells import Comparison, compare
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.provenance.verdicts import PATHS, attribute, paths_of
from skillmeat_audit.diff.registry import Rule, run_rules
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.diff.web_view import page_cells
from skillmeat_audit.loaders.home import DEFAULT_HOME
from skillmeat_audit.loaders.snapshot import Reading, load_snapshot
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import FINDINGS, is_in
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.artifact import ArtifactView, view_artifact
from skillmeat_audit.reports.facts.facets import FindingFacets, FindingFilter
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.summary import Summary, summarize
from skillmeat_audit.reports.facts.tallies import tally
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.audit import audit_html
from skillmeat_audit.reports.notebook.charts import Charts
from skillmeat_audit.reports.terminal.web_view import PageView

if TYPE_CHECKING:
    from skillmeat_audit.api.repair import Plan


@dataclass(frozen=True)
class Scope:
    """Which findings are asked for.

    ``select`` and ``ignore`` hold rule codes or prefixes (``D``, ``S00``, ``K001``);
    ``collections`` DB collection ids or names; ``artifacts`` "type:name" or bare names; ``writers``
    code paths that last wrote a row. Empty means all.
    """

    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    collections: Sequence[str] = ()
    artifacts: Sequence[str] = ()
    writers: Sequence[str] = ()


@dataclass(frozen=True)
class Audit:
    """An audited home; shows itself in a notebook.

    ``findings`` is a DataFrame of ``FINDINGS``, ``ignored`` those that the scope left out by rule,
    ``accepted`` those that a baseline accepts (`skillmeat_audit.api.baseline`);
    the layers are ``rows``, ``manifest``, ``frontmatter`` and ``catalog`` (`model.tables` documents
    each contract), ``writers`` says which code path last wrote each row.
    """

    snapshot: Snapshot
    comparison: Comparison = field(repr=False)
    writers: pd.DataFrame = field(repr=False)
    findings: pd.DataFrame = field(repr=False)
    ignored: pd.DataFrame = field(repr=False)
    accepted: Accepted | None = field(default=None, repr=False)

    @property
    def rows(self) -> pd.DataFrame:
        """The cache rows (``ROWS``)."""
        return self.snapshot.rows

    @property
    def manifest(self) -> pd.DataFrame:
        """The manifest entries (``MANIFEST``)."""
        return self.snapshot.manifest

    @property
    def frontmatter(self) -> pd.DataFrame:
        """The front matter of each manifest entry (``FRONTMATTER``)."""
        return self.snapshot.frontmatter

    @property
    def catalog(self) -> pd.DataFrame:
        """The marketplace catalogue (``CATALOG``)."""
        return self.snapshot.catalog

    @cached_property
    def summary(self) -> Summary:
        """The audit in numbers."""
        return summarize(self.snapshot, self.findings, self.ignored, paths_of(self.writers))

    @cached_property
    def charts(self) -> Charts:
        """The audit in pictures."""
        return Charts(self.snapshot, self.findings, self.names)

    def tally(self, *by: str) -> pd.DataFrame:
        """Return how many findings there are: ``audit.tally("rule", "severity")``.

        *by* are columns of ``FINDINGS``, or "collection". Raises `UsageError` for another.
        """
        if unknown := sorted({*by} - {*FINDINGS.columns, "collection"}):
            raise UsageError(f"findings have no column {printable(unknown[0])} to count by")
        return tally(self.findings, by or ("rule",), self.names)

    @property
    def names(self) -> Names:
        """What the rules and the DB collections are called."""
        collections = self.snapshot.collections.dropna(subset=["id", "name"])
        return Names(
            {rule.code: rule.title for rule in RULES},
            dict(zip(collections["id"], collections["name"], strict=True)),
        )

    @cached_property
    def pages(self) -> pd.DataFrame:
        """What SkillMeat's pages show of each row (``PAGES``)."""
        return page_cells(self.comparison)

    def view(self, artifact: str) -> PageView:
        """Return what SkillMeat's pages show of one artifact, given as in `show`."""
        artifact_id = _one_artifact(artifact, _known_ids(self.snapshot))
        shown = self.pages[is_true(self.pages["artifact_id"] == artifact_id)]
        return PageView(artifact_id, shown, self.names)

    def show(self, artifact: str) -> ArtifactView:
        """Return one artifact, given as "type:name" or as a name that is unique, in all its layers.

        Raises `UsageError` where there is none, or several.
        """
        artifact_id = _one_artifact(artifact, _known_ids(self.snapshot))
        view = view_artifact(self.snapshot, self.findings, self.writers, artifact_id)
        return replace(view, names=self.names)

    def only(
        self, findings: pd.DataFrame | None = None, **wanted: Unpack[FindingFilter]
    ) -> "Audit":
        """Return this audit with only some of its findings: *findings*, or those *wanted*.

        ``audit.only(rule="D001", text="1password")``; `FindingFilter` lists the filters. Its plan,
        charts and summary are of these findings alone.
        """
        kept = self.findings if findings is None else findings
        place = wanted.get("collection")
        if place and not is_in(kept["collection_id"], [place]).any():
            kept = kept[is_in(kept["collection_id"], _collection_ids([place], self.snapshot))]
            del wanted["collection"]
        kept = kept.iloc[FindingFacets(kept).matching(wanted)]
        return replace(self, findings=FINDINGS.conform(kept), ignored=self.ignored.head(0))

    def plan(
        self,
        select: Sequence[str] = (),
        *,
        artifacts: Sequence[str] = (),
        dispositions: Sequence[str] = ("safe", "fill"),
        deletes: bool = False,
    ) -> "Plan":
        """Return the plan that mends what was found; see `skillmeat_audit.api.repair.plan`."""
        from skillmeat_audit.api import repair  # noqa: PLC0415 - SQLAlchemy, only to write

        scope = Scope(select=select, artifacts=artifacts)
        return repair.plan(self, scope=scope, dispositions=dispositions, deletes=deletes)

    def __repr__(self) -> str:
        counts = self.summary.counts
        return (
            f"<Audit of {printable(self.summary.home)}: {plural(counts['error'], 'error')}, "
            f"{plural(counts['warning'], 'warning')}, {plural(counts['info'], 'note')}; "
            "see .findings, .show('type:name'), .plan()>"
        )

    def _repr_html_(self) -> str:
        return audit_html(self.summary, self.findings, self.names)


def audit(
    home: str | os.PathLike[str] = DEFAULT_HOME,
    *,
    database: str | os.PathLike[str] | None = None,
    scope: Scope | None = None,
    **reading: Unpack[Reading],
) -> Audit:
    """Return the audit of *home*: a ``.skillmeat`` folder, or the folder that holds it.

    Nothing of the home is written. *database* overrides the cache's place (a file, or an SQLAlchemy
    URL). *reading* says how files are read (`Reading`): ``progress``, ``parse_cache``, ``state_dir``,
    ``allow_links``. Raises `HomeError`, `DatabaseError` or `UsageError`.
    """
    scope = scope or Scope()
    rules_of([*scope.select, *scope.ignore])
    snapshot = load_snapshot(home, database, **reading)
    snapshot = replace(snapshot, repaired=load_repaired(snapshot, reading.get("state_dir")))
    comparison = compare(snapshot)
    writers = attribute(comparison)
    everything = run_rules(RULES, comparison, writers)
    findings, ignored = scoped(everything, scope, snapshot)
    return Audit(snapshot, comparison, writers, findings, ignored)


def rules_of(codes: Iterable[str]) -> list[Rule]:
    """Return the rules that *codes* (or prefixes) name; raise `UsageError` for an unknown one."""
    wanted = [code.upper() for code in codes]
    for code in wanted:
        if not code or not any(rule.code.startswith(code) for rule in RULES):
            raise UsageError(
                f"no rule is called {printable(code) or 'nothing'}; "
                "'skillmeat-audit rules' lists them"
            )
    return [rule for rule in RULES if rule.code.startswith(tuple(wanted))]


def scoped(
    findings: pd.DataFrame, scope: Scope, snapshot: Snapshot
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the findings in *scope*, and those that it leaves out by rule."""
    if scope.artifacts:
        findings = findings[
            is_in(findings["artifact_id"], _artifact_ids(scope.artifacts, snapshot))
        ]
    if scope.collections:
        findings = findings[
            is_in(findings["collection_id"], _collection_ids(scope.collections, snapshot))
        ]
    if scope.writers:
        findings = findings[is_in(findings["writer"], _known_writers(scope.writers))]
    if scope.select:
        findings = findings[is_in(findings["rule"], [rule.code for rule in rules_of(scope.select)])]
    ignored = rules_of(scope.ignore) if scope.ignore else []
    out = is_in(findings["rule"], [rule.code for rule in ignored])
    return findings[~out].reset_index(drop=True), findings[out].reset_index(drop=True)


def _artifact_ids(wanted: Sequence[str], snapshot: Snapshot) -> set[str]:
    known = _known_ids(snapshot)
    found: set[str] = set()
    for name in wanted:
        ids = _called(name, known)
        if not ids:
            raise UsageError(_unknown("artifact", name, known))
        found.update(ids)
    return found


def _known_ids(snapshot: Snapshot) -> list[str]:
    """Return every artifact that a finding may name: refused entries and strays on disk as well."""
    tables = (snapshot.manifest, snapshot.rows, snapshot.problems)
    return sorted(pd.concat([table["artifact_id"] for table in tables]).dropna().unique())


def _called(name: str, known: Sequence[str]) -> list[str]:
    """Return those of *known* that have *name*, with their type or without."""
    return [each for each in known if name and name in (each, each.partition(":")[2])]


def _collection_ids(wanted: Sequence[str], snapshot: Snapshot) -> set[str]:
    collections = snapshot.collections.dropna(subset=["id"])
    names: Mapping[str, str] = dict(
        zip(collections["id"], collections["name"].fillna(""), strict=True)
    )
    found: set[str] = set()
    for name in wanted:
        ids = {each for each, label in names.items() if name and name in (each, label)}
        if not ids:
            raise UsageError(_unknown("collection", name, sorted({*names, *names.values()})))
        found |= ids
    return found


def _known_writers(wanted: Sequence[str]) -> Sequence[str]:
    for name in wanted:
        if name not in PATHS:
            raise UsageError(_unknown("code path", name, sorted(PATHS)))
    return wanted


def _one_artifact(name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    found = _called(name, known)
    if len(found) > 1:
        raise UsageError(
            f"{printable(name)} is several artifacts; say which: {', '.join(map(printable, found))}"
        )
    if not found:
        raise UsageError(_unknown("artifact", name, known))
    return found[0]


def _unknown(noun: str, name: str, known: Sequence[str]) -> str:
    bare = {each.partition(":")[2]: each for each in known}
    close = difflib.get_close_matches(name, [*known, *bare], n=1)
    hint = f"; did you mean {printable(bare.get(close[0], close[0]))}?" if close else ""
    return f"no {noun} is called {printable(name) or 'nothing'}{hint}"
