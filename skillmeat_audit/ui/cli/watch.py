"""The option ``--watch`` of ``check``: audits again whenever the home changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.errors import AuditError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.ui.cli.command import require_one
from skillmeat_audit.ui.cli.output import print_lines
from skillmeat_audit.ui.cli.signals import Stopped, last_signal
from skillmeat_audit.ui.cli.streams import emit, print_error

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Audit
    from skillmeat_audit.ui.cli.options import AuditOptions


def start_watching(home: str, reading: "AuditOptions", **excluded: bool) -> Iterator[list[str]]:
    """Return the changes of *home* from now on, as lists of paths.

    Raises `UsageError` where the extra is missing, or one of the options *excluded* is given.
    """
    from skillmeat_audit.api.watching import changed_paths, require_watchfiles

    for option, is_given in excluded.items():
        require_one(**{"watch": True, option: is_given})
    require_watchfiles()
    changes = changed_paths(home, reading.database, reading.state_dir)
    with _signals_as_stopped():
        # Runs the generator up to its first pause, by which time it watches.
        next(changes)
    return changes


def watch_home(
    first: "Audit", audit_again: Callable[[], "Audit"], changes: Iterator[list[str]]
) -> None:
    """Print what is new, fixed and left whenever the home of *first* has changed, for ever.

    Raises `Stopped` at a signal.
    """
    database = first.snapshot.home.database
    if database is not None and sqlite_path(database) is None:
        print_error(f"{TOOL}: a cache on a server is not watched, the files of the home are")
    emit("\nwatching; Ctrl-C ends it\n")
    before = first
    with _signals_as_stopped():
        for paths in changes:
            before = _look_again(before, audit_again, paths)


@contextmanager
def _signals_as_stopped() -> Iterator[None]:
    """Raise `Stopped` for the `KeyboardInterrupt` with which watchfiles passes on every signal."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(last_signal()) from None


def _look_again(before: "Audit", audit_again: Callable[[], "Audit"], paths: list[str]) -> "Audit":
    """Audit again and print the difference; a home that cannot be read is audited later."""
    from skillmeat_audit.api.recheck import compare_findings
    from skillmeat_audit.base.clock import now
    from skillmeat_audit.reports.terminal.watch import Look, look_text

    try:
        after = audit_again()
    except AuditError as exc:  # a file that is just being written, a lock
        print_error(f"{TOOL}: {printable(exc)}")
        return before
    look = Look(now(), paths, compare_findings(before.findings, after.findings))
    print_lines(partial(look_text, look, after.names))
    return after
