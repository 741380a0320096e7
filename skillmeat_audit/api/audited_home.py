"""The layers of an audited home, what they add up to, and how one looks at them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from skillmeat_audit.api.inspection import display_names
from skillmeat_audit.api.scope import find_artifact, first_artifact
from skillmeat_audit.api.views import ArtifactView, PageView
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.diff.compare import is_true
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.page_facts import page_facts
from skillmeat_audit.diff.provenance.paths import paths_of
from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.artifact import artifact_layers
from skillmeat_audit.reports.facts.headline import Headline, Selection, headline_of
from skillmeat_audit.reports.facts.matrix import Matrix, matrix_of
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.ordering import worst_artifact
from skillmeat_audit.reports.facts.summary import Summary, summarize
from skillmeat_audit.reports.facts.tallies import tally
from skillmeat_audit.reports.notebook.charts import ChartFacts, Charts
from skillmeat_audit.reports.notebook.frames import ShownFrame

if TYPE_CHECKING:
    from skillmeat_audit.api.history import History, HistorySettings


@dataclass(frozen=True)
class AuditedHome:
    """What `api.values.Audit` knows; its parameters are explained there."""

    snapshot: Snapshot
    comparison: Comparison = field(repr=False)
    writers: pd.DataFrame = field(repr=False)
    findings: pd.DataFrame = field(repr=False)
    ignored: pd.DataFrame = field(repr=False)
    selection: Selection = field(default=Selection(), repr=False)
    unselected: pd.DataFrame = field(default_factory=FINDINGS.empty, repr=False)
    accepted: Accepted | None = field(default=None, repr=False)
    live: LiveComparison | None = field(default=None, repr=False)

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
    def headline(self) -> Headline:
        """The answer: what pages show, what rows hold, what the next restart blanks."""
        return headline_of(
            self.snapshot, self.page_facts, self.findings, self.selection, self.accepted
        )

    @cached_property
    def charts(self) -> Charts:
        """The audit in pictures."""
        wrong = pd.Series(False, index=self.rows.index)
        wrong.iloc[self.comparison.cells["row"].unique()] = True
        facts = ChartFacts(
            self.matrix, self.rows, wrong, self.page_facts, self.pages, self.findings, self.names
        )
        return Charts(facts)

    @cached_property
    def matrix(self) -> Matrix:
        """The state of each field of each row, whatever findings are in scope."""
        comparison = self.comparison
        rows = self.rows.assign(writer=self.writers["writer"], has_entry=comparison.has_entry)
        absent = comparison.missing_rows, comparison.inserts
        return matrix_of(rows, comparison.cells, absent, self.findings, self.names)

    @property
    def names(self) -> Names:
        """The titles of rules and writers, and the names of the DB collections."""
        return display_names(self.snapshot)

    @cached_property
    def pages(self) -> pd.DataFrame:
        """What SkillMeat's pages show of each row (``PAGES``)."""
        return self.comparison.pages

    @cached_property
    def page_facts(self) -> pd.DataFrame:
        """What is wrong with each page, and which layers know better (``PAGE_FACTS``)."""
        return page_facts(self.comparison)

    def tally(self, *by: str) -> pd.DataFrame:
        """Return the number of findings by columns of ``FINDINGS``, or by "collection"."""
        return ShownFrame(tally(self.findings, by or ("rule",), self.names))

    def view(self, artifact: str) -> PageView:
        """Return what SkillMeat's pages show of one artifact, given as in `show`."""
        artifact_id = find_artifact(artifact, self.snapshot)
        is_shown = is_true(self.pages["artifact_id"] == artifact_id)
        return PageView(artifact_id, self.pages[is_shown], self.names)

    def history(
        self, *, settings: "HistorySettings | None" = None, state_dir: PathLike | None = None
    ) -> "History":
        """Return the recorded audits of this home, as `skillmeat-audit report` records them."""
        from skillmeat_audit.api.history import history  # noqa: PLC0415 - SQLAlchemy

        return history(self.snapshot.home.root, settings=settings, state_dir=state_dir)

    def show(self, artifact: str | None = None) -> ArtifactView:
        """Return one artifact in all its layers; None is the one with the worst findings.

        Raises `UsageError` unless one has the name, or where the home has no artifact.
        """
        if artifact is None:
            artifact = worst_artifact(self.findings) or first_artifact(self.snapshot)
        artifact_id = find_artifact(artifact, self.snapshot)
        layers = artifact_layers(
            self.snapshot, self.findings, self.writers, artifact_id, self.names
        )
        pages = self.pages[is_true(self.pages["artifact_id"] == artifact_id)]
        return ArtifactView(**vars(layers) | {"pages": pages})
