"""Decides how many rows a plan may overwrite or delete unless it is allowed to do more."""

from collections.abc import Iterable

from skillmeat_audit.model.changes import Change

# A plan may overwrite or delete this share of the rows, or this many; more needs an option.
OVERWRITE_SHARE, OVERWRITE_FLOOR = 0.2, 5
_ABSENT = frozenset((None, "", "[]"))


def overwrite_limit(total: int) -> int:
    """Return how many of *total* rows a plan may overwrite or delete without an option."""
    return max(int(total * OVERWRITE_SHARE), OVERWRITE_FLOOR)


def count_losses(changes: Iterable[Change]) -> int:
    """Return how many of *changes* overwrite or delete a value; filling empty cells does not."""
    return sum(map(_loses_value, changes))


def _loses_value(change: Change) -> bool:
    if change.op == "update":
        return not _ABSENT.issuperset([cell.before for cell in change.cells.values()])
    return change.op == "delete"
