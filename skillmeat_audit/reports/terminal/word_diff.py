"""Renders what a plan does to one artifact, the words in which texts differ marked."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.model.changes import Change, PlanDocument
from skillmeat_audit.model.manifest_edits import ManifestEdit, cell_text
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.values import display_value
from skillmeat_audit.reports.facts.word_steps import word_steps

# SequenceMatcher takes seconds for longer texts, and nobody reads them at a prompt.
_LIMIT_CHARS = 2000
_INDENT = 4


def artifact_changes_text(plan: PlanDocument, names: Names, width: int) -> Iterator[Text]:
    """Yield the lines of a *plan* of one artifact: keys of manifests, then rows, cell by cell."""
    for manifest in plan.manifests:
        yield Text(printable(manifest.path), "bold")
        for edit in manifest.edits:
            yield from _edit(edit, width)
    for change in plan.changes:
        collection = printable(names.collection(change.collection_id))
        yield Text(f"{change.op} row · {collection}", "bold")
        yield from _cells(change, width)


def _edit(edit: ManifestEdit, width: int) -> Iterator[Text]:
    head = f"  {edit.key or 'the entry itself, declared twice'}"
    yield Text(f"{head}  {edit.disposition}  {' '.join(edit.rules)}", "dim")
    if edit.key:
        yield from _difference(cell_text(edit.before), cell_text(edit.after), width)


def _cells(change: Change, width: int) -> Iterator[Text]:
    for column, cell in change.cells.items():
        yield Text(f"  {column}  {cell.disposition}  {' '.join(cell.rules)}", "dim")
        yield from _difference(cell.before, cell.after, width)


def _difference(before: str | None, after: str | None, width: int) -> Iterator[Text]:
    """Yield both texts as one, marked as by ``git diff --word-diff``: [-old-]{+new+}."""
    marked = Text()
    for is_same, old, new in word_steps(_shown(before), _shown(after)):
        if is_same:
            marked.append(old)
            continue
        if old:
            marked.append(f"[-{old}-]", "red")
        if new:
            marked.append(f"{{+{new}+}}", "green")
    # overflow: an address stays whole, so that it can be copied.
    for line in marked.wrap(Console(width=width), max(width - _INDENT, 20), overflow="ignore"):
        line.pad_left(_INDENT)
        line.rstrip()
        yield line


def _shown(value: str | None) -> str:
    return shortened(display_value(value), _LIMIT_CHARS) if value else ""
