"""The runs on a home as values that display themselves: the list, and what one run changed."""

from collections.abc import Iterable, Sequence

from skillmeat_audit.api.views import list_runs, written_columns
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import as_text, printable
from skillmeat_audit.model.changes import CellTexts, RawRow
from skillmeat_audit.model.run_details import EditedManifest, RunDetail, WrittenRow
from skillmeat_audit.repair.journal import JournalEntry
from skillmeat_audit.repair.run_folders import UNDOABLE, JournaledRun
from skillmeat_audit.reports.facts.run_sentences import undone_runs
from skillmeat_audit.reports.facts.values import plural
from skillmeat_audit.reports.notebook.runs import run_detail_html, runs_html
from skillmeat_audit.reports.terminal.runs import runs_text

_WIDTH = 110


class RunView(RunDetail):
    """What one run changed, as `RunList.show` returns it."""

    def __repr__(self) -> str:
        counts = f"{plural(self.cells, 'cell')}, {plural(self.keys, 'key')} of manifests"
        return f"<Run {self.listing.run} ({self.listing.state}): {counts}; see .rows, .manifests>"

    def _repr_html_(self) -> str:
        return run_detail_html(self)


class RunList(list[JournaledRun]):
    """The runs on a home, the latest first; shows itself. `api.repair.runs` returns it.

    ``command`` prints them.
    """

    def __init__(self, journals: Iterable[JournaledRun], command: str) -> None:
        super().__init__(journals)
        self.command = command

    def show(self, run: str) -> RunView:
        """Return what *run* changed, given by its id or by the beginning of one."""
        return _view(self.select(run), self)

    def select(self, run: str) -> JournaledRun:
        """Return the run whose id is *run* or alone begins with it; raise `UsageError`."""
        matches = [each for each in self if each.run.startswith(run)]
        if len(matches) > 1:
            ids = ", ".join(each.run for each in matches[:5])
            raise UsageError(f"{printable(run)} begins the ids of {len(matches)} runs: {ids}")
        if not run or not matches:
            raise UsageError(f"no run {printable(run)} of this home; {self.hint}")
        return matches[0]

    @property
    def hint(self) -> str:
        """What a message about a run that does not exist ends with."""
        return f"'{self.command}' lists its runs" if self else "it has no runs yet"

    def __repr__(self) -> str:
        return "\n".join(line.plain for line in runs_text(list_runs(self), _WIDTH))

    def _repr_html_(self) -> str:
        return runs_html(list_runs(self))


def _view(journal: JournaledRun, journals: Sequence[JournaledRun]) -> RunView:
    (listing,) = list_runs([journal])
    is_written = journal.state in (*UNDOABLE, "interrupted")
    has_rows = is_written and journal.state != "manifests-only"
    return RunView(
        listing,
        journal.home,
        tuple(map(_row, journal.entries)) if has_rows else (),
        tuple(EditedManifest(each.path, each.edits) for each in journal.manifests)
        if is_written
        else (),
        undone_runs(list_runs(journals)).get(journal.run),
    )


def _row(entry: JournalEntry) -> WrittenRow:
    before, after, names = entry.before or {}, entry.after or {}, written_columns(entry)
    return WrittenRow(entry.op, *entry.key, _texts(before, names), _texts(after, names))


def _texts(row: RawRow, names: Sequence[str]) -> CellTexts:
    return {name: as_text(row[name]) for name in names if name in row}
