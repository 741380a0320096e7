"""Describes a baseline: what it accepts, which of its entries accept nothing any more."""

from collections.abc import Sequence

from skillmeat_audit.base.text import printable
from skillmeat_audit.model.trend import Accepted
from skillmeat_audit.reports.facts.values import plural

ENTRIES_SHOWN = 20
_EXPIRED = "expired (--update-baseline --expires renews them)"


def baseline_lines(accepted: Accepted | None) -> Sequence[str]:
    """Return what a baseline accepts, and its stale and expired entries; empty for None."""
    if accepted is None:
        return []
    lines = [f"accepted in the baseline: {plural(len(accepted.findings), 'finding')}"]
    for label, entries in ((_EXPIRED, accepted.expired), ("stale", accepted.stale)):
        if entries:
            listed = "; ".join(entries[:ENTRIES_SHOWN])
            more = f" … ({ENTRIES_SHOWN} of {len(entries)})" if len(entries) > ENTRIES_SHOWN else ""
            lines.append(f"baseline entries that are {label}: {listed}{more}")
    return [printable(line) for line in lines]
