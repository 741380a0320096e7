"""Asks on a terminal which artifacts of a plan are applied, as ``git add -p`` asks for hunks."""

import sys
from functools import partial
from typing import TYPE_CHECKING

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.ui.cli.output import print_lines
from skillmeat_audit.ui.cli.streams import emit

if TYPE_CHECKING:
    from skillmeat_audit.api.values import Plan
    from skillmeat_audit.reports.facts.names import Names

_KEYS = """\
y  apply this artifact
n  leave it out
a  apply this one and all that follow
q  leave out this one and all that follow; those chosen so far are applied
?  this list; Ctrl-C writes nothing
"""


def require_terminal(form: str) -> None:
    """Raise `UsageError` where nobody can be asked, or where the output is a document."""
    if form != "text":
        raise UsageError(f"--interactive and --format {form} exclude each other")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "--interactive asks on a terminal, and this is none; choose with --only and --except"
        )


def choose_artifacts(plan: "Plan", names: "Names") -> list[str]:
    """Return the artifacts of *plan* that the user chooses, one after the other."""
    from skillmeat_audit.api.plan_selection import artifacts_of, part_of
    from skillmeat_audit.reports.terminal.word_diff import artifact_changes_text

    artifacts = artifacts_of(plan.document)
    chosen: list[str] = []
    for number, artifact in enumerate(artifacts):
        part = part_of(plan.document, [artifact])
        emit(f"\n{printable(artifact)}\n")
        print_lines(partial(artifact_changes_text, part, names))
        match _ask(f"({number + 1}/{len(artifacts)}) apply {printable(artifact)}?"):
            case "y":
                chosen.append(artifact)
            case "a":
                return [*chosen, *artifacts[number:]]
            case "q":
                return chosen
    return chosen


def _ask(question: str) -> str:
    """Return y, n, a or q; raise `UsageError` where the input ends."""
    while True:
        emit(f"{question} [y,n,a,q,?] ")
        line = sys.stdin.readline()
        if not line:
            emit("\n")
            raise UsageError("the input ended; nothing was written")
        answer = line.strip().lower()[:1]
        if answer and answer in "ynaq":
            return answer
        emit(_KEYS)
