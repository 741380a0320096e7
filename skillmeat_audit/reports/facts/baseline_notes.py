"""Renders what is said of a baseline."""

from collections.abc import Sequence

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.values import plural

ENTRIES_SHOWN = 20
_EXPIRED = "expired (--update-baseline --expires renews them)"


def baseline_lines(accepted: Accepted | None) -> Sequence[str]:
    """Return what is said of a baseline: what it accepts, which entries are of no use any more."""
    if accepted is None:
        return []
    said = [f"accepted in the baseline: {plural(len(accepted.findings), 'finding')}"]
    for words, entries in ((_EXPIRED, accepted.expired), ("stale", accepted.stale)):
        if entries:
            listed = "; ".join(entries[:ENTRIES_SHOWN])
            more = f" … ({ENTRIES_SHOWN} of {len(entries)})" if len(entries) > ENTRIES_SHOWN else ""
            said.append(f"baseline entries that are {words}: {listed}{more}")
    return [printable(each) for each in said]
