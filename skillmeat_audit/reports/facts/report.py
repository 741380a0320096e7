"""The report of an audit: one frozen value that every format renders and the exit code comes from.

Either the home was checked (`Report`), or it could not be (`Failure`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import SEVERITIES, Severity
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.trend import RUNS, Accepted, Delta
from skillmeat_audit.reports.facts.causes import Answer, CauseGroup
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.summary import NOTHING_WRONG, Summary
from skillmeat_audit.reports.facts.values import plural

TITLE = "SkillMeat cache audit"


@dataclass(frozen=True)
class RuleBook:
    """What does not come from the findings: the rules, their names, and where artifacts lie.

    ``places`` maps "type:name" to a file below the home that speaks of it; ``base`` is the home's
    URI, relative where it lies below the working folder.
    """

    version: str
    rules: tuple[Rule, ...]
    families: Mapping[str, str]
    names: Names
    places: Mapping[str, str] = field(repr=False)
    base: str = ""


@dataclass(frozen=True)
class RunContext:
    """What earlier runs and the baseline know; ``trend`` is ``RUNS``, this run included.

    ``accepted`` holds findings as ``REPORTED``, None without a baseline.
    """

    changes: Delta | None = None
    trend: pd.DataFrame = field(default_factory=RUNS.empty, repr=False)
    accepted: Accepted | None = None


@dataclass(frozen=True)
class Report:
    """A home that was checked; ``findings`` is ``REPORTED``, ``made_at`` when (UTC, to seconds).

    ``part`` says which part of it was asked for, empty for everything.

    ``groups`` are the findings by cause, the worst first. ``notes`` say what a person should know
    besides, ``trouble`` what went wrong beside the audit: with any, the report is not clean.
    """

    summary: Summary
    answer: Answer
    findings: pd.DataFrame = field(repr=False)
    groups: tuple[CauseGroup, ...] = field(repr=False)
    known: RuleBook = field(repr=False)
    past: RunContext = field(default_factory=RunContext, repr=False)
    made_at: str = ""
    part: str = ""
    notes: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The answer in one line."""
        return self.answer.sentence or clean_sentence(self.summary, self.part)

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FAILED with trouble, else what the findings say (`Summary.exit_code`)."""
        return ExitCode.FAILED if self.trouble else self.summary.exit_code(fail_on)


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
        """Return FAILED, whatever *fail_on* says."""
        return ExitCode.FAILED


def clean_sentence(summary: Summary, part: str = "") -> str:
    """Return what is said where no description and no link is broken, in the *part* looked at."""
    found = [plural(summary.counts[each], each) for each in SEVERITIES[:2] if summary.counts[each]]
    said = " and ".join(found) or "Nothing wrong"
    if part:
        return f"{said} in the part that was asked for."
    return (
        f"{said}, but no blank description and no broken source link." if found else NOTHING_WRONG
    )
