"""Values that display themselves: an artifact's layers, SkillMeat's pages, the list of runs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.changes import RunListing
from skillmeat_audit.model.fields import STAMP
from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.artifact import ArtifactLayers
from skillmeat_audit.reports.facts.live import describe_live
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.page_view import ArtifactPages
from skillmeat_audit.reports.facts.run_sentences import delta_sentence
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.artifact import artifact_html
from skillmeat_audit.reports.notebook.live import live_html
from skillmeat_audit.reports.notebook.page_view import pages_html
from skillmeat_audit.reports.notebook.repair import recheck_html
from skillmeat_audit.reports.terminal.page_view import pages_text

if TYPE_CHECKING:
    from skillmeat_audit.repair.journal import JournalEntry
    from skillmeat_audit.repair.run_folders import JournaledRun

_NAME_CHARS, _WIDTH = 200, 110


class ArtifactView(ArtifactLayers):
    """The layers of one artifact side by side, as `Audit.show` returns them."""

    def __repr__(self) -> str:
        name = shortened(printable(self.artifact_id), _NAME_CHARS)
        return (
            f"<{name} in {plural(len(self.columns), 'layer')}: "
            f"{plural(len(self.findings), 'finding')}; see .columns, .findings, .explanations>"
        )

    def _repr_html_(self) -> str:
        return artifact_html(self)


class PageView(ArtifactPages):
    """What SkillMeat's pages show of one artifact, as `Audit.view` returns it."""

    def __repr__(self) -> str:
        return "\n".join(line.plain for line in pages_text(self, _WIDTH))

    def _repr_html_(self) -> str:
        return pages_html(self)


@dataclass(frozen=True, repr=False)
class LiveView(LiveComparison):
    """The pages of a running SkillMeat beside the page model, as `Audit.live` has them."""

    names: Names = field(default=Names({}, {}), repr=False)

    def __repr__(self) -> str:
        described = describe_live(self, self.names)
        return f"<Live: {described.sentence} See .differences, .answers.failures, .answers.pages>"

    def _repr_html_(self) -> str:
        return live_html(self, self.names)


class Recheck(AuditDelta):
    """The audit after a run against the one before it, as `Run.recheck` has it."""

    def __repr__(self) -> str:
        return f"<Recheck: {delta_sentence(self)}; see .fixed, .remaining, .new, .fading>"

    def _repr_html_(self) -> str:
        return recheck_html(self)


def list_runs(journals: Iterable["JournaledRun"]) -> list[RunListing]:
    """Return the runs in *journals* as the list of runs shows them, in the same order."""
    return [
        RunListing(
            run=journal.run,
            kind=journal.kind,
            state=journal.state,
            started_at=journal.started_at,
            rows=len(journal.entries),
            cells=sum(
                len(written_columns(each)) for each in journal.entries if each.op != "delete"
            ),
            keys=sum(len(manifest.edits) for manifest in journal.manifests),
            undoes=journal.undoes,
            folder=journal.folder,
            backup=journal.backup,
            damage=journal.damage,
        )
        for journal in journals
    ]


def written_columns(entry: "JournalEntry") -> list[str]:
    """Return the columns that a run changed in one row, ``synced_at`` only where it is alone."""
    before, after = entry.before or {}, entry.after or {}
    changed = [name for name in before | after if before.get(name) != after.get(name)]
    return [name for name in changed if name != STAMP] or changed
