"""The report of an audit: one frozen value, rendered by every format; it decides the exit code.

A home was checked (`Report`), or could not be checked (`Failure`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.trend import RUNS, Accepted, Delta
from skillmeat_audit.reports.facts.causes import Answer, CauseGroup
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.summary import NOTHING_WRONG, Summary
from skillmeat_audit.reports.facts.values import plural

TITLE = "SkillMeat cache audit"


@dataclass(frozen=True)
class RuleBook:
    """What does not come from the findings: the rules, their names, and the files of artifacts.

    ``places`` maps "type:name" to the file below the home that declares it; ``base`` is the home's
    URI, relative if the home is below the working folder.
    """

    version: str
    rules: tuple[Rule, ...]
    families: Mapping[str, str]
    names: Names
    places: Mapping[str, str] = field(repr=False)
    base: str = ""


@dataclass(frozen=True)
class RunContext:
    """What earlier runs and the baseline add; ``trend`` is ``RUNS``, this run included.

    ``accepted`` holds findings as ``REPORTED``, None without a baseline.
    """

    changes: Delta | None = None
    trend: pd.DataFrame = field(default_factory=RUNS.empty, repr=False)
    accepted: Accepted | None = None


@dataclass(frozen=True)
class Report:
    """A home that was checked; ``findings`` is ``REPORTED``, ``made_at`` when (UTC, to seconds).

    ``part`` names the part of the home in scope, empty for everything. ``groups`` are the findings
    by cause, the worst first. ``notes`` inform; ``warnings`` are failures beside the audit: with
    any, the report is not clean.
    """

    summary: Summary
    answer: Answer
    findings: pd.DataFrame = field(repr=False)
    groups: tuple[CauseGroup, ...] = field(repr=False)
    rule_book: RuleBook = field(repr=False)
    past: RunContext = field(default_factory=RunContext, repr=False)
    live: LiveComparison | None = field(default=None, repr=False)
    made_at: str = ""
    part: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The answer in one line."""
        return self.answer.sentence or clean_sentence(self.summary, self.part)

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FAILED with any warnings, else the code of the findings (`Summary.exit_code`)."""
        return ExitCode.FAILED if self.warnings else self.summary.exit_code(fail_on)


@dataclass(frozen=True)
class Failure:
    """A home that could not be checked, and why, in one line."""

    home: str
    reason: str
    version: str
    made_at: str = ""

    @property
    def headline(self) -> str:
        """The answer in one line."""
        return "The home could not be checked"

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FAILED; *fail_on* has no effect."""
        return ExitCode.FAILED


def clean_sentence(summary: Summary, part: str = "") -> str:
    """Return the headline of a report without blank descriptions and broken links in *part*."""
    counts = [plural(summary.counts[each], each) for each in SEVERITIES[:2] if summary.counts[each]]
    text = " and ".join(counts) or "Nothing wrong"
    if part:
        return f"{text} in the part that was asked for."
    return (
        f"{text}, but no blank description and no broken source link." if counts else NOTHING_WRONG
    )
