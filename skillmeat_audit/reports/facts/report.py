"""The report of an audit: one frozen value, rendered by every format; it decides the exit code.

A home was checked (`Report`), or could not be checked (`Failure`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.findings import Severity
from skillmeat_audit.model.live import LiveComparison
from skillmeat_audit.model.manifest_edits import ManifestDiff
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.trend import RUNS, Accepted, Delta
from skillmeat_audit.reports.facts.blank_pages import BlankArtifact
from skillmeat_audit.reports.facts.causes import CauseGroup
from skillmeat_audit.reports.facts.first_steps import FirstStep
from skillmeat_audit.reports.facts.headline import Headline
from skillmeat_audit.reports.facts.matrix import Matrix
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.next_commands import Command
from skillmeat_audit.reports.facts.summary import Summary

TITLE = "SkillMeat cache audit"


@dataclass(frozen=True)
class RuleBook:
    """What does not come from the findings: the rules, their names, and the files of artifacts.

    ``manifests`` maps "type:name" to the file below the home that declares it; ``base`` is the
    home's URI, relative if the home is below the working folder.
    """

    version: str
    rules: tuple[Rule, ...]
    families: Mapping[str, str]
    names: Names
    manifests: Mapping[str, str] = field(repr=False)
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

    ``groups`` are the findings by cause, the worst first; ``blanks`` are the artifacts that pages
    show blank or without a link, ``repairs`` the plans that repair the home, ``steps`` what to do
    first. ``notes`` inform;
    ``warnings`` are failures beside the audit: with any, the report is not clean. ``beside`` are
    the names of files that are delivered with it, ``diffs`` what was written into manifests before
    the audit.
    """

    summary: Summary
    headline: Headline
    findings: pd.DataFrame = field(repr=False)
    groups: tuple[CauseGroup, ...] = field(repr=False)
    blanks: tuple[BlankArtifact, ...] = field(repr=False)
    rule_book: RuleBook = field(repr=False)
    repairs: tuple[Command, ...] = field(default=(), repr=False)
    steps: tuple[FirstStep, ...] = field(default=(), repr=False)
    past: RunContext = field(default_factory=RunContext, repr=False)
    live: LiveComparison | None = field(default=None, repr=False)
    made_at: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    matrix: Matrix | None = field(default=None, repr=False)
    beside: tuple[str, ...] = ()
    diffs: tuple[ManifestDiff, ...] = field(default=(), repr=False)

    @property
    def sentence(self) -> str:
        """The answer in a few sentences."""
        return self.headline.sentence

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FAILED with any warnings, else the code of the findings (`Summary.exit_code`)."""
        # A server that did not answer, safe changes that were not applied: not "clean", whatever
        # was found.
        return ExitCode.FAILED if self.warnings else self.summary.exit_code(fail_on)


@dataclass(frozen=True)
class Failure:
    """A home that could not be checked, and why, in one line."""

    home: str
    reason: str
    version: str
    made_at: str = ""

    @property
    def sentence(self) -> str:
        """The answer in one line."""
        return "The home could not be checked"

    def exit_code(self, fail_on: Severity = Severity.WARNING) -> ExitCode:
        """Return FAILED; *fail_on* has no effect."""
        return ExitCode.FAILED
