"""SkillMeat's releases and fixes, as marks on a time axis (docs/skillmeat.md#releases)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A day (ISO date, UTC) on which something changed, and what."""

    day: str
    what: str


MARKS = (
    Mark("2026-02-10", "fix: imports write whole rows (f29c3dbe)"),
    Mark("2026-02-19", "change: rows are keyed by artifact_uuid (a66bbf91)"),
    Mark("2026-03-03", "fault: skipped imports overwrite rows (c718cdf8)"),
    Mark("2026-03-09", "release 0.9.0: its start leaves out version and synced_at"),
    Mark("2026-04-10", "release 0.30.0"),
    Mark("2026-07-09", "release 0.61.0"),
    Mark("2026-08-04", "release 0.74.0"),
)
